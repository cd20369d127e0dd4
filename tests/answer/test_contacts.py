"""Conversation and velocity."""

from auditor.answer.contacts import Contacted, Spread, Step, contacts
from auditor.vocabulary import Class, Kind

DAY = 86_400.0


def sent(
    number: int, person: int, at: float = 0.0, kind: Kind = Kind.NEW, class_: Class = Class.MASS,
    template: str | None = None, sender: int = 0,
) -> Contacted:  # fmt: skip
    return Contacted(number, b"%d" % person, f"s{sender}", at * DAY, kind, class_, template)


def key(person: int) -> bytes:
    return b"%d" % person


def test_words_both_ways_at_least_twice():
    sends = [sent(n, n % 40, n // 40) for n in range(80)]
    told = contacts(sends, {key(1): 2, key(2): 1, key(3): 9}, 10 * DAY)
    assert told.contacts == 40
    assert told.both_ways == 2
    assert told.both_ways_ratio == 0.05


def test_our_own_answers_prove_theirs():
    sends = [sent(n, 1, n, Kind.REPLY) for n in range(2)]
    told = contacts(sends, {}, 10 * DAY)
    assert told.both_ways == 1
    assert told.both_ways_ratio is None  # of one contact nothing is said


def test_touches_of_those_who_answered_nothing():
    sends = [sent(100 * person + n, person, n) for person in range(40) for n in range(3)]
    told = contacts(sends, {key(0): 1}, 10 * DAY)
    assert told.unanswered == Spread(3.0, 3.0)
    assert told.touches == Spread(3.0, 3.0)
    assert told.spacing_days == 1.0


def test_people_written_to_personally_this_week():
    sends = [sent(1, 1, 1.0, class_=Class.PERSONAL), sent(2, 2, 9.0, class_=Class.PERSONAL), sent(3, 3, 9.0)]
    assert contacts(sends, {}, 10 * DAY).personal_this_week == 1


def test_nothing_is_said_of_a_few_senders():
    busy = [sent(n, n, n % 9, sender=n % 4) for n in range(200)]
    assert contacts(busy, {}, 10 * DAY).a_day is None
    more = [sent(n, n, n % 9, sender=n % 7) for n in range(200)]
    assert contacts(more, {}, 10 * DAY).a_day is not None


def test_recipients_of_one_send():
    sends = [sent(n, 10 * n + who) for n in range(30) for who in range(2)]
    assert contacts(sends, {}, DAY).recipients == Spread(2.0, 2.0)


def test_a_sequence_is_the_same_two_templates_at_the_same_people():
    sends = [
        sent(1000 * person + n, person, 4.0 * n, template=name)
        for person in range(12)
        for n, name in enumerate(("first", "second"))
    ]
    sends += [sent(99_000 + n, 500, n, template=str(n)) for n in range(5)]
    assert contacts(sends, {}, 10 * DAY).sequences == (Step("first", "second", 12, 4.0),)
