"""Explanations as a sales manager reads them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from auditor.config.sections import Templates
from auditor.pseudonyms import Pseudonyms
from auditor.question.explain import Telling, send_lines, send_of, template_lines
from auditor.store.ledger import templates
from auditor.store.ledger.purposes import give_purpose
from auditor.vocabulary import Purpose
from tests.mail import PITCH, START, campaign, letters, mail
from tests.store.ledgers import KEY, NOW, Ledgers

BERLIN = ZoneInfo("Europe/Berlin")
OPENER = (
    "Your stand at the fair in Hanover was the only one where somebody could tell me how the cranes are "
    "insured, and I have quoted your colleague twice since then.\n\n"
)
ENDING = (
    "By the way, the walking boots you recommended carried me up the Brocken in pouring rain last Saturday, "
    "and my daughter now wants the same ones in red.\n\n"
)
PLAIN = PITCH.format(name="Lee", company="Crane")


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Ledgers]:
    made = Ledgers(tmp_path / "auditor.db")
    edited = (
        mail(
            text,
            to=f"lee@{name}.example",
            at=START + timedelta(minutes=30),
            message_id=f"<{name}@northvans.example>",
        )
        for name, text in (
            ("opened", OPENER + PLAIN),
            ("ended", PLAIN.replace("Kind regards", ENDING + "Kind regards")),
        )
    )
    made.take([*campaign(12), *edited, *letters(2)])
    made.judge()
    yield made
    made.close()


def told(ledgers: Ledgers, wanted: str, now: datetime = START + timedelta(days=2)) -> str:
    telling = Telling(now, BERLIN, Templates())

    def look(connection: sa.Connection) -> tuple[str, ...]:
        template = templates.find(connection, wanted)
        if template is not None:
            return template_lines(connection, template.id, telling)
        send = send_of(connection, Pseudonyms(KEY), wanted)
        return () if send is None else send_lines(connection, send, telling)

    return "\n".join(ledgers.store.run_here(look))


def test_a_mass_sent_mail(ledgers: Ledgers) -> None:
    text = told(ledgers, "c3.ann@northvans.example")
    assert text.startswith("This new mail of Monday 10:03 is mass-sent.\n  It follows the template below,")
    assert "nothing in it was written for this one recipient" in text
    assert "sent 14 times by 1 person since Monday, last Monday 10:30." in text
    assert "reached 14 people outside in 14 organisations: 12 mass-sent, 2 tailored by hand." in text
    assert "filled in for each recipient):" in text
    assert "haulage" in text


@pytest.mark.parametrize(("name", "place"), [("opened", "in its opening"), ("ended", "at its end")])
def test_a_tailored_mail_says_how_much_and_where(ledgers: Ledgers, name: str, place: str) -> None:
    text = told(ledgers, f"<{name}@northvans.example>")
    assert "is tailored by hand." in text
    assert f" {place}: " in text
    assert "and from 12% on it counts as tailored" in text


def test_a_personal_mail_and_what_is_not_known(ledgers: Ledgers) -> None:
    assert "Nobody else received these words." in told(ledgers, "<h1.bob@northvans.example>")
    assert told(ledgers, "<nobody@x.example>") == ""


def test_a_template_by_its_name_long_after(ledgers: Ledgers) -> None:
    (id_,) = {row.template for row in ledgers.sends() if row._mapping["class"] == "mass"}

    def give(connection) -> None:
        templates.give(connection, id_, name="Ramp offer")
        give_purpose(connection, id_, Purpose.SERVICE, NOW)

    ledgers.store.run_here(give)
    text = told(ledgers, "Ramp offer", datetime(2026, 12, 1, tzinfo=UTC))
    assert text.startswith(f"Template {id_} “Ramp offer”\n")
    assert "since 7 Sep 2026, last 7 Sep 2026 10:30." in text
    assert "Its purpose is service." in text
    assert "left out of the outreach ratio" in told(ledgers, "<opened@northvans.example>")
