"""Exactly once, end to end: the daemon against a Dovecot whose folders change under it."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import by_hand, campaign, letters, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def daemon(tmp_path: Path, dovecot: Dovecot) -> Iterator[Daemon]:
    made = Daemon(tmp_path, dovecot, more="[imap]\nbatch_messages = 5\n")
    yield made
    made.close()


def sends(daemon: Daemon) -> int:
    return daemon.query("SELECT count(*) FROM send")[0][0]


def until_numbered(daemon: Daemon, messages: int) -> None:
    """Wait until so many messages are known under the numbering in use, and the mailbox is watched again."""
    count = "SELECT count(*) FROM location JOIN mailbox USING (uidvalidity) WHERE mailbox.id = mailbox_id"
    daemon.until(lambda: daemon.query(count)[0][0] == messages)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)


def counters(daemon: Daemon) -> tuple[float, float]:
    """What the daemon has announced since it started: live sends, and sends of the past."""
    lines = daemon.get("/metrics").splitlines()
    live = sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("auditor_messages_total{"))
    past = [line for line in lines if line.startswith("auditor_backfilled_messages_total{")]
    return live, sum(float(line.rpartition(" ")[2]) for line in past)


def test_a_folder_numbered_anew_deleted_renamed_or_set_back_announces_nothing(
    daemon: Daemon, dovecot: Dovecot
) -> None:
    dovecot.deliver("ann", *campaign(12, start=LATELY), *letters(4, start=LATELY))
    daemon.start()
    daemon.until_judged(16)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    before = counters(daemon)
    verdicts = daemon.query("SELECT identity, class, template FROM send ORDER BY id")
    sent = dovecot.maildir("ann", "Sent")

    time.sleep(1.1)  # Dovecot numbers by the second
    dovecot.stop()
    dovecot.forget_numbers("ann")
    dovecot.start()
    until_numbered(daemon, 16)

    time.sleep(1.1)
    dovecot.stop()
    raws = [path.read_bytes() for part in ("cur", "new") for path in sorted((sent / part).iterdir())]
    shutil.rmtree(sent)
    dovecot.start()
    dovecot.deliver("ann", *raws[:10])  # deleted and made again, with part of what was in it
    until_numbered(daemon, 10)

    dovecot.stop()
    sent.rename(sent.with_name("Old"))
    dovecot.start()
    time.sleep(1.1)
    dovecot.deliver("ann", *raws)
    until_numbered(daemon, 16)

    assert sends(daemon) == 16
    assert counters(daemon) == before
    assert daemon.query("SELECT identity, class, template FROM send ORDER BY id") == verdicts
    assert (
        daemon.query("SELECT count(*) FROM incident") == daemon.query("SELECT count(*) FROM outbox") == [(0,)]
    )
    # What is new is still found, and found live.
    dovecot.deliver("ann", mail(by_hand(99), message_id="<new@northvans.example>", at=datetime.now(UTC)))
    daemon.until_judged(17)
    daemon.until(lambda: counters(daemon) == (before[0] + 1, before[1]))


def test_a_server_set_back_to_a_backup_while_nobody_watched(daemon: Daemon, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(6, start=LATELY))
    daemon.start()
    daemon.until_judged(6)
    daemon.stop()
    dovecot.stop()
    sent = dovecot.maildir("ann", "Sent")
    uidlist = next(sent.glob("dovecot-uidlist"))
    kept = uidlist.read_text().splitlines()
    # The backup knows three messages and gives the fourth number anew; the numbering has the same name.
    uidlist.write_text("\n".join([kept[0].replace("N7", "N4"), *kept[1:4]]) + "\n")
    for path in sent.glob("dovecot.index*"):
        path.unlink()
    names = {line.split(":", 1)[1] for line in kept[1:4]}
    for part in ("cur", "new"):
        for path in (sent / part).iterdir():
            if path.name.partition(":2")[0] not in {name.partition(":2")[0] for name in names}:
                path.unlink()
    dovecot.start()
    dovecot.deliver("ann", mail(by_hand(50), message_id="<50@northvans.example>", at=datetime.now(UTC)))
    daemon.start()
    daemon.until_judged(7)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    assert sends(daemon) == 7


def test_what_is_one_send_and_what_is_many(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> None:
    """Copies in two mailboxes, moved mail, tools that repeat an id, mail without one, back-dated mail."""
    dovecot = start_dovecot(("ann", "bob"))
    daemon = Daemon(tmp_path, dovecot, ("ann", "bob"))
    text, ours = by_hand(1), {"at": LATELY}
    shared = mail(text, message_id="<shared@x.example>", to="a@one.example", **ours)
    with_bcc = mail(text, message_id="<shared@x.example>", to="a@one.example", Bcc="b@two.example", **ours)
    repeated = [
        mail(
            by_hand(n),
            message_id="<same@tool.example>",
            to=f"c{n}@four.example",
            at=LATELY + timedelta(seconds=n),
        )
        for n in range(5)
    ]
    without = mail(by_hand(20), message_id=None, to="d@five.example", **ours)
    dovecot.deliver("ann", shared, *repeated, without, without)
    dovecot.deliver("bob", with_bcc)
    try:
        daemon.start()
        daemon.until_judged(7)
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 2)
        daemon.until(lambda: daemon.query("SELECT deliveries FROM send WHERE bcc = 1") == [(2,)])
        assert sends(daemon) == 7
        assert daemon.query("SELECT count(*) FROM location") == [(9,)]

        # Moved to another folder and back: a new number, the same send.
        sent = dovecot.maildir("ann", "Sent")
        dovecot.make_folder("ann", "Archive")
        moved = min((sent / "new").iterdir())
        away = dovecot.maildir("ann", "Archive") / "cur" / "1.moved.test"
        moved.rename(away)
        time.sleep(1.5)
        away.rename(sent / "new" / "2.back.test")
        daemon.until(lambda: daemon.query("SELECT count(*) FROM location") == [(10,)])
        assert sends(daemon) == 7

        # Filed today with a Date and an INTERNALDATE of last month: counted where it belongs.
        month_ago = datetime.now(UTC) - timedelta(days=30)
        old = mail(by_hand(30), message_id="<old@x.example>", at=month_ago)
        dovecot.deliver("ann", old, received=month_ago.timestamp())
        daemon.until_judged(8)
        [(sent_at,)] = daemon.query("SELECT sent_at FROM send ORDER BY id DESC LIMIT 1")
        assert abs(sent_at - month_ago.timestamp()) < 2
        # Filed today with an INTERNALDATE of today and a Date of last month, while watched: a clock is wrong.
        dovecot.deliver("ann", old.replace(b"<old@", b"<odd@"))
        daemon.until_judged(9)
        [(sent_at,)] = daemon.query("SELECT sent_at FROM send ORDER BY id DESC LIMIT 1")
        assert time.time() - sent_at < 300
    finally:
        daemon.close()


def test_a_copy_in_another_folder_is_the_same_send_and_its_text_does_not_travel_again(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """One login, two folders; nor does a text travel again when a folder is numbered anew."""
    dovecot = start_dovecot(("ann",), transcribe=True)
    daemon = Daemon(tmp_path, dovecot, ("ann", "ann"))
    daemon.config.write_text(daemon.config.read_text() + 'folder = "Sent 2025"\n')
    raws = [*letters(3, start=LATELY)]
    dovecot.deliver("ann", *raws)
    dovecot.make_folder("ann", "Sent 2025")
    try:
        daemon.start()
        daemon.until_judged(3)
        fetched = dovecot.transcript()[0].count(b"BODY.PEEK[TEXT]")
        dovecot.deliver("ann", *raws, folder="Sent 2025")
        daemon.until(lambda: daemon.query("SELECT count(*) FROM location") == [(6,)])
        time.sleep(1.1)  # Dovecot numbers by the second
        dovecot.stop()
        dovecot.forget_numbers("ann")
        dovecot.start()
        daemon.until(lambda: daemon.query("SELECT count(*) FROM location")[0][0] >= 9)
        assert sends(daemon) == 3
        assert dovecot.transcript()[0].count(b"BODY.PEEK[TEXT]") == fetched
    finally:
        daemon.close()


def test_a_migrated_mailbox_is_counted_when_its_mail_was_sent(daemon: Daemon, dovecot: Dovecot) -> None:
    """The migration gave all of it one INTERNALDATE, of today: no wall of mail on that day."""
    start = datetime.now(UTC) - timedelta(days=80)
    dovecot.deliver("ann", *campaign(30, start=start), *letters(10, start=start - timedelta(days=100)))
    daemon.start()
    daemon.until_judged(30)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    assert sends(daemon) == 30
    [(latest,)] = daemon.query("SELECT max(sent_at) FROM send")
    assert latest < (start + timedelta(hours=1)).timestamp()


def test_an_alias_learnt_later_does_not_make_new_sends_of_old_ones(tmp_path: Path, dovecot: Dovecot) -> None:
    people = tmp_path / "people.csv"
    people.write_text("address,name,aliases,team,timezone\nann@northvans.example,Ann,,North,UTC\n")
    daemon = Daemon(tmp_path, dovecot)
    daemon.config.write_text(
        daemon.config.read_text().replace(
            'name = "North Vans"', 'name = "North Vans"\npeople_file = "people.csv"'
        )
    )
    dovecot.deliver("ann", *letters(3, start=LATELY))  # sent by bob
    try:
        daemon.start()
        daemon.until_judged(3)
        people.write_text(
            "address,name,aliases,team,timezone\nann@northvans.example,Ann,bob@northvans.example,North,UTC\n"
        )
        daemon.hang_up()
        daemon.until(lambda: daemon.events("reloaded"))
        time.sleep(1.1)
        dovecot.stop()
        dovecot.forget_numbers("ann")
        dovecot.start()
        until_numbered(daemon, 3)
        assert sends(daemon) == 3
    finally:
        daemon.close()


def test_messages_that_vanish_between_search_and_fetch_are_counted(daemon: Daemon, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(40, start=LATELY))
    sent = dovecot.maildir("ann", "Sent")
    daemon.start()
    for path in sorted((sent / "new").iterdir())[20:30] + sorted((sent / "cur").iterdir())[20:30]:
        path.unlink(missing_ok=True)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    vanished = daemon.metric('auditor_skipped_messages_total{reason="vanished"}') or 0
    daemon.until_judged(30)
    assert 30 <= sends(daemon) <= 40
    assert sends(daemon) + vanished <= 40


def test_mail_without_a_date_is_audited_too(daemon: Daemon, dovecot: Dovecot) -> None:
    raw = mail(by_hand(3), at=LATELY).replace(b"Date: " + format_datetime(LATELY).encode() + b"\r\n", b"")
    assert b"Date:" not in raw
    dovecot.deliver("ann", raw)
    daemon.start()
    daemon.until_judged(1)
