"""A stop is over in five seconds, whatever hangs; what was committed is there."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.service import stopping
from tests.components.dovecot import Dovecot
from tests.components.proxy import FaultProxy
from tests.mail import campaign, letters
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
SECONDS = 5.0


@pytest.fixture
def forever() -> Iterator[threading.Event]:
    """Something to wait for that comes when the test says so."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_part_that_does_not_close_is_left(forever: threading.Event) -> None:
    closed = threading.Event()
    begun = time.monotonic()
    await stopping.close(forever.wait, closed.set)
    took = time.monotonic() - begun
    forever.set()  # the event loop waits for the thread
    assert closed.is_set()
    assert stopping.CLOSING_SECONDS <= took < SECONDS


async def test_an_error_while_closing_is_not_swallowed() -> None:
    def fail() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await stopping.close(fail)


async def test_a_task_that_does_not_end_is_left() -> None:
    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if leave.is_set():
                    raise

    leave = asyncio.Event()
    task = asyncio.create_task(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    await stopping.end([task], 0.1)
    assert not task.done()
    leave.set()
    await stopping.end([task], 5)
    assert task.cancelled()


async def test_a_stop_does_not_wait_for_what_is_being_made(forever: threading.Event) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, stop.set)
    found = await stopping.unless(stop, asyncio.to_thread(forever.wait))
    forever.set()
    assert found is None
    assert await stopping.unless(asyncio.Event(), asyncio.to_thread(lambda: 7)) == 7


def test_the_process_ends_although_a_thread_waits_for_a_name_server() -> None:
    program = (
        "import asyncio, time\n"
        "from auditor.service import stopping\n"
        "async def main():\n"
        "    asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)\n"
        "    await asyncio.sleep(0.1)\n"
        "    stopping.let_threads_go()\n"
        "asyncio.run(main())\n"
        "print('all is written')\n"
        "stopping.leave()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=30, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "all is written\n", "")


async def test_a_server_that_has_fallen_silent_delays_no_stop(tmp_path: Path, dovecot: Dovecot) -> None:
    """Half of the mailboxes are idle, half are in the middle of a backlog, and nobody answers any more."""
    users = [f"user{n}" for n in range(8)]
    dovecot.add_users(*users)
    for user in users:
        dovecot.deliver(user, *campaign(40, sender=f"{user}@northvans.example", start=LATELY))
    async with FaultProxy(dovecot.port) as proxy:
        daemon = Daemon(tmp_path, dovecot, users, more="[imap]\nbatch_messages = 5\n")
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(f"port = {dovecot.port}\n", f"port = {proxy.port}\n"))
        try:
            await asyncio.to_thread(daemon.start)
            await asyncio.to_thread(daemon.until, lambda: _stored(daemon) > 20)
            proxy.strand(share=1.0)
            begun = time.monotonic()
            assert await asyncio.to_thread(daemon.stop) == 0
            assert time.monotonic() - begun < SECONDS
            kept = _stored(daemon)
            assert kept > 20
        finally:
            await asyncio.to_thread(daemon.close)
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace(f"port = {proxy.port}\n", f"port = {dovecot.port}\n"))
    dovecot.deliver("user0", *letters(1, sender="user0@northvans.example", start=LATELY))
    try:
        await asyncio.to_thread(daemon.start)
        await asyncio.to_thread(daemon.until_judged, 321)
    finally:
        await asyncio.to_thread(daemon.close)


def _stored(daemon: Daemon) -> int:
    return int(daemon.query("SELECT count(*) FROM send")[0][0])
