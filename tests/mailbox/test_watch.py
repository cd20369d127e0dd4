"""A watched mailbox against a real Dovecot: backlog, news, and everything that interrupts them."""

import asyncio
import hashlib
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path

import pytest

from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost, StoreError
from auditor.mailbox import watch
from auditor.mailbox.found import Cursor, Earlier
from auditor.mailbox.sent import How
from auditor.mailbox.status import State
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.authority import Authority
from tests.components.dovecot import mail
from tests.components.proxy import FaultProxy
from tests.components.scripted import ScriptedServer

DAY = 86_400


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.1, 0.5))
    monkeypatch.setattr(watch, "REFUSED_PAUSES", (0.2, 0.5))


@pytest.fixture
def watched(dovecot, tmp_path):
    """Make a `WatchedMailbox` of ann's; keywords change the configured mailbox, or the numbers."""

    def make(*, batch_messages=200, since=None, idle_renewal=480, poll_interval=0.2, timeout=5, **changes):
        secret = tmp_path / "password"
        secret.write_text(changes.pop("password", dovecot.password) + "\n")
        numbers = Imap.model_construct(
            commands_per_second=500.0,
            command_timeout=timedelta(seconds=timeout),
            idle_renewal=timedelta(seconds=idle_renewal),
            poll_interval=timedelta(seconds=poll_interval),
            batch_messages=batch_messages,
            message_limit=262_144,
        )
        settings = {"host": "127.0.0.1", "port": dovecot.port, "username": "ann", "ca_file": dovecot.ca_file}
        mailbox = Mailbox(**{**settings, **changes}, password_file=secret)
        return WatchedMailbox(mailbox, numbers, Pace(500), since=since)

    return make


async def until_caught_up(batches):
    """The UIDs found until the mailbox confirmed that nothing is unread, and the cursor then."""
    uids = []
    async with asyncio.timeout(20):
        async for batch in batches:
            uids += [found.uid for found in batch.found]
            if not batch.found:
                return uids, batch.cursor
    raise AssertionError


async def wait_for(condition, seconds=15):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a status has no event
            await asyncio.sleep(0.02)


def letters(count, start=1, sent=None):
    """`sent` is the time of the Date header, in seconds since the epoch."""
    date = {} if sent is None else {"date": formatdate(sent)}
    return [mail(number, **date) for number in range(start, start + count)]


async def test_backlog_in_batches_oldest_first_then_confirmed(dovecot, watched):
    dovecot.deliver("ann", *letters(7))
    mailbox = watched(batch_messages=3)
    seen = []
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
        async for batch in batches:
            texts = await batch.texts([found.uid for found in batch.found])
            assert all(texts[found.uid].startswith(found.header) for found in batch.found)
            seen.append(([found.uid for found in batch.found], batch.cursor.high, batch.backlog, batch.live))
            assert batch.past == bool(batch.found)
            if not batch.found:
                break
        assert seen == [
            ([1, 2, 3], 3, 4, False),
            ([4, 5, 6], 6, 1, False),
            ([7], 7, 0, False),
            ([], 7, 0, True),
        ]
        assert batch.cursor.low == 1
        assert batch.mailbox == mailbox.key == f"ann@127.0.0.1:{dovecot.port}/\\Sent"
        status = mailbox.status
        assert (status.state, status.folder, status.found_how) == (State.WATCHING, "Sent", How.SPECIAL_USE)
        assert abs(status.last_sync - time.time()) < 5


