"""A note about one's own mail: to whom asked for it, to nobody else, once a week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.config import Config
from auditor.people import People, Person
from auditor.post.coaching import Coach
from auditor.store.database.schema import outbox
from tests.mail import START, by_hand, campaign, mail
from tests.store.ledgers import Ledgers

MONDAY = datetime(2026, 9, 14, 8, 0, tzinfo=UTC).timestamp()
COMPANY = People.of(
    ["northvans.example"],
    [Person("ann@northvans.example", aliases=("a.b@northvans.example",)), Person("bob@northvans.example")],
)


def config(*people: str) -> Config:
    return Config.model_validate(
        {
            "organisation": {"name": "North Vans", "domains": ["northvans.example"]},
            "alerts": {"to": ["ops@northvans.example"]},
            "digest": {"to": ["lead@northvans.example"]},
            "routes": [{"to": ["route@northvans.example"]}],
            "coaching": {"people": people},
            "smtp": {"sender": "auditor@northvans.example"},
        }
    )


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Ledgers]:
    made = Ledgers(tmp_path / "auditor.db")
    made.take(
        [
            *campaign(24),
            *(mail(by_hand(n), to=f"x{n}@y{n}.example", at=START, message_id=f"<h{n}@n>") for n in range(6)),
            *(mail(by_hand(90 + n), sender="bob@northvans.example", to=f"z{n}@y{n}.example", at=START,
                   message_id=f"<b{n}@n>") for n in range(31)),
        ]
    )  # fmt: skip
    made.judge()
    yield made
    made.close()


def written(ledgers: Ledgers, coach: Coach, now: float, read: tuple[str, ...] = ()) -> list[sa.Row]:
    ledgers.store.run_here(lambda connection: coach.write_due(connection, now, read))
    return ledgers.rows(sa.select(outbox).order_by(outbox.c.id))


def test_nobody_gets_a_note_who_did_not_ask(ledgers):
    coach = Coach(config(), COMPANY)
    assert written(ledgers, coach, MONDAY - 7 * 86_400) == []
    assert written(ledgers, coach, MONDAY) == []


def test_who_asked_gets_one_about_their_own_mail_and_nobody_else_does(ledgers):
    coach = Coach(config("A.B@northvans.example"), COMPANY)
    assert written(ledgers, coach, MONDAY - 7 * 86_400) == []  # its past is no news
    (note,) = written(ledgers, coach, MONDAY, ("ann@northvans.example",))
    assert note.occasion == "coaching"
    assert note.recipients == note.addressees == "ann@northvans.example"
    assert note.channel == "mail"
    assert "reached 30 people: 6 were written for that person, 0 a template tailored by hand, 24" in " ".join(
        note.text.split()
    )
    assert "20% by hand" in note.text
    assert "to nobody else" in " ".join(note.text.split())
    for text in (note.text, note.html, note.subject):
        assert "bob" not in text.lower()
        assert "31" not in text
    assert len(written(ledgers, coach, MONDAY + 3600)) == 1  # once a week, whatever restarts
    assert len(written(ledgers, Coach(config("ann@northvans.example"), COMPANY), MONDAY + 7200)) == 1


def test_people_outside_get_none(ledgers):
    coach = Coach(config("ann@elsewhere.example"), COMPANY)
    written(ledgers, coach, MONDAY - 7 * 86_400)
    assert written(ledgers, coach, MONDAY + timedelta(days=7).total_seconds()) == []
