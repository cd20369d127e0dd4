"""What is never read never leaves the mail server: proven by what Dovecot told the daemon."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import by_hand, journaled, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
SECRET = "canary"
PRIVATE = """
[privacy]
never_read = [
    "works-council@northvans.example", "lawyers.example", "DOCTOR@practice.example", "folder:Sent/HR"
]
"""


def letter(number: int, body: str, **fields: str) -> bytes:
    return mail(body, at=LATELY, message_id=f"<{number}@northvans.example>", **fields)


def secret(number: int, **fields: str) -> bytes:
    return letter(number, f"{SECRET} {by_hand(number)}", **fields)


@pytest.fixture
def listening(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    return start_dovecot(transcribe=True)


@pytest.fixture
def daemon(tmp_path: Path, listening: Dovecot) -> Iterator[Daemon]:
    made = Daemon(tmp_path, listening, more=PRIVATE)
    yield made
    made.close()


def test_internal_and_private_mail_is_counted_and_its_text_never_fetched(
    daemon: Daemon, listening: Dovecot
) -> None:
    listening.deliver(
        "ann",
        secret(1, to="bob@northvans.example"),
        secret(2, to="joe@customer1.example", Cc="Works-Council@northvans.example"),
        secret(3, to="partner@eu.lawyers.example"),
        secret(4, to="doctor@practice.example"),
        secret(5, to="joe@customer1.example", Bcc="clerk@lawyers.example"),
        letter(6, by_hand(6)),
    )
    daemon.start()
    daemon.until_judged(6)
    kept = daemon.query("SELECT direction, class, word_count > 0 FROM send ORDER BY id")
    assert [row[0] for row in kept] == ["internal", *["external"] * 5]
    assert [row[2] for row in kept] == [0, 0, 0, 0, 0, 1]
    assert {row[1] for row in kept[1:5]} == {"brief"}
    daemon.stop()
    said, told = listening.transcript()
    assert SECRET.encode() not in told
    assert said.count(b"BODY.PEEK[TEXT]") == 1
    assert b"UID FETCH 6 (UID BODY.PEEK[TEXT]" in said


def test_private_mail_in_a_journal_is_not_fetched_either(daemon: Daemon, listening: Dovecot) -> None:
    daemon.config.write_text(daemon.config.read_text() + 'kind = "journal"\n')
    listening.deliver(
        "ann",
        journaled(
            secret(1, to="joe@customer1.example"), "To: joe@customer1.example", "Bcc: x@lawyers.example"
        ),
        journaled(secret(2, to="bob@northvans.example"), "To: bob@northvans.example"),
        journaled(
            secret(3, sender="joe@customer1.example", to="ann@northvans.example"), "To: ann@northvans.example"
        ),
        journaled(letter(4, by_hand(4)), "To: joe@customer1.example"),
        folder="INBOX",
    )
    daemon.start()
    daemon.until_judged(3)
    rows = daemon.query("SELECT direction, word_count > 0 FROM send ORDER BY id")
    assert rows == [("external", 0), ("internal", 0), ("external", 1)]
    daemon.until(lambda: daemon.metric('auditor_skipped_messages_total{reason="inbound"}') == 1)
    daemon.stop()
    said, told = listening.transcript()
    assert SECRET.encode() not in told
    assert said.count(b"BODY.PEEK[2.1]") == 1


HIDDEN_ENVELOPE = ("To: joe@customer1.example", "Bcc: clerk@lawyers.example")


def test_what_the_journal_calls_private_is_not_fetched_from_sent_either(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """The journal was read first; the copy in Sent does not show who stood in Bcc."""
    dovecot = start_dovecot(("ann", "journal"), transcribe=True)
    raw = secret(1, to="joe@customer1.example")
    dovecot.deliver("journal", journaled(raw, *HIDDEN_ENVELOPE), folder="INBOX")
    daemon = Daemon(tmp_path, dovecot, ("ann", "journal"), more=PRIVATE)
    daemon.config.write_text(daemon.config.read_text() + 'kind = "journal"\n')
    try:
        daemon.start()
        daemon.until_judged(1)
        dovecot.deliver("ann", raw, letter(2, by_hand(2)))
        daemon.until_judged(2)
        rows = daemon.query("SELECT private, word_count > 0, deliveries FROM send ORDER BY id")
        assert rows == [(1, 0, 2), (0, 1, 1)]
        assert daemon.query("SELECT count(*) FROM location") == [(3,)]
        daemon.stop()
        said, told = dovecot.transcript()
        assert SECRET.encode() not in told
        assert said.count(b"BODY.PEEK[TEXT]") == 1
    finally:
        daemon.close()


def test_what_was_made_of_a_text_goes_when_the_journal_names_who_is_never_read(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """Sent was read first, and does not show who stood in Bcc: nobody could know."""
    dovecot = start_dovecot(("ann", "journal"), transcribe=True)
    raw = secret(1, to="joe@customer1.example")
    dovecot.deliver("ann", raw)
    daemon = Daemon(tmp_path, dovecot, ("ann", "journal"), more=PRIVATE)
    daemon.config.write_text(daemon.config.read_text() + 'kind = "journal"\n')
    try:
        daemon.start()
        daemon.until_judged(1)
        assert daemon.query("SELECT class, word_count > 40 FROM send") == [("personal", 1)]
        dovecot.deliver("journal", journaled(raw, *HIDDEN_ENVELOPE), folder="INBOX")
        daemon.until(lambda: daemon.query("SELECT class FROM send") == [("brief",)])
        assert daemon.query("SELECT private, words, word_count, deliveries FROM send") == [(1, b"", 0, 2)]
        assert daemon.query("SELECT count(*) FROM template_entry") == [(0,)]
        daemon.stop()
        said, told = dovecot.transcript()
        assert b"BODY.PEEK[2.1]" not in said
        assert told.count(SECRET.encode()) == 1  # from Sent, before anybody could know
    finally:
        daemon.close()


def test_a_folder_that_is_never_read_is_not_opened(daemon: Daemon, listening: Dovecot) -> None:
    listening.deliver("ann", secret(1), folder="Sent/HR")
    daemon.config.write_text(daemon.config.read_text() + 'folder = "Sent/HR"\n')
    daemon.start()
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="refused"}') == 1)
    daemon.stop()
    said, _ = listening.transcript()
    assert b"EXAMINE" not in said