async def test_the_next_batch_is_fetched_while_one_is_stored_and_confirmed_only_after(dovecot, watched):
    dovecot.deliver("ann", *letters(4))
    mailbox, may_end, seen = watched(batch_messages=2), asyncio.Event(), []

    async def follow():
        async with aclosing(mailbox.batches()) as batches:
            async for batch in batches:
                if batch.found:
                    await batch.texts([found.uid for found in batch.found])
                    seen.append([found.uid for found in batch.found])
                    batch.stored_by(asyncio.create_task(may_end.wait()))

    following = asyncio.create_task(follow())
    await wait_for(lambda: len(seen) == 2)
    await asyncio.sleep(0.3)
    assert seen == [[1, 2], [3, 4]]
    assert mailbox.status.state is State.CATCHING_UP
    assert mailbox.status.last_sync is None
    may_end.set()
    await wait_for(lambda: mailbox.status.state is State.WATCHING)
    assert mailbox.status.last_sync is not None
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_what_was_never_stored_comes_again_when_the_same_mailbox_is_watched_once_more(dovecot, watched):
    """Another replica may have had it meanwhile, and stored less or more than was being stored here."""
    dovecot.deliver("ann", *letters(5))
    mailbox, storing = watched(batch_messages=2), asyncio.create_task(asyncio.Event().wait())
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
        first = await anext(batches)
        (await anext(batches)).stored_by(storing)
        assert [found.uid for found in (await anext(batches)).found] == [5]
    storing.cancel()
    async with aclosing(mailbox.batches(first.cursor)) as batches:
        assert await until_caught_up(batches) == ([3, 4, 5], replace(first.cursor, high=5))
    elsewhere = replace(first.cursor, high=4)
    async with aclosing(mailbox.batches(elsewhere, Earlier(last_sync=time.time()))) as batches:
        assert (await until_caught_up(batches))[0] == [5]


async def test_what_storing_raises_ends_the_reading(dovecot, watched):
    dovecot.deliver("ann", *letters(1))

    async def fail():
        raise StoreError("the store is damaged")

    async def follow():
        async with aclosing(watched().batches()) as batches, asyncio.timeout(20):
            async for batch in batches:
                batch.stored_by(asyncio.create_task(fail()))

    with pytest.raises(StoreError, match="damaged"):
        await follow()


async def test_backfill_begins_at_its_day_and_a_cursor_is_resumed(dovecot, watched):
    now = time.time()
    for age in (40, 30, 2, 1):
        dovecot.deliver("ann", *letters(1, age, now - age * DAY), received=now - age * DAY)
        async with aclosing(watched().batches()) as batches:  # numbered in this order
            await until_caught_up(batches)
    since = (datetime.now(UTC) - timedelta(days=10)).date()
    async with aclosing(watched(since=since).batches()) as batches:
        uids, cursor = await until_caught_up(batches)
    assert (uids, cursor.low, cursor.high) == ([3, 4], 3, 4)
    dovecot.deliver("ann", *letters(1, 9))
    async with aclosing(watched(since=since).batches(cursor, Earlier(last_sync=now))) as batches:
        uids, cursor = await until_caught_up(batches)
    assert (uids, cursor.low, cursor.high) == ([5], 3, 5)


async def test_an_empty_mailbox_has_a_cursor_at_its_next_number(dovecot, watched):
    async with aclosing(watched(since=datetime.now(UTC).date()).batches()) as batches:
        uids, cursor = await until_caught_up(batches)
        assert (uids, cursor.low, cursor.high) == ([], 1, 0)


@pytest.mark.parametrize(
    "server", [{}, {"more": "imap_capability = IMAP4rev1 UIDPLUS"}], ids=["idle", "polling"]
)
async def test_news_arrive_by_idle_or_by_polling(start_dovecot, watched, server):
    dovecot = start_dovecot(**server)
    mailbox = watched(port=dovecot.port, ca_file=dovecot.ca_file)
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
        await until_caught_up(batches)
        assert mailbox.status.state == (State.POLLING if server else State.WATCHING)
        dovecot.deliver("ann", *letters(2))
        while not (batch := await anext(batches)).found:
            pass
        assert batch.live
        assert next(found.uid for found in batch.found) == 1


async def test_idle_is_renewed_and_each_renewal_confirms(watched):
    async with aclosing(watched(idle_renewal=0.2).batches()) as batches, asyncio.timeout(10):
        assert [len((await anext(batches)).found) for _ in range(4)] == [0, 0, 0, 0]


