"""One message that a server cannot hand over holds up nothing but itself; a dead line condemns no message."""

import asyncio
import time
from contextlib import aclosing
from datetime import timedelta

import pytest

from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost
from auditor.mailbox import watch
from auditor.mailbox.found import Cursor, Earlier
from auditor.mailbox.suspects import AGAIN_SECONDS, MOST_IN_A_ROW, TRIES, Suspects
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.scripted import ScriptedServer

ITEMS = b'UID %d INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE 9 BODY[HEADER]<0> {2}'
HEADER = b"* 1 FETCH (" + ITEMS + b"\r\n\r\n)\r\n"
TEXT = b"* 1 FETCH (UID %d BODY[]<0> {6}\r\n\r\ntext)\r\n"
PART = b"* 1 FETCH (UID %d BODY[TEXT]<0> {4}\r\ntext)\r\n"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.01, 0.02))


class Server:
    """Messages 1 to `top`; those in `bad` are refused, or end the connection, when `when` is asked for."""

    def __init__(self, top, bad, how, when="HEADER"):
        self.top, self.bad, self.how, self.when = top, set(bad), how, when

    def answers(self):
        examined = (
            f"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {self.top + 1}] ok\r\nTAG OK [READ-ONLY] done\r\n"
        )
        return {"EXAMINE": examined.encode(), "UID SEARCH": self.search, "UID FETCH": self.fetch}

    async def search(self, conversation, tag):
        found = " ".join(map(str, range(1, self.top + 1)))
        await conversation.say(f"* SEARCH {found}\r\n{tag} OK\r\n".encode())

    async def fetch(self, conversation, tag):
        command = self.running.heard[-1]
        first, _, last = command.split()[2].partition(":")
        uids = [int(one) for one in first.split(",")] if not last else range(int(first), int(last) + 1)
        hurt = self.when in command or (self.when == "TEXT" and "HEADER" not in command)
        for uid in uids:
            if hurt and uid in self.bad:
                if self.how == "drop":
                    conversation.writer.transport.abort()
                    return
                continue
            said = HEADER if "HEADER" in command else PART if "[TEXT]" in command else TEXT
            await conversation.say(said % uid)
        refused = hurt and self.how == "no" and self.bad & set(uids)
        await conversation.say(f"{tag} {'NO' if refused else 'OK'} done\r\n".encode())


def watched(port, tmp_path, batch=4):
    (tmp_path / "password").write_text("secret\n")
    numbers = Imap(batch_messages=batch, commands_per_second=2000, idle_renewal=timedelta(seconds=0.1))
    mailbox = Mailbox(
        host="127.0.0.1", port=port, tls="no", username="ann", password_file=tmp_path / "password"
    )
    return WatchedMailbox(mailbox, numbers, Pace(2000))


async def read_all(mailbox, top, *state, seconds=20):
    """UIDs stored and UIDs given up until the cursor reached `top`, as the service goes about it."""
    stored, unreadable, settled = [], [], []
    async with aclosing(mailbox.batches(*state)) as batches, asyncio.timeout(seconds):
        async for batch in batches:
            try:
                await batch.texts([found.uid for found in batch.found])
            except ConnectionLost:
                continue
            stored += [found.uid for found in batch.found]
            unreadable += batch.unreadable
            settled += batch.settled
            if batch.cursor.high >= top and not batch.found and not batch.unreadable:
                return stored, unreadable, settled
    raise AssertionError


@pytest.mark.parametrize("when", ["HEADER", "TEXT"])
@pytest.mark.parametrize("how", ["drop", "no", "silence"])
@pytest.mark.parametrize("bad", [{6}, {1}, {6, 7}, {12}])
async def test_a_message_that_cannot_be_read_is_passed_over(tmp_path, how, when, bad):
    script = Server(12, bad, how, when)
    async with ScriptedServer(script.answers()) as running:
        script.running = running
        stored, unreadable, _ = await read_all(watched(running.port, tmp_path), 12)
    assert sorted(stored) == sorted(set(range(1, 13)) - bad)
    assert set(unreadable) == bad


