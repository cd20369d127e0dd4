"""The operator is told once that mailboxes cannot be read, and what to do; `mailbox list` shows which."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.components.dovecot import Dovecot
from tests.mail import letters
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
MORE = '[alerts]\noperator = ["ops@northvans.example"]\nsilent_after = "2s"\n'


def listed(daemon: Daemon, *options: str) -> str:
    command = [sys.executable, "-m", "auditor", "mailbox", "list", "--config", str(daemon.config), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_one_letter_an_episode_for_all_of_them(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> None:
    dovecot = start_dovecot(("ann", "bob", "cleo"))
    dovecot.deliver("ann", *letters(2, start=LATELY))
    daemon = Daemon(tmp_path, dovecot, ("ann", "bob", "cleo"), MORE)
    text = daemon.config.read_text()
    for user in ("bob", "cleo"):
        text = text.replace(
            f'username = "{user}"\npassword_file = "password"',
            f'username = "{user}"\npassword_file = "wrong"',
        )
    daemon.config.write_text(text)
    (tmp_path / "wrong").write_text("not this one\n")
    try:
        daemon.start()
        daemon.until_judged(2)
        daemon.until(lambda: daemon.query("SELECT count(*) FROM outbox") == [(1,)])
        [(subject, body, to)] = daemon.query("SELECT subject, text, recipients FROM outbox")
        assert (subject, to) == ("2 mailboxes are not being read", "ops@northvans.example")
        assert "bob at 127.0.0.1" in body
        assert "cleo at 127.0.0.1" in body
        assert "check user name and password" in " ".join(body.split())
        assert "ann at" not in body
        assert "not this one" not in body
        time.sleep(3)
        daemon.stop()
        daemon.start()  # a restart is not another episode
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="refused"}') == 2)
        time.sleep(4)
        assert daemon.query("SELECT count(*) FROM outbox") == [(1,)]

        rows = {row["login"]: row for row in json.loads(listed(daemon, "--format", "json"))}
        assert rows["ann"]["state"] == "watching"
        assert (rows["ann"]["cursor"]["low"], rows["ann"]["cursor"]["high"]) == (1, 2)
        assert (rows["ann"]["folder"], rows["ann"]["backlog"]) == ("Sent", 0)
        assert rows["bob"]["state"] == "refused"
        assert "check user name and password" in rows["bob"]["reason"]
        assert rows["ann"]["id"] == daemon.query("SELECT id FROM mailbox WHERE key LIKE 'ann%'")[0][0]
    finally:
        daemon.close()
    daemon.config.write_text(text.replace('username = "cleo"', 'username = "dan"'))
    shown = " ".join(listed(daemon).split())
    assert "dan not started" in shown
    assert "not watched" in shown


def test_a_mailbox_that_speaks_again_ends_the_episode(tmp_path: Path, dovecot: Dovecot) -> None:
    daemon = Daemon(tmp_path, dovecot, more=MORE)
    (tmp_path / "password").write_text("wrong\n")
    told = "SELECT value FROM meta WHERE key = 'silence_told'"
    try:
        daemon.start()
        daemon.until(lambda: daemon.query("SELECT count(*) FROM outbox") == [(1,)])
        assert daemon.query(told) == [(b"[1]",)]
        (tmp_path / "password").write_text(dovecot.password + "\n")
        daemon.hang_up()
        daemon.until(lambda: daemon.query(told) == [(b"[]",)])
        assert daemon.query("SELECT count(*) FROM outbox") == [(1,)]
    finally:
        daemon.close()