async def test_a_restarted_server_is_found_again_and_nothing_comes_twice(dovecot, watched):
    dovecot.deliver("ann", *letters(2))
    mailbox = watched()
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(30):
        await until_caught_up(batches)
        waiting = asyncio.create_task(anext(batches))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(dovecot.stop)
        await wait_for(lambda: mailbox.status.state == State.FAILING)
        assert mailbox.status.reason
        dovecot.deliver("ann", *letters(1, 3))
        await asyncio.to_thread(dovecot.start)
        batch = await waiting
        assert [found.uid for found in batch.found] == [3]
        assert mailbox.status.reconnects["lost"] >= 1
        assert mailbox.status.reason == ""


async def test_a_killed_server_too(dovecot, watched):
    mailbox = watched()
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(30):
        await until_caught_up(batches)
        waiting = asyncio.create_task(anext(batches))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(dovecot.kill)
        await asyncio.to_thread(dovecot.start)
        assert not (await waiting).found


async def test_new_numbering_begins_a_new_cursor(dovecot, watched):
    dovecot.deliver("ann", *letters(2))
    async with aclosing(watched().batches()) as batches:
        _, cursor = await until_caught_up(batches)
    stale = Cursor(cursor.uidvalidity - 1, 1, 500)
    async with aclosing(watched().batches(stale)) as batches:
        first = await anext(batches)
    assert (first.cursor.uidvalidity, first.cursor.low, first.live) == (cursor.uidvalidity, 1, False)
    assert [found.uid for found in first.found] == [1, 2]


async def test_a_mailbox_numbered_anew_while_it_is_watched_is_read_again(dovecot, watched):
    dovecot.deliver("ann", *letters(3))
    mailbox = watched()
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(30):
        _, before = await until_caught_up(batches)
        waiting = asyncio.create_task(anext(batches))
        await asyncio.sleep(1.1)  # Dovecot numbers by the second
        await asyncio.to_thread(dovecot.stop)
        dovecot.forget_numbers("ann")
        await asyncio.to_thread(dovecot.start)
        batch = await waiting
        assert [found.uid for found in batch.found] == [1, 2, 3]
        assert batch.cursor.uidvalidity != before.uidvalidity
        assert not batch.live


async def test_numbers_below_the_cursor_given_again_begin_a_new_cursor(dovecot, watched):
    dovecot.deliver("ann", *letters(2))
    async with aclosing(watched().batches()) as batches:
        _, cursor = await until_caught_up(batches)
    ahead = Cursor(cursor.uidvalidity, 1, 500)
    async with aclosing(watched().batches(ahead)) as batches:
        assert [found.uid for found in (await anext(batches)).found] == [1, 2]


async def test_a_batch_whose_texts_were_lost_comes_again(dovecot, watched):
    dovecot.deliver("ann", *letters(3))
    async with FaultProxy(dovecot.port) as proxy:
        mailbox = watched(port=proxy.port)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            batch = await anext(batches)
            proxy.reset()
            with pytest.raises(ConnectionLost):
                await batch.texts([1, 2, 3])
            again = await anext(batches)
            assert [found.uid for found in again.found] == [1, 2, 3]
            assert len(await again.texts([1, 2, 3])) == 3
            assert not (await anext(batches)).found


async def test_a_batch_stored_before_the_connection_was_lost_does_not_come_again(dovecot, watched):
    dovecot.deliver("ann", *letters(4))
    async with (
        FaultProxy(dovecot.port) as proxy,
        aclosing(watched(port=proxy.port, batch_messages=2).batches()) as batches,
        asyncio.timeout(20),
    ):
        assert [found.uid for found in (await anext(batches)).found] == [1, 2]
        proxy.reset()
        assert next(found.uid for found in (await anext(batches)).found) == 3


