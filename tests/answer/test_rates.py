"""How often outreach is answered."""

from auditor.answer.arrival import Sort
from auditor.answer.rates import Rate, Returned, Touch, answers, rates, span_of
from auditor.statistics.figures import Window
from auditor.vocabulary import Class, Kind


def touch(
    person: int, answered: bool = False, class_: Class = Class.MASS, share: float | None = 0.0
) -> Touch:
    return Touch("North", Kind.NEW, class_, "t1", share, b"%d" % person, 0.0, answered)


def test_a_person_counts_once_however_often_they_were_written_to():
    touches = [touch(n) for n in range(40)] + [touch(n) for n in range(40)] + [touch(1, True), touch(1, True)]
    assert rates(touches, lambda one: one.class_) == {Class.MASS: Rate(40, 1)}


def test_no_rate_of_fewer_than_thirty():
    assert Rate(29, 3).ratio is None
    told = Rate(30, 3).ratio
    assert told is not None
    assert told.value == 0.1
    assert 0.03 < told.low < 0.1 < told.high < 0.27


def test_classes_that_are_in_no_ratio_are_in_no_rate():
    found = answers([touch(1, class_=Class.BRIEF), touch(2)])
    assert found.by_class == {Class.MASS: Rate(1, 0)}


def test_bands_of_the_handwritten_share():
    found = answers([touch(1, share=0.05), touch(2, share=0.12), touch(3, share=1.0), touch(4, share=None)])
    assert found.by_band == {
        "under 12%": Rate(1, 0),
        "12 to 40%": Rate(1, 0),
        "80% or more": Rate(1, 0),
    }


def test_what_comes_back_beside_replies_is_counted_apart():
    returned = (
        Returned(Sort.BOUNCE, "North", Class.MASS, 4),
        Returned(Sort.BOUNCE, "South", Class.PERSONAL, 1),
        Returned(Sort.AUTO, "North", Class.MASS, 2),
    )
    found = answers([], returned)
    assert found.count(Sort.BOUNCE) == 5
    assert found.count(Sort.BOUNCE, Class.MASS) == 4
    assert found.count(Sort.REPLY) == 0


def test_a_window_ends_when_the_time_to_answer_is_over():
    assert span_of(Window.WEEK, 100 * 86_400, 14 * 86_400) == (79 * 86_400, 86 * 86_400)
