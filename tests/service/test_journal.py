"""A journal beside Sent mailboxes, with the real daemon and a real Dovecot."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from tests.components.dovecot import Dovecot
from tests.mail import PITCH, by_hand, journaled, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
HIDDEN = [f"kim{n}@customer{n}.example" for n in range(2, 9)]


def with_journal(folder: Path, dovecot: Dovecot) -> Daemon:
    daemon = Daemon(folder, dovecot, ("ann", "journal"))
    daemon.config.write_text(daemon.config.read_text() + 'kind = "journal"\n')
    return daemon


def pitch(number: int) -> bytes:
    return mail(PITCH, at=LATELY + timedelta(minutes=number), message_id=f"<{number}@northvans.example>")


def test_the_copy_in_sent_and_the_copy_in_the_journal_are_one_send(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """Sent shows nobody in Bcc; what the journal shows after the send was judged makes it mass."""
    dovecot = start_dovecot(("ann", "journal"))
    raw = pitch(1)
    dovecot.deliver("ann", raw)
    daemon = with_journal(tmp_path, dovecot)
    try:
        daemon.start()
        daemon.until_judged(1)
        assert daemon.query("SELECT class, deliveries FROM send") == [("personal", 1)]
        lines = ["To: joe@customer1.example", *(f"Bcc: {address}" for address in HIDDEN)]
        dovecot.deliver("journal", journaled(raw, *lines), folder="INBOX")
        daemon.until(lambda: daemon.query("SELECT class FROM send") == [("mass",)])
        assert daemon.query("SELECT deliveries, bcc, reason FROM send") == [(8, 7, "many_organisations")]
        assert daemon.query("SELECT count(DISTINCT mailbox_id) FROM location") == [(2,)]
        totals = (
            "SELECT class, sum(messages), sum(deliveries) FROM tally WHERE scope = 'organisation' GROUP BY 1"
        )
        counted = {row for row in daemon.query(totals) if row[1]}
        assert counted == {("mass", 1, 8)}
        labels = 'direction="external",from="personal",kind="new",team="none",to="mass"'
        daemon.until(lambda: daemon.metric(f"auditor_reclassified_total{{{labels}}}") == 1)
    finally:
        daemon.close()


def test_a_text_that_is_internal_in_sent_and_external_in_the_journal_is_read(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """To myself, Bcc everybody: the text comes with the second copy, and from it alone."""
    dovecot = start_dovecot(("ann", "journal"), transcribe=True)
    me = "ann@northvans.example"
    raws = [
        mail(PITCH, to=me, at=LATELY + timedelta(minutes=n), message_id=f"<{n}@northvans.example>")
        for n in range(6)
    ]
    dovecot.deliver("ann", *raws)
    daemon = with_journal(tmp_path, dovecot)
    try:
        daemon.start()
        daemon.until_judged(6)
        assert set(daemon.query("SELECT class, direction, word_count FROM send")) == {
            ("brief", "internal", 0)
        }
        copies = [
            journaled(raw, f"To: {me}", f"Bcc: {address}") for raw, address in zip(raws, HIDDEN, strict=False)
        ]
        dovecot.deliver("journal", *copies, folder="INBOX")
        daemon.until(
            lambda: {row[0] for row in daemon.query("SELECT reason FROM send")} == {"template_reached"}
        )
        rows = daemon.query("SELECT class, direction, deliveries, word_count > 40 FROM send")
        assert rows == [("mass", "external", 1, 1)] * 6
        totals = "SELECT class, sum(messages) FROM tally WHERE scope = 'organisation' GROUP BY 1"
        assert {row for row in daemon.query(totals) if row[1]} == {("mass", 6)}
        daemon.stop()
        said, _ = dovecot.transcript()
        assert b"BODY.PEEK[TEXT]" not in said
        assert b"BODY.PEEK[2.1]" in said
    finally:
        daemon.close()


def test_a_journal_alone_with_every_kind_of_copy(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    dovecot = start_dovecot(("ann", "journal"))
    both = EmailMessage()
    both["From"], both["To"], both["Subject"] = "ann@northvans.example", "joe@customer1.example", "Both"
    both["Date"], both["Message-ID"] = LATELY, "<2@northvans.example>"
    both.set_content(by_hand(2))
    both.add_alternative(f"<p>{by_hand(2)}</p>", subtype="html")
    both.add_attachment(b"canary " * 50_000, "application", "pdf", filename="offer(1.pdf")
    forms = both.as_bytes().replace(b"\n", b"\r\n")
    dovecot.deliver(
        "journal",
        journaled(pitch(1), "To: joe@customer1.example", "Bcc: kim2@customer2.example"),
        journaled(forms, "To: joe@customer1.example"),
        mail(
            by_hand(3),
            at=LATELY,
            message_id="<3@northvans.example>",
            Delivered_To="journal@northvans.example",
        ),
        mail(by_hand(4), at=LATELY, message_id="<4@x.example>", sender="joe@customer1.example"),
        folder="INBOX",
    )
    daemon = with_journal(tmp_path, dovecot)
    try:
        daemon.start()
        daemon.until_judged(3)
        rows = daemon.query("SELECT deliveries, bcc, word_count > 40 FROM send ORDER BY sent_at DESC, id")
        assert sorted(rows) == [(1, 0, 1), (1, 0, 1), (2, 1, 1)]
        daemon.until(lambda: daemon.metric('auditor_skipped_messages_total{reason="inbound"}') == 1)
    finally:
        daemon.close()