async def test_a_message_the_server_dies_of_holds_up_only_what_follows_it(watched):
    async def fetch(conversation, tag):
        uids = server.heard[-1].split()[2]
        first, _, last = uids.partition(":")
        if int(last or first) >= 6:
            conversation.writer.transport.abort()
            return
        for uid in range(int(first), int(last or first) + 1):
            date = b'"01-Nov-2026 10:00:00 +0000"'
            line = b'* 1 FETCH (UID %d INTERNALDATE %s RFC822.SIZE 9 BODY[HEADER]<0> "")\r\n'
            await conversation.say(line % (uid, date))
        await conversation.say(f"{tag} OK\r\n".encode())

    answers = {
        "EXAMINE": b"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 8] ok\r\nTAG OK [READ-ONLY] done\r\n",
        "UID SEARCH": b"* SEARCH 1 2 3 4 5 6 7\r\nTAG OK\r\n",
        "UID FETCH": fetch,
    }
    async with ScriptedServer(answers) as server:
        mailbox = watched(port=server.port, tls="no")
        reached = 0
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(30):
            while reached < 5:
                reached = (await anext(batches)).cursor.high


@pytest.mark.parametrize("cut", [10, 3000, 6000, 9000])
async def test_connections_cut_anywhere_are_made_again(dovecot, watched, cut):
    dovecot.deliver("ann", *letters(20))
    async with FaultProxy(dovecot.port) as proxy:
        proxy.cut_after = cut
        mailbox = watched(port=proxy.port)
        async with aclosing(mailbox.batches()) as batches:
            caught_up = asyncio.create_task(until_caught_up(batches))
            await wait_for(lambda: proxy.connections >= 3 or caught_up.done())
            proxy.cut_after = None
            uids, _ = await caught_up
        assert uids == list(range(1, 21))


async def test_a_server_that_falls_silent_is_given_up(dovecot, watched, monkeypatch):
    monkeypatch.setattr("auditor.mailbox.protocol.connection._DONE_SECONDS", 0.3)
    async with FaultProxy(dovecot.port) as proxy:
        mailbox = watched(port=proxy.port, idle_renewal=0.3, timeout=1)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            await until_caught_up(batches)
            proxy.silent = True
            waiting = asyncio.create_task(anext(batches))
            await wait_for(lambda: mailbox.status.reconnects.get("lost", 0) >= 1)
            proxy.silent = False
            assert not (await waiting).found


async def test_a_vanished_message_moves_the_cursor_and_is_counted(dovecot, watched):
    dovecot.deliver("ann", *letters(3))
    async with aclosing(watched().batches()) as batches:
        await until_caught_up(batches)
    for path in dovecot.maildir("ann", "Sent").glob("*/*.M000002*"):
        path.unlink()
    async with aclosing(watched().batches()) as batches:
        uids, cursor = await until_caught_up(batches)
    assert (uids, cursor.high) == ([1, 3], 3)
    header = (
        b'* 1 FETCH (UID 1 INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE 9 '
        b"BODY[HEADER]<0> {2}\r\n\r\n)\r\n"
    )
    answers = {"UID SEARCH": b"* SEARCH 1 2\r\nTAG OK\r\n", "UID FETCH": header + b"TAG OK\r\n"}
    async with ScriptedServer(answers) as server:
        mailbox = watched(port=server.port, tls="no")
        async with aclosing(mailbox.batches()) as batches:
            batch = await anext(batches)
            assert ([found.uid for found in batch.found], batch.cursor.high) == ([1], 3)
            assert batch.unreadable == (2,)  # the server lists it, and does not show it


