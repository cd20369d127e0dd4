"""Merge failures are told of within minutes, in one mail, and not again for a day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.config import Config
from auditor.post.unfilled import PEACE_SECONDS, Proofreader
from auditor.store.database.schema import outbox, send
from tests.mail import PITCH, START, by_hand, mail
from tests.store.ledgers import COMPANY, NOW, Ledgers

HOLD = 300.0
CONFIG = Config.model_validate(
    {
        "organisation": {"name": "North Vans", "domains": ["northvans.example"]},
        "alerts": {"to": ["ops@northvans.example"], "hold": timedelta(seconds=HOLD)},
        "smtp": {"sender": "auditor@northvans.example"},
    }
)


class Company(Ledgers):
    """The ledgers, and who reads proofs. Everything is found live, at `NOW`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.proofreader = Proofreader(CONFIG, COMPANY)
        self.look(NOW)  # what was there before is no news

    def send(self, *raws: bytes) -> None:
        self.take(raws)
        found_now = sa.update(send).where(send.c.judged_seq.is_(None)).values(live=True, stored_at=NOW)
        self.store.run_here(lambda connection: connection.execute(found_now))
        self.judge()

    def look(self, now: float) -> bool:
        return self.store.run_here(lambda connection: self.proofreader.tell_news(connection, now))

    def letters(self) -> list[sa.Row]:
        return self.rows(sa.select(outbox).order_by(outbox.c.id))


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path / "auditor.db")
    yield made
    made.close()


def batch(count: int, name: str, first: int = 0) -> list[bytes]:
    return [
        mail(
            PITCH.format(name=name, company=f"Haulier{n}"),
            to=f"kim{n}@haulier{n}.example",
            at=START + timedelta(minutes=n),
            message_id=f"<{n}.ann@northvans.example>",
        )
        for n in range(first, first + count)
    ]


def test_one_mail_names_template_count_and_team(company):
    company.send(*batch(9, "{{first_name}}"))
    assert not company.look(NOW + HOLD - 1)
    assert company.look(NOW + HOLD)
    (letter,) = company.letters()
    assert letter.occasion == "merge_failure"
    assert letter.addressees == letter.recipients == "ops@northvans.example"
    assert letter.subject.startswith("Unfilled field: 9 mails to 9 people")
    assert "1 person without a team" in letter.text
    assert "9 sends" in letter.text
    assert "ann@" not in letter.text + letter.html
    assert "haulier" not in (letter.text + letter.html).lower()


def test_the_same_template_is_told_of_once_a_day(company):
    company.send(*batch(9, "{{first_name}}"))
    assert company.look(NOW + HOLD)
    company.send(*batch(9, "{{first_name}}", first=9))
    assert not company.look(NOW + 2 * HOLD)
    company.send(*batch(9, "{{first_name}}", first=18))
    assert company.look(NOW + HOLD + PEACE_SECONDS)
    assert [letter.subject.split(",")[0] for letter in company.letters()] == [
        "Unfilled field: 9 mails to 9 people", "Unfilled field: 9 mails to 9 people"
    ]  # fmt: skip


def test_nothing_is_told_of_what_is_filled_of_answers_and_of_the_past(company):
    company.send(*batch(9, "Kim"))
    answer = "Hi {{first_name}},\n\n" + by_hand(4)
    company.send(mail(answer, to="joe@x.example", message_id="<a@n>", In_Reply_To="<q@x.example>"))
    company.take(batch(9, "{{first_name}}", first=20))
    company.judge()  # found in the past
    assert not company.look(NOW + HOLD)
    assert company.letters() == []


def test_a_restart_tells_nothing_twice(company):
    company.send(*batch(9, "{{first_name}}"))
    assert company.look(NOW + HOLD)
    company.proofreader = Proofreader(CONFIG, COMPANY)
    assert not company.look(NOW + 2 * HOLD)
    assert len(company.letters()) == 1
