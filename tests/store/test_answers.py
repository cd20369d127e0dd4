"""Answers and the sends they answer: joined once, whichever is read first."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.answer.arrival import Sort
from auditor.answer.rates import Joined, Touch
from auditor.mailbox.found import Cursor
from auditor.pseudonyms import Pseudonyms
from auditor.store.database.schema import answer, answer_reference
from auditor.store.ledger import answers, intake
from auditor.store.ledger.answers import KeyedAnswer
from auditor.store.ledger.forgetting import Person, forget
from auditor.store.reading.answers import read_returned, read_touches
from tests.mail import START, by_hand, campaign, mail
from tests.store.ledgers import KEY, NOW, Ledgers

DAY = 86_400.0
KEYS = Pseudonyms(KEY)
SPAN = (START.timestamp() - DAY, START.timestamp() + 10 * DAY)


class Company(Ledgers):
    """The ledgers, with an inbox beside them."""

    def arrive(self, *some: KeyedAnswer) -> tuple[Joined, ...]:
        def transaction(connection: sa.Connection) -> tuple[Joined, ...]:
            mailbox_id, _, _ = intake.register_mailbox(connection, "ann@host:993/INBOX")
            return answers.take(connection, some, NOW, mailbox_id, Cursor(1, 1, len(some)))

        return self.store.run_here(transaction)

    def settle(self) -> tuple[Joined, ...] | None:
        return self.store.run_here(lambda connection: answers.settle_judged(connection, NOW))

    def touches(self, within: float = 5 * DAY) -> list[Touch]:
        senders = {"ann@northvans.example", "bob@northvans.example"}
        return self.store.run_here(lambda connection: read_touches(connection, SPAN, within, senders))


@pytest.fixture
def company(tmp_path: Path):
    made = Company(tmp_path / "auditor.db")
    yield made
    made.close()


def reply(who: str, *references: str, days: float = 1.0, **fields: object) -> KeyedAnswer:
    made = KeyedAnswer(
        identity=KEYS.identity(f"<{who}{days}@x>", who, ""),
        sort=Sort.REPLY,
        at=START.timestamp() + days * DAY,
        live=True,
        direct=True,
        person=KEYS.address(who),
        organisation=KEYS.organisation(who.partition("@")[2]),
        references=tuple(KEYS.message_id(one) for one in references),
    )
    return replace(made, **fields)


def c(number: int) -> str:
    return f"<c{number}.ann@northvans.example>"


def test_the_same_is_found_whichever_is_read_first(company):
    early = reply("kim1@haulier1.example", c(1))
    assert company.arrive(early) == ()
    company.take(list(campaign(8)))
    assert company.settle() is None  # nothing is judged yet
    company.judge()
    assert [one.sort for one in company.settle() or ()] == [Sort.REPLY]
    (late,) = company.arrive(reply("kim2@haulier2.example", c(2)))
    assert late.kind == "new"
    assert late.class_ == "mass"
    assert company.settle() is None
    assert sum(one.answered for one in company.touches()) == 2
    assert company.rows(sa.select(answer_reference)) == []


def test_an_inbox_that_is_read_again_brings_nothing_twice(company):
    company.take(list(campaign(8)))
    company.judge()
    assert len(company.arrive(reply("kim1@haulier1.example", c(1)))) == 1
    assert company.arrive(reply("kim1@haulier1.example", c(1))) == ()
    assert len(company.rows(sa.select(answer))) == 1


def test_the_nearest_send_is_answered_even_when_it_is_read_later(company):
    first, second = (
        list(campaign(8)),
        mail(
            by_hand(1),
            to="kim1@haulier1.example",
            at=START + timedelta(days=1),
            message_id="<second@northvans.example>",
        ),
    )
    company.take(first)
    company.judge()
    company.settle()
    company.arrive(reply("kim1@haulier1.example", "<second@northvans.example>", c(1), days=2))
    company.take([second])
    company.judge()
    assert company.settle() == ()  # joined with another send, and not counted twice
    answered = [one for one in company.touches() if one.answered]
    assert [one.sent_at for one in answered] == [(START + timedelta(days=1)).timestamp()]


def test_who_answers_from_another_address_or_for_a_colleague(company):
    company.take(list(campaign(8)))
    company.judge()
    company.arrive(reply("office@elsewhere.example", c(1)), reply("stranger@x.example", "<z@x>", c(2)))
    answered = {one.person for one in company.touches() if one.answered}
    assert answered == {KEYS.address("kim1@haulier1.example")}


def test_only_people_who_had_not_answered_before(company):
    company.take(list(campaign(8)))
    company.take(
        [mail(by_hand(2), to="kim1@haulier1.example", at=START + timedelta(days=3), message_id="<later@n>")]
    )
    company.judge()
    assert len(company.touches()) == 9
    company.arrive(reply("kim1@haulier1.example", c(1), days=1))
    assert len(company.touches()) == 8


def test_people_whom_we_answered_had_written_before(company):
    answer_of_ours = mail(
        by_hand(3),
        to="kim1@haulier1.example",
        at=START - timedelta(days=20),
        message_id="<a@n>",
        In_Reply_To="<q@x>",
    )
    company.take([answer_of_ours, *campaign(8)])
    company.judge()
    assert KEYS.address("kim1@haulier1.example") not in {one.person for one in company.touches()}


def test_an_answer_that_comes_too_late_is_none(company):
    company.take(list(campaign(8)))
    company.judge()
    company.arrive(reply("kim1@haulier1.example", c(1), days=6))
    assert not any(one.answered for one in company.touches())


def test_automatic_answers_and_bounces_are_counted_apart(company):
    company.take(list(campaign(8)))
    company.judge()
    company.arrive(
        reply("kim1@haulier1.example", c(1), sort=Sort.AUTO),
        reply("kim2@haulier2.example", c(2), sort=Sort.BOUNCE),
        reply("kim3@haulier3.example", sort=Sort.UNSUBSCRIBE),
    )
    assert not any(one.answered for one in company.touches())
    returned = company.store.run_here(lambda connection: read_returned(connection, SPAN))
    assert {(one.sort, one.count) for one in returned} == {
        (Sort.AUTO, 1), (Sort.BOUNCE, 1), (Sort.UNSUBSCRIBE, 1)
    }  # fmt: skip


def test_senders_whose_inbox_is_not_read_are_not_counted(company):
    company.take(list(campaign(8)))
    company.judge()
    found = company.store.run_here(
        lambda connection: read_touches(connection, SPAN, DAY, {"bob@northvans.example"})
    )
    assert found == []


def test_who_is_forgotten_leaves_no_hash_and_comes_back_no_more(company):
    company.take(list(campaign(8)))
    company.judge()
    company.arrive(reply("kim1@haulier1.example", c(1)))
    gone = Person(KEYS.address("kim1@haulier1.example"))
    company.store.run_here(lambda connection: forget(connection, [gone], None, NOW))
    (row,) = company.rows(sa.select(answer))
    assert gone.address not in (row.person, row.recipient)
    assert sum(one.answered for one in company.touches()) == 1
    assert company.arrive(reply("kim1@haulier1.example", c(1), days=2)) == ()
    assert len(company.rows(sa.select(answer))) == 1