async def refused(mailbox):
    """What the status says once a person must act."""
    async with aclosing(mailbox.batches()) as batches:
        waiting = asyncio.create_task(anext(batches))
        await wait_for(lambda: mailbox.status.state == State.REFUSED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert mailbox.status.reconnects["refused"] >= 1
    return mailbox.status.reason


async def test_a_wrong_password_says_which_login(watched):
    reason = await refused(watched(password="not the password"))
    assert "ann at 127.0.0.1" in reason
    assert "check user name and password" in reason
    assert "not the password" not in reason


async def test_a_password_that_is_missing_says_which_file(watched, tmp_path):
    mailbox = watched()
    (tmp_path / "password").unlink()
    assert "password_file" in await refused(mailbox)


async def test_a_password_set_right_later_is_used(dovecot, watched, tmp_path):
    mailbox = watched(password="old")
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
        waiting = asyncio.create_task(anext(batches))
        await wait_for(lambda: mailbox.status.state == State.REFUSED)
        (tmp_path / "password").write_text(dovecot.password)
        assert not (await waiting).found


async def test_certificates_that_cannot_be_trusted_say_what_is_wrong(start_dovecot, watched, tmp_path):
    authority = Authority(tmp_path / "ca")
    for certificate, words in (
        (authority.issue("127.0.0.1", expired=True), "has expired"),
        (authority.issue("mail.elsewhere.example"), "set `host`"),
    ):
        certificate.key.chmod(0o644)
        dovecot = start_dovecot(certificate=certificate)
        assert words in await refused(watched(port=dovecot.port, ca_file=authority.ca_file))
    assert "unknown authority" in await refused(watched(ca_file=authority.ca_file))
    assert "unknown authority" in await refused(watched(ca_file=None))
    assert "`ca_file`" in await refused(watched(ca_file=Path("/nowhere/ca.pem")))


async def test_a_port_without_tls_says_so(dovecot, watched):
    assert "993" in await refused(watched(port=dovecot.plain_port))


async def test_no_sent_folder_lists_the_folders_there_are(start_dovecot, watched):
    dovecot = start_dovecot(sent="")
    dovecot.make_folder("ann", "Offers")
    settings = {"port": dovecot.port, "ca_file": dovecot.ca_file}
    reason = await refused(watched(**settings))
    assert '"Offers"' in reason
    assert "`folder`" in reason
    assert "cannot be opened" in await refused(watched(**settings, folder="Missing"))
    dovecot.deliver("ann", *letters(1), folder="Offers")
    mailbox = watched(**settings, folder="Offers")
    async with aclosing(mailbox.batches()) as batches:
        assert (await until_caught_up(batches))[0] == [1]
        assert mailbox.status.found_how == How.CONFIGURED
        assert mailbox.key.endswith("/Offers")


async def test_a_sent_folder_is_found_by_its_name(start_dovecot, watched):
    dovecot = start_dovecot(sent="")
    dovecot.deliver("ann", *letters(1), folder="Gesendete Objekte")
    mailbox = watched(port=dovecot.port, ca_file=dovecot.ca_file)
    async with aclosing(mailbox.batches()) as batches:
        assert (await until_caught_up(batches))[0] == [1]
        assert mailbox.status.found_how == How.NAME


def fingerprint(maildir):
    """Names (which hold the flags), places and contents of every message."""
    return {
        str(path.relative_to(maildir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("cur", "new")
        for path in (maildir / part).iterdir()
    }


async def test_reading_changes_nothing_in_the_mailbox(dovecot, watched):
    dovecot.deliver("ann", *letters(5))
    sent = dovecot.maildir("ann", "Sent")
    before = fingerprint(sent)
    assert all(name.startswith("new/") for name in before)  # \Recent
    async with aclosing(watched().batches()) as batches:
        batch = await anext(batches)
        assert len(await batch.texts([1, 2, 3, 4, 5])) == 5
        await until_caught_up(batches)
    assert fingerprint(sent) == before


async def test_a_cancelled_watch_leaves_no_connection(dovecot, watched):
    async with FaultProxy(dovecot.port) as proxy:

        async def watching():
            async with aclosing(watched(port=proxy.port).batches()) as batches:
                async for _ in batches:
                    pass

        task = asyncio.create_task(watching())
        await wait_for(lambda: proxy.clients)
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await wait_for(lambda: not proxy.clients)
