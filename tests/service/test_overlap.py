"""A backlog: one batch is fetched, one read, one stored at the same time; nothing is lost or doubled."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.config import load
from auditor.errors import StoreError
from auditor.mailbox import watch
from auditor.service import tasks, unstored
from auditor.service.running import Running, make
from tests.components.dovecot import Dovecot
from tests.components.scripted import Conversation, ScriptedServer
from tests.components.scripted_fetch import Fetching
from tests.mail import by_hand, letters, mail
from tests.service.daemon import Daemon

MESSAGES = 30
BATCH = 5
LATELY = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.01, 0.02))


def message(uid: int) -> bytes:
    return mail(by_hand(uid), message_id=f"<{uid}@northvans.example>", at=LATELY + timedelta(minutes=uid))


class Mailbox:
    """A scripted server with some messages, and a daemon's parts that watch it in this process.

    `hold` names stages ("read", "keep") at which batches wait until `go` is called.
    """

    def __init__(self, folder: Path, messages: int = MESSAGES) -> None:
        self.folder = folder
        self._fetching = Fetching(message)
        uids = " ".join(map(str, range(1, messages + 1)))
        examined = (
            f"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {messages + 1}] ok\r\nTAG OK [READ-ONLY] done\r\n"
        )
        self.server = ScriptedServer(
            {
                "EXAMINE": examined.encode(),
                "UID SEARCH": f"* SEARCH {uids}\r\nTAG OK done\r\n".encode(),
                "UID FETCH": self._fetch,
            }
        )
        self._fetching.server = self.server
        self.cut_at: Callable[[str], bool] = lambda _: False  # commands that end the connection
        self.held: list[tuple[str, int]] = []  # stage and last UID of each batch that waits
        self._gates: dict[str, asyncio.Event] = {}
        self.cursors: list[int] = []  # how far the mailbox was stored, each time a batch was

    async def _fetch(self, conversation: Conversation, tag: str) -> None:
        if self.cut_at(self.server.heard[-1]):
            conversation.writer.transport.abort()
            return
        await self._fetching(conversation, tag)

    def hold(self, *stages: str) -> None:
        self._gates = {stage: asyncio.Event() for stage in stages}

    def go(self, *stages: str) -> None:
        for stage in stages or self._gates:
            self._gates[stage].set()

    def running(self) -> Running:
        """Fresh parts on the same store, as after a restart."""
        (self.folder / "password").write_text("secret\n")
        config = self.folder / "auditor.toml"
        config.write_text(
            '[organisation]\ndomains = ["northvans.example"]\n[store]\npath = "auditor.db"\n'
            f"[imap]\nbatch_messages = {BATCH}\ncommands_per_second = 2000\n"
            f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {self.server.port}\ntls = "no"\nusername = "ann"\n'
            'password_file = "password"\n'
        )
        made = make(load(config), config)
        read, keep = made.intake.read, made.intake.keep

        async def held_read(fetched):
            await self._wait("read", fetched.batch)
            return await read(fetched)

        async def held_keep(batch, *arguments):
            await self._wait("keep", batch)
            arrival = await keep(batch, *arguments)
            self.cursors.append(batch.cursor.high)
            return arrival

        made.intake.read, made.intake.keep = held_read, held_keep
        return made

    async def _wait(self, stage: str, batch) -> None:
        if stage in self._gates and batch.found:
            self.held.append((stage, batch.found[-1].uid))
            await self._gates[stage].wait()

    def stored(self) -> list[int]:
        """The UIDs whose messages are in the store, in the order of storing; fails where one came twice."""
        with closing(sqlite3.connect(self.folder / "auditor.db")) as connection:
            connection.execute("BEGIN")  # what is stored meanwhile is in both answers or in neither
            rows = connection.execute("SELECT uid, send_id FROM location ORDER BY send_id").fetchall()
            sends = connection.execute("SELECT count(*), count(DISTINCT identity) FROM send").fetchone()
        assert sends == (len(rows), len(rows))
        return [uid for uid, _ in rows]

    def asked(self) -> int:
        """The highest UID whose header was asked for."""
        told = [line for line in self.server.heard if "HEADER" in line]
        return max((int(line.split()[2].rpartition(":")[2].rpartition(",")[2]) for line in told), default=0)


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[Mailbox]:
    made = Mailbox(tmp_path)
    async with made.server:
        yield made


@contextlib.asynccontextmanager
async def watched(mailbox: Mailbox) -> AsyncIterator[asyncio.Task[None]]:
    """Watch until the block ends, then stop as the daemon does."""
    running = mailbox.running()
    watching = asyncio.create_task(tasks.watch(running, running.watches[0]))
    try:
        yield watching
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        running.intake.close()
        running.store.close()


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


async def test_one_is_stored_one_is_read_and_one_is_fetched_and_no_more(mailbox: Mailbox) -> None:
    mailbox.hold("read", "keep")
    async with watched(mailbox):
        await until(lambda: len(mailbox.held) == 2)
        mailbox.go("read")
        await until(lambda: ("keep", 5) in mailbox.held)
        await asyncio.sleep(0.2)
        assert mailbox.held == [("read", 5), ("read", 10), ("keep", 5)]  # the second waits for the first
        assert mailbox.asked() == 15
        mailbox.go()
        await until(lambda: len(mailbox.stored()) == MESSAGES)
    assert mailbox.cursors == sorted(mailbox.cursors)


async def test_large_texts_wait_alone(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unstored, "MOST_BYTES", 1)
    mailbox.hold("keep")
    async with watched(mailbox):
        await until(lambda: mailbox.asked() == 10)
        await asyncio.sleep(0.2)
        assert (mailbox.held, mailbox.asked()) == ([("keep", 5)], 10)
        mailbox.go()
        await until(lambda: len(mailbox.stored()) == MESSAGES)


async def test_the_connection_dies_with_one_batch_in_reading_and_one_fetched(mailbox: Mailbox) -> None:
    mailbox.hold("read")
    cut = []
    mailbox.cut_at = lambda line: line.startswith("UID FETCH 11:15") and len(cut) < 2 and not cut.append(line)
    async with watched(mailbox):
        await until(lambda: cut)
        await asyncio.sleep(0.1)
        mailbox.go()
        await until(lambda: len(mailbox.stored()) == MESSAGES)
    assert mailbox.stored() == list(range(1, MESSAGES + 1))
    assert mailbox.cursors == sorted(mailbox.cursors)
    asked = [line for line in mailbox.server.heard if "HEADER" in line and "FETCH 1:5 " in line]
    assert len(asked) == 1  # what was being read when the connection died is not fetched again


async def test_stopped_with_batches_under_way_the_rest_comes_after_the_start(mailbox: Mailbox) -> None:
    mailbox.hold("read", "keep")
    async with watched(mailbox):
        mailbox.go("read")
        await until(lambda: ("keep", 5) in mailbox.held and mailbox.asked() == 15)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert mailbox.stored() == []
    mailbox.hold()
    async with watched(mailbox):
        await until(lambda: len(mailbox.stored()) == MESSAGES)
    assert mailbox.stored() == list(range(1, MESSAGES + 1))


async def test_a_message_that_ends_the_connection_holds_up_only_itself(mailbox: Mailbox) -> None:
    """It is in a batch that is fetched ahead, while the ones before are read and stored."""

    def poisoned(line: str) -> bool:
        first, _, last = line.split()[2].partition(":")
        return "TEXT" in line and int(first) <= 13 <= int(last or first)

    mailbox.cut_at = poisoned
    async with watched(mailbox):
        await until(lambda: len(mailbox.stored()) == MESSAGES - 1, seconds=30)
    assert mailbox.stored() == [uid for uid in range(1, MESSAGES + 1) if uid != 13]


async def test_nothing_is_stored_behind_a_batch_that_could_not_be(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tasks.intake.take

    def take(connection, sends, now, mailbox_id, cursor):
        if cursor.high == 10:
            raise StoreError("the store is damaged")
        return taken(connection, sends, now, mailbox_id, cursor)

    monkeypatch.setattr(tasks.intake, "take", take)
    async with watched(mailbox) as watching:
        with pytest.raises(StoreError):
            await asyncio.wait_for(watching, 15)
    assert mailbox.stored() == [1, 2, 3, 4, 5]


def test_killed_again_and_again_in_the_middle_of_a_backlog(tmp_path: Path, dovecot: Dovecot) -> None:
    messages = 600
    dovecot.deliver("ann", *letters(messages, start=LATELY - timedelta(days=60)))
    daemon = Daemon(tmp_path, dovecot, more="[imap]\nbatch_messages = 10\n")
    try:
        for stored in (50, 150, 250):
            daemon.start()
            daemon.until(lambda: sends(daemon) >= stored)  # noqa: B023  # called at once
            daemon.kill()
        daemon.start()
        daemon.until(lambda: sends(daemon) >= 350)
        begun = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begun < 5
        daemon.start()
        daemon.until_judged(messages)
        assert daemon.query("SELECT count(*), count(DISTINCT identity) FROM send") == [(messages, messages)]
        assert daemon.query("SELECT low, high FROM mailbox") == [(1, messages)]
        [(tallied,)] = daemon.query("SELECT sum(messages) FROM tally WHERE scope = 'organisation'")
        assert tallied == messages
    finally:
        daemon.close()


def sends(daemon: Daemon) -> int:
    return daemon.query("SELECT count(*) FROM send")[0][0]
