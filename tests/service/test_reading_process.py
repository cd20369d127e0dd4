"""The process that reads a backlog beside the daemon is replaced when killed, and ends with the daemon."""

import os
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import letters
from tests.service.daemon import Daemon

MESSAGES = 3_500
LATELY = datetime.now(UTC) - timedelta(days=60)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="with one processor there is no such process")
def test_it_is_killed_and_nothing_is_lost(tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(MESSAGES, start=LATELY))
    daemon = Daemon(tmp_path, dovecot)
    try:
        daemon.start()
        first = daemon.until(lambda: _children(daemon.pid), seconds=120)[0]
        os.kill(first, signal.SIGKILL)
        daemon.until(lambda: set(_children(daemon.pid)) - {first}, seconds=120)
        daemon.until_judged(MESSAGES, seconds=150)
        assert daemon.query("SELECT count(*), count(DISTINCT identity) FROM send") == [(MESSAGES, MESSAGES)]
        assert "reading_process_ended" in daemon.log.read_text()
        left = _children(daemon.pid)
        assert daemon.stop() == 0
        assert not any(Path(f"/proc/{child}").exists() for child in left)
    finally:
        daemon.close()


def _children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return found
