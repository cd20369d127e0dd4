"""The daemon against a real Dovecot: nothing lost, nothing counted twice, whatever happens to it."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import campaign, letters, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def daemon(tmp_path: Path, dovecot: Dovecot) -> Iterator[Daemon]:
    made = Daemon(tmp_path, dovecot)
    yield made
    made.close()


def test_backlog_then_live_mail_reach_the_metrics(daemon: Daemon, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *campaign(20, start=LATELY), *letters(10, start=LATELY))
    daemon.start()
    daemon.until_judged(30)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    ratio = 'auditor_organization_mass_ratio{kind="outreach",unit="messages",window="7d"}'
    daemon.until(lambda: daemon.metric(ratio) == pytest.approx(20 / 30))
    dovecot.deliver("ann", mail("A word.\n", at=datetime.now(UTC), message_id="<live@northvans.example>"))
    daemon.until_judged(31)
    daemon.until(lambda: "auditor_classification_delay_seconds_count 1.0" in daemon.get("/metrics"))
    found = daemon.query("SELECT past, live, count(*) FROM send GROUP BY past, live ORDER BY past")
    assert found == [(0, 1, 1), (1, 0, 30)]
    assert daemon.get("/-/ready").strip() == "ready"
    assert "Of 100" in daemon.get("/")
    assert daemon.stop() == 0


@pytest.mark.timeout(600)  # thirteen starts and a thousand mails: minutes where others are at work
def test_killed_at_random_during_the_backlog(
    tmp_path: Path, dovecot: Dovecot, start_dovecot: Callable[..., Dovecot]
) -> None:
    """Every send exactly once, and the verdicts of a daemon that was never killed."""
    raws = [
        raw
        for pair in zip(campaign(500, start=LATELY), letters(500, start=LATELY), strict=True)
        for raw in pair
    ]
    dovecot.deliver("ann", *raws)
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    small = "[imap]\nbatch_messages = 40\n"
    killed, whole = (Daemon(tmp_path / name, dovecot, more=small) for name in ("killed", "whole"))
    for other in (killed, whole):  # the same key, so that templates have the same names
        (other.folder / "pseudonym.key").write_text("ab" * 32)
        (other.folder / "pseudonym.key").chmod(0o600)
    dice = random.Random(7)
    kills = 0
    try:
        while kills < 12:
            killed.start()
            time.sleep(dice.uniform(0.05, 0.5))
            killed.kill()
            kills += 1
        killed.start()
        killed.until_judged(1000)
        whole.start()
        whole.until_judged(1000)
        verdicts = "SELECT identity, class, template, share, kind, reason FROM send ORDER BY identity"
        assert len(killed.query("SELECT id FROM send")) == 1000
        assert len(killed.query("SELECT DISTINCT uid FROM location")) == 1000
        assert killed.query(verdicts) == whole.query(verdicts)
        total = "SELECT sum(messages), sum(deliveries) FROM tally WHERE scope = 'organisation'"
        assert killed.query(total) == [(1000, 1000)]
    finally:
        killed.close()
        whole.close()


def test_internal_mail_is_never_fetched_beyond_its_headers(daemon: Daemon, dovecot: Dovecot) -> None:
    text = "A secret between colleagues.\n" * 5
    dovecot.deliver("ann", mail(text, to="bob@northvans.example", at=LATELY))
    daemon.start()
    daemon.until_judged(1)
    assert daemon.query("SELECT direction, word_count FROM send") == [("internal", 0)]


def test_a_server_restart_is_waited_out(daemon: Daemon, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(3, start=LATELY))
    daemon.start()
    daemon.until_judged(3)
    dovecot.restart()
    dovecot.deliver("ann", mail("After the restart.\n", at=datetime.now(UTC)))
    daemon.until_judged(4)


def test_a_refused_login_is_visible_and_others_go_on(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    dovecot = start_dovecot(("ann", "bob"))
    dovecot.deliver("bob", *letters(2, start=LATELY))
    daemon = Daemon(tmp_path, dovecot, ("ann", "bob"))
    wrong = daemon.config.read_text().replace(
        'username = "ann"\npassword_file = "password"', 'username = "ann"\npassword_file = "wrong"'
    )
    daemon.config.write_text(wrong)
    (tmp_path / "wrong").write_text("not it\n")
    try:
        daemon.start()
        daemon.until_judged(2)
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="refused"}') == 1)
        daemon.until(lambda: daemon.query("SELECT state FROM mailbox WHERE state = 'refused'"))
        (reason,) = daemon.query("SELECT reason FROM mailbox WHERE state = 'refused'")[0]
        assert "password" in reason
        assert "not it" not in daemon.log.read_text() + reason
    finally:
        daemon.close()