@pytest.mark.parametrize("word", ["BAD", "NO"])
@pytest.mark.parametrize("batch", [1, 4])
async def test_a_server_that_refuses_sections_is_asked_for_the_messages(tmp_path, word, batch):
    """Bounded: for each batch the sections are asked for once, then the messages."""
    script = Server(8, [], "no")

    async def fetch(conversation, tag):
        if "BODY.PEEK[TEXT]" in running.heard[-1]:
            await conversation.say(f"{tag} {word} no such thing here\r\n".encode())
        else:
            await script.fetch(conversation, tag)

    async with ScriptedServer({**script.answers(), "UID FETCH": fetch}) as running:
        script.running = running
        mailbox = watched(running.port, tmp_path, batch)
        stored, unreadable, _ = await read_all(mailbox, 8)
    assert (stored, unreadable) == (list(range(1, 9)), [])
    assert not mailbox.status.reconnects
    assert sum("[TEXT]" in line for line in running.heard) == 8 // batch
    assert sum("BODY.PEEK[]" in line for line in running.heard) == 8 // batch


async def test_nothing_is_passed_over_while_the_server_shows_nothing_at_all(tmp_path):
    script = Server(5, range(1, 6), "drop")
    async with ScriptedServer(script.answers()) as running:
        script.running = running
        mailbox = watched(running.port, tmp_path)
        with pytest.raises(TimeoutError):
            await read_all(mailbox, 5, seconds=2)
        assert mailbox.status.reconnects["lost"] > 10
        assert not any(mailbox._suspects.is_aside(uid) for uid in range(1, 6))
        script.bad = set()
        assert (await read_all(mailbox, 5))[:2] == ([1, 2, 3, 4, 5], [])


async def test_a_server_that_shows_no_text_at_all_is_not_passed_over_for_ever(tmp_path):
    script = Server(40, range(1, 41), "no", "TEXT")
    async with ScriptedServer(script.answers()) as running:
        script.running = running
        mailbox = watched(running.port, tmp_path)
        with pytest.raises(TimeoutError):
            await read_all(mailbox, 40, seconds=6)
        assert sum(mailbox._suspects.is_aside(uid) for uid in range(1, 41)) <= MOST_IN_A_ROW
        assert mailbox.status.reconnects["lost"] > MOST_IN_A_ROW  # it goes on trying


async def test_what_was_passed_over_before_is_tried_at_the_start(tmp_path):
    script = Server(5, [], "drop")
    async with ScriptedServer(script.answers()) as running:
        script.running = running
        earlier = Earlier(last_sync=time.time(), unreadable=(2, 4))
        stored, unreadable, settled = await read_all(
            watched(running.port, tmp_path), 5, Cursor(7, 1, 5), earlier
        )
        assert (sorted(stored), unreadable, sorted(settled)) == ([2, 4], [], [2, 4])
        script.bad = {2}
        mailbox = watched(running.port, tmp_path)
        stored, _, settled = await read_all(mailbox, 5, Cursor(7, 1, 5), earlier)
        assert (stored, settled) == ([4], [4])


def test_a_suspect_needs_tries_and_an_alibi_and_is_tried_again_in_a_day():
    suspects = Suspects()
    suspects.blame((1, 2), 0.0)
    assert suspects.begin_session() is None
    for _ in range(TRIES):
        suspects.blame((1,), 0.0)
    assert suspects.begin_session() == 1
    assert suspects.alone == {1}
    suspects.blame((1,), 0.0)
    assert not suspects.is_aside(1)
    suspects.confront(1)
    suspects.blame((1,), 10.0)
    assert suspects.is_aside(1)
    assert suspects.begin_session() is None
    assert suspects.due(10.0 + AGAIN_SECONDS - 1) is None
    assert suspects.due(10.0 + AGAIN_SECONDS) == 1
    assert suspects.due(10.0 + AGAIN_SECONDS) is None
    suspects.clear([1])
    assert not suspects.alone
