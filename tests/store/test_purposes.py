"""What people say a template is for: its sends leave the outreach figures, and come back, at their time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.statistics.tally import Scope, changes
from auditor.store.database.schema import send, tally, template
from auditor.store.ledger import rollup, templates
from auditor.store.ledger.merging import merge
from auditor.store.ledger.purposes import give_purpose
from auditor.store.ledger.tallies import move_tally
from auditor.vocabulary import Kind, Purpose
from tests.mail import START, campaign, letters, mail
from tests.store.conftest import Places
from tests.store.ledgers import NOW, Ledgers

NOTICE = (
    "Hello {name},\n\nOn Sunday from one to three in the morning the booking system is not available: its "
    "database moves to a new machine. Bookings that were made before are not touched, and the drivers' "
    "telephones keep working. We are sorry for the trouble and will write again when it is done.\n"
)


@pytest.fixture
def ledgers(place: Places) -> Iterator[Ledgers]:
    made = Ledgers(place("auditor.db"))
    yield made
    made.close()


def notices(first: int, last: int) -> list[bytes]:
    return [
        mail(
            NOTICE.format(name=f"Kim{n}"),
            sender="ops@northvans.example",
            to=f"kim{n}@client{n}.example",
            at=START + timedelta(hours=1, minutes=n),
            message_id=f"<n{n}@northvans.example>",
        )
        for n in range(first, last)
    ]


def template_of(ledgers: Ledgers, message: int) -> str:
    return ledgers.rows(sa.select(send.c.template).where(send.c.id == message))[0][0]


def say(ledgers: Ledgers, template_id: str, purpose: Purpose) -> int:
    return ledgers.store.run_here(lambda c: give_purpose(c, template_id, purpose, NOW))


def counted(ledgers: Ledgers, kind: Kind) -> int:
    query = sa.select(sa.func.coalesce(sa.func.sum(tally.c.messages), 0))
    return ledgers.rows(query.where(tally.c.scope == Scope.ORGANISATION, tally.c.kind == kind))[0][0]


def the_tally_is_one_group_by(ledgers: Ledgers) -> None:
    for scope, series in (
        (Scope.ORGANISATION, sa.literal("")),
        (Scope.SENDER, send.c.sender),
        (Scope.TEMPLATE, send.c.template),
    ):
        keys = (tally.c.series, tally.c.bucket, tally.c.kind, tally.c["class"])
        rows = ledgers.rows(sa.select(*keys, tally.c.messages).where(tally.c.scope == scope))
        fine_from = ledgers.store.run_here(lambda c: rollup.fine_from(c, NOW))
        width = sa.case((send.c.sent_at >= fine_from, 300), else_=3600)
        bucket = sa.cast(send.c.sent_at / width, sa.Integer) * width
        truth = ledgers.rows(
            sa.select(series, bucket, send.c.tallied_kind, send.c["class"], sa.func.count())
            .where(series.is_not(None))
            .group_by(series, bucket, send.c.tallied_kind, send.c["class"])
        )
        assert {tuple(row) for row in rows if row.messages} == {tuple(row) for row in truth}


def test_service_mail_leaves_the_outreach_at_its_own_time_and_comes_back(ledgers: Ledgers) -> None:
    ledgers.take([*campaign(6), *notices(0, 6), *letters(2)])
    ledgers.judge()
    notice = template_of(ledgers, 7)
    assert counted(ledgers, Kind.NEW) == 14
    assert say(ledgers, notice, Purpose.SERVICE) == 6
    assert (counted(ledgers, Kind.NEW), counted(ledgers, Kind.SERVICE)) == (8, 6)
    the_tally_is_one_group_by(ledgers)
    assert say(ledgers, notice, Purpose.SERVICE) == 0
    assert {row.kind for row in ledgers.sends()} == {"new"}  # in the conversation they are what they were
    assert say(ledgers, notice, Purpose.EVENT) == 6
    assert (counted(ledgers, Kind.NEW), counted(ledgers, Kind.SERVICE)) == (14, 0)
    the_tally_is_one_group_by(ledgers)


def test_what_is_sent_later_is_service_mail_too(ledgers: Ledgers, tmp_path: Path) -> None:
    ledgers.take(notices(0, 3))
    ledgers.judge()
    notice = template_of(ledgers, 1)
    say(ledgers, notice, Purpose.SERVICE)
    ledgers.take([*notices(3, 8), *campaign(6)])  # the first three change their class, and stay service
    ledgers.judge()
    assert (counted(ledgers, Kind.NEW), counted(ledgers, Kind.SERVICE)) == (6, 8)
    mass = {row.tallied_kind for row in ledgers.sends() if row._mapping["class"] == "mass"}
    assert mass == {"new", "service"}
    the_tally_is_one_group_by(ledgers)


def test_an_id_that_is_merged_again_leads_to_where_it_was_merged_last(ledgers: Ledgers) -> None:
    ledgers.take([*campaign(6), *notices(0, 6)])
    ledgers.judge()
    one, other = template_of(ledgers, 1), template_of(ledgers, 7)
    for _ in range(2):
        ledgers.store.run_here(lambda connection: merge(connection, {"b" * 12: one}))
    ledgers.store.run_here(lambda connection: merge(connection, {"b" * 12: other}))
    found = ledgers.store.run_here(lambda connection: templates.find(connection, "b" * 12))
    assert found is not None
    assert found.id == other


@pytest.mark.parametrize("named", ["older", "younger"])
def test_a_merge_keeps_what_was_given(ledgers: Ledgers, named: str) -> None:
    ledgers.take([*campaign(6), *notices(0, 6)])
    ledgers.judge()
    ids = {"older": template_of(ledgers, 1), "younger": template_of(ledgers, 7)}
    say(ledgers, ids[named], Purpose.SERVICE)

    def join(connection: sa.Connection) -> None:
        templates.give(connection, ids[named], name="Ramps")
        moves = merge(connection, {ids["younger"]: ids["older"]})
        move_tally(connection, changes(moves, rollup.fine_from(connection, NOW)))

    ledgers.store.run_here(join)
    (kept,) = ledgers.rows(sa.select(template))
    assert (kept.id, kept.name, kept.purpose) == (ids["older"], "Ramps", "service")
    assert counted(ledgers, Kind.SERVICE) == 12
    the_tally_is_one_group_by(ledgers)
    found = ledgers.store.run_here(lambda c: templates.find(c, ids["younger"]))
    assert found is not None
    assert found.id == ids["older"]
