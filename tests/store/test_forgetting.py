"""Somebody who is forgotten is in no row and in no state, nothing brings them back, and no figure moves."""

import asyncio
import struct

import pytest
import sqlalchemy as sa

from auditor import arguments
from auditor.pseudonyms import Pseudonyms
from auditor.request import kinds
from auditor.request.forgetting import ForgetPerson, KeyedPerson
from auditor.request.incident import Silence
from auditor.request.series import Meant
from auditor.store import requests
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.schema import outbox, recipient, request, tally, template, tombstone
from auditor.store.ledger import templates
from auditor.store.ledger.forgetting import file_of
from auditor.store.reading import results
from auditor.template.forgetting import with_stand_ins
from auditor.template.habits import TEXTS, Habits, tail_of
from auditor.template.state import Shared
from auditor.template.vectors import NOTHING, Weighting
from tests.mail import PITCH, campaign, letters, mail
from tests.store.conftest import Places
from tests.store.ledgers import KEY, NOW, Ledgers

PSEUDONYMS = Pseudonyms(KEY)
KIM, LEE = "kim3@haulier3.example", "lee@gmail.com"


@pytest.fixture
def ledgers(place: Places):
    made = Ledgers(place("auditor.db"))
    made.take([*campaign(8), mail(PITCH, to=LEE, message_id="<lee@northvans.example>"), *letters(2)])
    made.judge()
    yield made
    made.close()


def forget(
    ledgers: Ledgers, address: str, *, own_organisation: bool = False, sender: str | None = None
) -> str:
    organisation = PSEUDONYMS.organisation(address).hex() if own_organisation else ""
    sent = ledgers.store.run_here(lambda c: results.latest_send_of(c, sender)) if sender else None
    change = ForgetPerson([KeyedPerson(PSEUDONYMS.address(address).hex(), organisation)], sent)
    number = ledgers.store.run_here(
        lambda c: requests.put(c, kinds.FORGET, "mia", arguments.written(change), NOW)
    )
    ledgers.store.run_here(lambda c: ledgers.judge_.judge(c, NOW))
    settled = ledgers.store.run_here(lambda c: requests.find(c, number))
    assert settled.state == "applied", settled.answer
    return settled.answer


def bytes_of(ledgers: Ledgers) -> bytes:
    """All that the tables hold, but the tombstones and the requests that made them."""
    found = b""
    for table in ("send", "recipient", "location", "template", "tally", "meta", "incident", "mailbox"):
        for row in ledgers.rows(sa.text(f"SELECT * FROM {table}")):
            found += b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    return found


def figures(ledgers: Ledgers) -> list:
    rows = ledgers.rows(
        sa.select(tally.c.scope, sa.func.sum(tally.c.messages), sa.func.sum(tally.c.deliveries)).group_by(
            tally.c.scope
        )
    )
    classes = [(row._mapping["class"], row.template, row.share) for row in ledgers.sends()]
    reached = ledgers.rows(sa.select(sa.func.count(sa.distinct(recipient.c.address))))
    return [*map(tuple, rows), *classes, *map(tuple, reached)]


def test_a_recipient_is_nowhere_and_no_figure_moves(ledgers):
    keyed = PSEUDONYMS.address(LEE)
    assert keyed[:8].hex().encode() in bytes_of(ledgers)
    before = figures(ledgers)
    assert "to this person, 1; mails by them, 0." in forget(ledgers, LEE, own_organisation=True)
    kept = bytes_of(ledgers)
    for gone in (keyed, PSEUDONYMS.organisation(LEE)):
        assert gone not in kept
        assert gone[:8].hex().encode() not in kept
    assert figures(ledgers) == before


def test_a_copy_that_comes_later_does_not_bring_them_back(ledgers):
    forget(ledgers, KIM)
    people = len(ledgers.rows(sa.select(recipient)))
    copy = list(campaign(4))[3]
    assert ledgers.take([copy]).new == 0
    assert len(ledgers.rows(sa.select(recipient))) == people
    ledgers.take([mail("Another one.\n", to=f"{KIM}, pat@x.example", message_id="<new@northvans.example>")])
    ledgers.judge()
    assert PSEUDONYMS.address(KIM) not in bytes_of(ledgers)


def test_judgement_goes_on_after_it(ledgers, place):
    forget(ledgers, KIM)
    ledgers.take(list(campaign(12))[8:])
    ledgers.judge()
    assert [row._mapping["class"] for row in ledgers.sends()].count("mass") == 13
    ledgers.close()
    again = Ledgers(place("auditor.db"))
    assert again.judge() == 0
    assert len({row.template for row in again.sends() if row._mapping["class"] == "mass"}) == 1
    again.close()


def test_a_former_employee_sends_on_as_nobody(ledgers):
    ann = "ann@northvans.example"
    before = figures(ledgers)
    answer = forget(ledgers, ann, sender=ann)
    assert "mails by them, 9." in answer
    assert ann.encode() not in bytes_of(ledgers)
    assert figures(ledgers) == before
    senders = {row.sender for row in ledgers.sends()}
    assert len(senders) == 2
    ledgers.take(list(campaign(12)))  # the mailbox is read again
    assert ledgers.judge() == 0
    assert len(ledgers.sends()) == 11


