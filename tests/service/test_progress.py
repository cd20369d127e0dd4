"""Whoever starts the daemon at a terminal sees how far the first audit is."""

import os
import pty
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.components.dovecot import Dovecot
from tests.mail import letters
from tests.service.daemon import Daemon


def test_a_bar_on_a_terminal_and_none_elsewhere(tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(60, start=datetime.now(UTC) - timedelta(days=20)))
    slow = "[imap]\nbatch_messages = 1\ncommands_per_second = 20\n"
    daemon = Daemon(tmp_path, dovecot, more=slow)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "run", "--config", str(daemon.config)], stderr=theirs
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    shown, deadline = b"", time.monotonic() + 40
    try:
        while b"First audit" not in shown or b"/60" not in shown or b'"started"' not in shown:
            assert time.monotonic() < deadline, shown[-500:]
            try:
                shown += os.read(ours, 65536)
            except BlockingIOError:
                time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)
    daemon.store.unlink()
    daemon.start()
    try:
        daemon.until(lambda: 0 < (daemon.metric("auditor_backfill_progress_ratio") or 0) < 1)
        assert "First audit" not in daemon.log.read_text()
    finally:
        daemon.close()
