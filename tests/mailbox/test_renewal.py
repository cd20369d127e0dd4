"""IDLE is renewed with few questions, and none of them hides news."""

import asyncio
from contextlib import aclosing

from tests.components.dovecot import mail
from tests.components.scripted import ScriptedServer
from tests.components.scripted_fetch import Fetching
from tests.mailbox.test_watch import letters, until_caught_up, watched  # noqa: F401  # a fixture

EXAMINED = "* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\nTAG OK [READ-ONLY] done\r\n"


async def test_a_renewal_asks_nothing_but_whether_the_folder_is_as_it_was(start_dovecot, watched):  # noqa: F811
    dovecot = start_dovecot(transcribe=True)
    dovecot.deliver("ann", *letters(3))
    mailbox = watched(port=dovecot.port, ca_file=dovecot.ca_file, idle_renewal=0.3)
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(30):
        await until_caught_up(batches)
        confirmed = mailbox.status.last_sync
        for _ in range(4):
            assert not (await anext(batches)).found
        assert mailbox.status.last_sync > confirmed
        dovecot.deliver("ann", mail(4))
        while not (batch := await anext(batches)).found:
            pass
        assert [found.uid for found in batch.found] == [4]
    said, _ = dovecot.transcript()
    idle = said[: said.index(b"UID FETCH 4")]
    assert idle.count(b"EXAMINE") >= 4
    assert idle.count(b"UID SEARCH") <= 3, "the first audit's, one more, and the one that found the fourth"


async def test_news_right_behind_the_answer_to_examine_are_not_taken_for_a_part_of_it(watched):  # noqa: F811
    """In one packet: the folder as it was, and at once that something has come."""
    opened = 0

    async def examine(conversation, tag):
        nonlocal opened
        opened += 1
        late = "* 4 EXISTS\r\n" if opened == 2 else ""
        told = (3, 4) if opened <= 2 else (4, 5)
        await conversation.say((EXAMINED % told).replace("TAG", tag).encode() + late.encode())

    async def search(conversation, tag):
        found = "1 2 3 4" if opened >= 2 else "1 2 3"
        await conversation.say(f"* SEARCH {found}\r\n{tag} OK done\r\n".encode())

    async def idle(conversation, tag):
        await conversation.say(b"+ idling\r\n")
        await conversation.line()
        await conversation.say(f"{tag} OK done\r\n".encode())

    fetch = Fetching(lambda uid: b"From: ann@a.example\r\nTo: b@b.example\r\n\r\nText %d\r\n" % uid)
    answers = {"EXAMINE": examine, "UID SEARCH": search, "UID FETCH": fetch, "IDLE": idle}
    async with ScriptedServer(answers) as server:
        fetch.server = server
        mailbox = watched(port=server.port, tls="no", ca_file=None, idle_renewal=0.2)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            assert (await until_caught_up(batches))[0] == [1, 2, 3]
            while not (batch := await anext(batches)).found:
                assert opened <= 2, "found before the folder is opened once more"
            assert [found.uid for found in batch.found] == [4]
    assert opened == 2