def test_a_backup_forgets_again_when_it_is_opened(ledgers, tmp_path, place):
    backup = tmp_path / "elsewhere" / "auditor.db"
    backup.parent.mkdir()
    ledgers.store.run_here(lambda c: None)
    with sa.create_engine(f"sqlite:///{tmp_path / 'auditor.db'}").connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
        connection.close()
        connection.engine.dispose()
    forget(ledgers, LEE, own_organisation=True)
    forget(ledgers, "ann@northvans.example", sender="ann@northvans.example")
    ledgers.close()
    Ledgers(place("auditor.db")).close()  # writes the file, where a daemon had no time to
    written = file_of(tmp_path / "auditor.db")
    assert written.stat().st_mode & 0o077 == 0
    assert written.read_text().count("\n") == 2
    written.rename(file_of(backup))
    restored = Ledgers(backup)
    kept = bytes_of(restored)
    assert PSEUDONYMS.address(LEE) not in kept
    assert b"ann@northvans" not in kept
    assert len(restored.rows(sa.select(tombstone))) == 2
    assert restored.judge() == 0
    restored.close()


def test_a_state_without_the_person_is_the_same_state(ledgers):
    (record,) = ledgers.store.run_here(
        lambda c: templates.records(c, set(c.scalars(sa.select(template.c.id)))).values()
    )
    assert with_stand_ins(record, {bytes(16): bytes(range(16))}) == record


ANN = "ann@northvans.example"


def test_the_files_have_no_trace_of_a_former_employee(ledgers, tmp_path):
    def files() -> bytes:
        return b"".join(
            path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("auditor.db")
        )

    on_disk = ledgers.store.run_here(lambda c: c.dialect.name) == "sqlite"
    forget(ledgers, ANN, sender=ANN)
    assert not on_disk or ANN.encode() in files()  # where it was removed, and as it was before
    asyncio.run(ledgers.store.erase())
    assert ANN.encode() not in files()
    ledgers.take(list(letters(4)))  # and everything goes on
    assert ledgers.judge() == 2


def test_how_they_close_a_mail_is_no_habit_any_more(ledgers):
    habits = Habits()
    lines = [(7, 8, 9, 0, sender_line, 0) for sender_line in range(100, 100 + TEXTS)]
    ann, bob = map(PSEUDONYMS.sender, (ANN, "bob@northvans.example"))
    for sender in (ann, bob):
        habits.move([tail_of(sender, (*line, 4711, 4712, 0)) for line in lines], 1)
    shared = Shared(0, 0.0, 0.0, Weighting(), habits, NOTHING).to_bytes()
    ledgers.store.run_here(lambda c: write_meta(c, "templates", shared))
    mark = struct.pack("<I", ann)  # the upper half of a line's number
    assert mark in shared
    forget(ledgers, ANN, sender=ANN)
    kept = ledgers.store.run_here(lambda c: read_meta(c, "templates"))
    assert mark not in kept
    left = Shared.from_bytes(kept).habits
    text = (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 0, 4711, 4712, 0)
    assert left.cut(ann, text, 5) == text
    assert left.cut(bob, text, 5) == text[:11]


def test_no_template_knows_who_sent_it_any_more(ledgers):
    mark = str(PSEUDONYMS.sender(ANN)).encode()
    assert mark in bytes_of(ledgers)
    forget(ledgers, ANN, sender=ANN)
    assert mark not in bytes_of(ledgers)


def test_letters_and_settled_requests_that_name_them_go(ledgers):
    def letter(number: int, state: str, text: str) -> dict:
        empty = {
            "occasion": "opened",
            "recipients": "",
            "subject": "",
            "html": "",
            "created_at": NOW,
            "due_at": NOW,
        }
        return empty | {"message_id": f"<{number}@x>", "state": state, "text": text}

    rows = [letter(1, "sent", f"by {ANN}"), letter(2, "sent", "by a team"), letter(3, "pending", f"by {ANN}")]
    ledgers.store.run_here(lambda c: c.execute(sa.insert(outbox), rows))
    change = arguments.written(Silence(60.0, None, Meant(sender=ANN)))
    ledgers.store.run_here(lambda c: requests.put(c, "silence", "mia", change, NOW))
    forget(ledgers, ANN, sender=ANN)
    assert {row.message_id for row in ledgers.rows(sa.select(outbox))} == {"<2@x>", "<3@x>"}
    assert [row.what for row in ledgers.rows(sa.select(request))] == ["forget"]


def test_wordings_are_still_written_once_anybody_is_forgotten(ledgers):
    forget(ledgers, LEE)
    text = (
        "Dear {name},\n"
        "our boats land herring and mackerel before dawn, and fish merchants such as {company} may "
        "choose a whole night's catch from their kitchen table, with prices that stand until seven.\n"
        "Shall we send you a login for a trial of two weeks?\n"
    )
    copies = [text.format(name=f"Jo{n}", company=f"Catch{n}") for n in range(8)]
    ledgers.take(
        [mail(one, to=f"jo{n}@catch{n}.example", message_id=f"<jo{n}@x>") for n, one in enumerate(copies)]
    )
    ledgers.judge()
    worded = ledgers.rows(sa.select(template.c.wording).where(template.c.wording.contains("fish merchants")))
    assert len(worded) == 1
