"""A daemon that ends while, or just after, it reads a mailbox for the first time: what is news afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import letters, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
SETTINGS = '[alerts]\nto = ["ops@northvans.example"]\nhold = "2s"\n[imap]\nbatch_messages = 20\n'
EVERYBODY = ", ".join(f"kim{n}@haulier{n}.example" for n in range(250))


@pytest.fixture
def daemon(tmp_path: Path, dovecot: Dovecot) -> Iterator[Daemon]:
    made = Daemon(tmp_path, dovecot, more=SETTINGS)
    yield made
    made.close()


def blast(at: datetime, name: str) -> bytes:
    """One mail to more people than a mail may go to untold."""
    return mail("To everybody we know.\n", to=EVERYBODY, at=at, message_id=f"<{name}@northvans.example>")


def until_armed(daemon: Daemon) -> None:
    daemon.until(lambda: daemon.query("SELECT 1 FROM meta WHERE key = 'armed_at'"))


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.stop])
def test_what_is_sent_right_after_the_first_audit_is_news(daemon: Daemon, dovecot: Dovecot, end) -> None:
    """Alerts are armed when the first audit is finished: from then on a restart forgets nothing of it."""
    dovecot.deliver("ann", *letters(5, start=LATELY), blast(LATELY, "old"))
    daemon.start()
    until_armed(daemon)
    end(daemon)
    assert daemon.query("SELECT count(*) FROM mailbox WHERE last_sync IS NULL") == [(0,)]
    dovecot.deliver("ann", blast(datetime.now(UTC), "new"))
    daemon.start()
    daemon.until_judged(7)
    assert daemon.query("SELECT past, count(*) FROM send GROUP BY past ORDER BY past") == [(0, 1), (1, 6)]
    opened = "SELECT reason, observed FROM incident WHERE opened_at IS NOT NULL"
    daemon.until(lambda: daemon.query(opened) == [("single_send", 250)])


def test_a_first_audit_that_is_broken_off_makes_no_news(daemon: Daemon, dovecot: Dovecot) -> None:
    """Neither its rest nor what came while nobody watched opens anything."""
    dovecot.deliver("ann", *letters(400, start=LATELY - timedelta(days=20)))
    daemon.start()
    daemon.until(lambda: daemon.query("SELECT count(*) FROM send")[0][0] >= 20)
    daemon.kill()
    assert daemon.query("SELECT last_sync FROM mailbox") == [(None,)]
    dovecot.deliver("ann", blast(datetime.now(UTC), "meanwhile"))
    daemon.start()
    daemon.until_judged(401)
    until_armed(daemon)
    assert daemon.query("SELECT DISTINCT past FROM send") == [(1,)]
    armed, last = daemon.query(
        "SELECT (SELECT value FROM meta WHERE key = 'armed_at'), max(sent_at) FROM send"
    )[0]
    assert float(armed) > last
    assert daemon.query("SELECT count(*) FROM incident") == [(0,)]


def test_a_stop_keeps_when_the_server_was_last_heard(daemon: Daemon, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(2, start=LATELY))
    daemon.start()
    daemon.until_judged(2)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    dovecot.deliver("ann", mail("One more.\n", at=datetime.now(UTC)))
    daemon.until_judged(3)
    before = datetime.now(UTC).timestamp()
    assert daemon.stop() == 0
    ((last_sync, backlog),) = daemon.query("SELECT last_sync, backlog FROM mailbox")
    assert before - 20 < last_sync <= datetime.now(UTC).timestamp()
    assert backlog == 0
    assert "states_not_kept" not in daemon.log.read_text()
