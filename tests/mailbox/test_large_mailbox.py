"""A mailbox of a million messages: reading begins at once, and memory does not grow with what is read."""

import asyncio
import re
import time
from contextlib import aclosing
from pathlib import Path

from auditor.mailbox.found import Cursor
from tests.components.scripted import ScriptedServer
from tests.components.scripted_fetch import Fetching
from tests.mailbox.test_watch import watched  # noqa: F401  # a fixture

MESSAGES = 1_000_000
BATCHES = 60
LIMIT_MB = 200
"""For one search whose answer is a line of 7 MB; the scripted server's own copies are in it."""


class Million:
    """A scripted mailbox with UIDs 1 to 1,000,000."""

    def __init__(self):
        self.fetching = Fetching(self.message)
        answers = {
            "EXAMINE": b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\n"
            b"TAG OK [READ-ONLY] done\r\n" % (MESSAGES, MESSAGES + 1),
            "UID SEARCH": self.search,
            "UID FETCH": self.fetching,
        }
        self.server = self.fetching.server = ScriptedServer(answers)

    @staticmethod
    def message(uid):
        if not 1 <= uid <= MESSAGES:
            return None
        return b"From: ann@x.example\r\nTo: b@y.example\r\nMessage-ID: <%d@x.example>\r\n\r\nHello.\r\n" % uid

    async def search(self, conversation, tag):
        span = re.search(r"UID (\d+):(\d+|\*)", self.server.heard[-1])
        first = int(span[1]) if span else 1
        last = MESSAGES if span is None or span[2] == "*" else min(MESSAGES, int(span[2]))
        found = range(min(first, MESSAGES) if span and span[2] == "*" else first, last + 1)
        line = b"* SEARCH" + b"".join(b" %d" % uid for uid in found)
        await conversation.say(line + b"\r\n" + f"{tag} OK done\r\n".encode())


def memory_mb(name, *, reset=False):
    """VmRSS or VmHWM of this process; `reset` counts its peak (VmHWM) from here."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0]) / 1024


async def test_reading_begins_soon_and_in_bounded_memory(watched):  # noqa: F811
    before = memory_mb("VmRSS", reset=True)
    million = Million()
    async with million.server as server:
        mailbox = watched(port=server.port, tls="no", ca_file=None)
        begun = time.monotonic()
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(60):
            first = await anext(batches)
            assert time.monotonic() - begun < 20
            assert first.backlog > MESSAGES - 1000
            for _ in range(10):
                batch = await anext(batches)
                assert len(await batch.texts([found.uid for found in batch.found])) == len(batch.found)
            settled = memory_mb("VmRSS")
            for _ in range(BATCHES):
                batch = await anext(batches)
                await batch.texts([found.uid for found in batch.found])
            assert memory_mb("VmRSS") - settled < 20
    assert memory_mb("VmHWM") - before < LIMIT_MB


async def test_what_is_read_is_not_asked_for_again(watched):  # noqa: F811
    million = Million()
    async with million.server as server:
        mailbox = watched(port=server.port, tls="no", ca_file=None)
        cursor = Cursor(7, 1, MESSAGES - 5)
        begun = time.monotonic()
        async with aclosing(mailbox.batches(cursor)) as batches, asyncio.timeout(20):
            found = [one.uid for one in (await anext(batches)).found]
        assert found == list(range(MESSAGES - 4, MESSAGES + 1))
        assert time.monotonic() - begun < 5
