"""Sends are stored once, judged once, and counted as they are."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.errors import StoreError
from auditor.pseudonyms import Pseudonyms
from auditor.statistics.tally import COARSE_SECONDS, Scope
from auditor.store.database.meta import write_meta
from auditor.store.database.schema import recipient, send, tally, template
from auditor.store.engine import open_store
from auditor.store.ledger import rollup
from tests.mail import PITCH, START, campaign, letters, mail
from tests.store.conftest import Places
from tests.store.ledgers import KEY, NOW, Ledgers


@pytest.fixture
def ledgers(place: Places) -> Iterator[Ledgers]:
    made = Ledgers(place("auditor.db"))
    yield made
    made.close()


def test_a_campaign_is_mass_and_letters_are_personal(ledgers: Ledgers) -> None:
    ledgers.take([*campaign(12), *letters(8)])
    assert ledgers.judge() == 20
    classes = {(row.sender, row._mapping["class"]) for row in ledgers.sends()}
    assert classes == {("ann@northvans.example", "mass"), ("bob@northvans.example", "personal")}
    assert len({row.template for row in ledgers.sends() if row._mapping["class"] == "mass"}) == 1


def test_a_copy_of_a_send_is_not_a_second_send(ledgers: Ledgers) -> None:
    first = ledgers.take(list(letters(3)))
    again = ledgers.take(list(letters(3)))
    assert (first.new, first.copies) == (3, 0)
    assert (again.new, again.copies) == (0, 3)
    assert len(ledgers.sends()) == 3


def test_one_message_id_for_many_sends_is_many_sends(ledgers: Ledgers) -> None:
    raws = [mail("One.\n", message_id="<x@y>", at=START + timedelta(minutes=n)) for n in range(4)]
    assert ledgers.take(raws).new == 4


def test_recipients_that_only_another_copy_names_are_united(ledgers: Ledgers) -> None:
    ledgers.take([mail(PITCH, to="joe@customer1.example")])
    ledgers.judge()
    before = _total(ledgers, "deliveries")
    ledgers.take([mail(PITCH, to="joe@customer1.example", Bcc="eve@customer2.example")])
    ledgers.judge()
    assert [row.deliveries for row in ledgers.sends()] == [2]
    assert _total(ledgers, "deliveries") == before + 1
    assert _total(ledgers, "messages") == 1


def test_an_internal_send_becomes_external_with_its_first_recipient_outside(ledgers: Ledgers) -> None:
    ledgers.take([mail(PITCH, to="bob@northvans.example")])
    ledgers.judge()
    ledgers.take([mail(PITCH, to="bob@northvans.example", Cc="joe@customer1.example")])
    ledgers.judge()
    rows = ledgers.rows(sa.select(tally).where(tally.c.scope == Scope.ORGANISATION, tally.c.messages != 0))
    assert [(row.direction, row.messages) for row in rows] == [("external", 1)]


CUSTOMERS = [f"kim{n}@customer{n}.example" for n in range(8)]


def test_a_blast_whose_bcc_comes_late_becomes_mass(ledgers: Ledgers) -> None:
    """The copy in Sent shows nobody in Bcc; the journal, read after it was judged, shows eight."""
    ledgers.take([mail(PITCH, to="joe@customer1.example"), *letters(3)])
    ledgers.judge()
    assert {row._mapping["class"] for row in ledgers.sends()} == {"personal"}
    ledgers.take([mail(PITCH, to="joe@customer1.example", Bcc=", ".join(CUSTOMERS))])
    judged = ledgers.store.run_here(lambda connection: ledgers.judge_.judge(connection, NOW))
    ((before, after),) = judged.moved
    assert (before.class_, after.class_, before.deliveries, after.deliveries) == ("personal", "mass", 1, 9)
    (blast, *others) = ledgers.sends()
    assert (blast._mapping["class"], blast.share, blast.reason) == ("mass", 0.0, "many_organisations")
    assert {row._mapping["class"] for row in others} == {"personal"}
    tally_is_true(ledgers)
    assert not ledgers.judge()  # nothing is counted twice


def test_an_internal_send_with_a_hidden_blast_becomes_mass(ledgers: Ledgers) -> None:
    """To myself, Bcc everybody: of the copy in Sent not even the text is read."""
    ledgers.take([mail(PITCH, to="ann@northvans.example")])
    ledgers.judge()
    assert [(row.direction, row.word_count) for row in ledgers.sends()] == [("internal", 0)]
    ledgers.take([mail(PITCH, to="ann@northvans.example", Bcc=", ".join(CUSTOMERS))])
    ledgers.judge()
    (blast,) = ledgers.sends()
    assert (blast._mapping["class"], blast.direction, blast.deliveries) == ("mass", "external", 8)
    tally_is_true(ledgers)


def test_a_member_whose_bcc_comes_late_lifts_its_template(ledgers: Ledgers) -> None:
    first, second = [
        mail(PITCH, to=f"joe@customer{n}.example", message_id=f"<{n}@northvans.example>") for n in (1, 2)
    ]
    ledgers.take([first, second])
    ledgers.judge()
    assert {row._mapping["class"] for row in ledgers.sends()} == {"personal"}
    late = mail(
        PITCH, to="joe@customer1.example", message_id="<1@northvans.example>", Bcc=", ".join(CUSTOMERS)
    )
    ledgers.take([late])
    ledgers.judge()
    assert [row.reason for row in ledgers.sends()] == ["many_organisations", "template_reached"]
    tally_is_true(ledgers)


def test_late_recipients_survive_a_restart(place: Places) -> None:
    copies = [
        mail(PITCH, to=f"joe@customer{n}.example", message_id=f"<{n}@northvans.example>") for n in range(1, 4)
    ]
    late = mail(
        PITCH, to="joe@customer1.example", message_id="<1@northvans.example>", Bcc=", ".join(CUSTOMERS)
    )
    steps = [[copies[0]], [late], copies[1:], list(letters(3)), list(campaign(6))]
    whole, broken = Ledgers(place("whole.db")), Ledgers(place("broken.db"))
    for raws in steps:
        whole.take(raws)
        whole.judge()
        broken.take(raws)
        broken.judge()
        broken.close()
        broken = Ledgers(place("broken.db"))
    assert _verdicts(whole) == _verdicts(broken)
    whole.close()
    broken.close()


def test_a_member_that_is_let_go_still_becomes_a_blast(ledgers: Ledgers) -> None:
    copies = list(campaign(90))
    ledgers.take(copies)
    ledgers.judge()
    early = copies[5].replace(b"To: ", b"Bcc: " + ", ".join(CUSTOMERS).encode() + b"\r\nTo: ", 1)
    ledgers.take([early])
    ledgers.judge()
    reasons = [row.reason for row in ledgers.sends()]
    assert reasons[5] == "many_organisations"
    assert set(reasons[:5] + reasons[6:]) == {"template_reached"}
    tally_is_true(ledgers)


def test_the_tally_equals_one_group_by(ledgers: Ledgers) -> None:
    """After reclassification: the first copies of the campaign were personal when they were judged."""
    for start in range(0, 12, 3):
        ledgers.take(list(campaign(12))[start : start + 3] + list(letters(8))[start : start + 3])
        ledgers.judge()
    tally_is_true(ledgers)


def test_a_restart_goes_on_as_if_it_had_not_happened(place: Places) -> None:
    raws = [raw for pair in zip(campaign(12), letters(12), strict=True) for raw in pair]
    whole, broken = Ledgers(place("whole.db")), Ledgers(place("broken.db"))
    whole.take(raws)
    whole.judge()
    for start in range(0, len(raws), 5):
        broken.take(raws[start : start + 5])
        broken.judge()
        broken.close()
        broken = Ledgers(place("broken.db"))
    assert _verdicts(whole) == _verdicts(broken)
    whole.close()
    broken.close()


def test_a_failed_judgement_leaves_no_trace_and_is_made_up_for(ledgers: Ledgers) -> None:
    ledgers.take(list(campaign(10)))

    def fail(connection: sa.Connection) -> None:
        ledgers.judge_.judge(connection, NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledgers.store.run_here(fail)
    ledgers.judge_.drop()
    assert all(row.judged_seq is None for row in ledgers.sends())
    assert ledgers.judge() == 10
    assert {row._mapping["class"] for row in ledgers.sends()} == {"mass"}


def test_an_answer_to_our_own_send_is_a_follow_up(ledgers: Ledgers) -> None:
    first, own, theirs = "<first@northvans.example>", "<own@northvans.example>", "<theirs@customer1.example>"
    ledgers.take(
        [
            mail(PITCH, message_id=first),
            mail("Did you see my note?\n", message_id=own, In_Reply_To=first, References=first),
            mail(
                "Thursday suits me.\n", message_id="<r@x>", In_Reply_To=theirs, References=f"{own} {theirs}"
            ),
        ]
    )
    ledgers.judge()
    assert [row.kind for row in ledgers.sends()] == ["new", "follow_up", "reply"]


def test_wording_is_written_once_five_people_have_it(ledgers: Ledgers) -> None:
    ledgers.take(list(campaign(4)))
    ledgers.judge()
    assert [row.wording for row in ledgers.rows(sa.select(template))] == [None]
    ledgers.take(list(campaign(5)))
    ledgers.judge()
    (wording,) = (row.wording for row in ledgers.rows(sa.select(template)))
    assert "three haulage firms of your size" in wording.replace("\n", " ")
    assert "kim" not in wording
    assert "haulier" not in wording


def test_old_five_minute_rows_become_hours(ledgers: Ledgers) -> None:
    late = START + timedelta(days=12, hours=10)  # within three days of NOW
    ledgers.take(list(campaign(12, start=late)))
    ledgers.judge()
    fine = ledgers.rows(sa.select(tally).where(tally.c.width < COARSE_SECONDS))
    assert fine
    before = _total(ledgers, "messages")
    ledgers.store.run_here(lambda connection: rollup.roll_up(connection, NOW + 30 * 86_400))
    assert not ledgers.rows(sa.select(tally).where(tally.c.width < COARSE_SECONDS))
    assert _total(ledgers, "messages") == before


def test_a_second_daemon_on_the_same_file_is_refused(tmp_path: Path) -> None:
    first = Ledgers(tmp_path / "auditor.db")
    with pytest.raises(StoreError, match="another auditor already uses this store"):
        open_store(tmp_path / "auditor.db", Pseudonyms(KEY))
    first.close()


def test_a_store_of_another_key_is_refused(place: Places) -> None:
    Ledgers(place("auditor.db")).close()
    with pytest.raises(StoreError, match="another pseudonym key"):
        open_store(place("auditor.db"), Pseudonyms(bytes(32)))


def test_a_store_of_a_newer_auditor_is_refused(place: Places) -> None:
    ledgers = Ledgers(place("auditor.db"))
    ledgers.store.run_here(lambda connection: write_meta(connection, "schema_version", b"99"))
    ledgers.close()
    with pytest.raises(StoreError, match="newer auditor"):
        open_store(place("auditor.db"), Pseudonyms(KEY))


def test_a_damaged_store_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "auditor.db").write_bytes(b"This is not a database, and it is longer than a header is." * 20)
    with pytest.raises(StoreError, match="auditor restore BACKUP"):
        open_store(tmp_path / "auditor.db", Pseudonyms(KEY))


def test_the_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    ledgers = Ledgers(tmp_path / "auditor.db")
    ledgers.take(list(letters(1)))
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0] * len(list(tmp_path.iterdir()))
    ledgers.close()


def test_recipients_are_kept_once(ledgers: Ledgers) -> None:
    ledgers.take([mail(PITCH, to="a@x.example, A@X.example, b@x.example", Cc="a@x.example")])
    assert len(ledgers.rows(sa.select(recipient))) == 2


def tally_is_true(ledgers: Ledgers) -> None:
    """The tally is what one GROUP BY over all sends gives."""
    for scope, series in (
        (Scope.ORGANISATION, sa.literal("")),
        (Scope.SENDER, send.c.sender),
        (Scope.TEAM, send.c.team),
        (Scope.TEMPLATE, send.c.template),
    ):
        counted = ledgers.rows(
            sa.select(
                tally.c.series,
                tally.c["class"],
                sa.func.sum(tally.c.messages),
                sa.func.sum(tally.c.deliveries),
                sa.func.sum(tally.c.words),
            )
            .where(tally.c.scope == scope)
            .group_by(tally.c.series, tally.c["class"])
            .having(sa.func.sum(tally.c.messages) != 0)
        )
        truth = ledgers.rows(
            sa.select(
                series,
                send.c["class"],
                sa.func.count(),
                sa.func.sum(send.c.deliveries),
                sa.func.sum(sa.case((send.c.share.is_not(None), send.c.word_count), else_=0)),
            )
            .where(series.is_not(None))
            .group_by(series, send.c["class"])
        )
        assert {tuple(row) for row in counted} == {tuple(row) for row in truth}


def _total(ledgers: Ledgers, column: str) -> int:
    query = sa.select(sa.func.sum(tally.c[column])).where(tally.c.scope == Scope.ORGANISATION)
    return ledgers.rows(query)[0][0]


def _verdicts(ledgers: Ledgers) -> list[tuple]:
    return [
        (
            row.judged_seq,
            row.identity,
            row._mapping["class"],
            row.template,
            row.share,
            row.similarity,
            row.reason,
        )
        for row in ledgers.sends()
    ]
