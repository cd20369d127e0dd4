"""The first audit: chosen by Date, in either order, resumed anywhere, and never before new mail."""

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest

from auditor.config.sections import Imap, Mailbox
from auditor.mailbox import watch
from auditor.mailbox.found import Cursor, Earlier
from auditor.mailbox.status import State
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.dovecot import mail

DAY = 86_400
ORDERS = ["oldest_first", "newest_first"]


@pytest.fixture
def watched(dovecot, tmp_path):
    def make(order="oldest_first", batch=2, since=None, own=None):
        (tmp_path / "password").write_text(dovecot.password + "\n")
        numbers = Imap(commands_per_second=2000, batch_messages=batch, backfill_order=order)
        mailbox = Mailbox(
            host="127.0.0.1",
            port=dovecot.port,
            username="ann",
            ca_file=dovecot.ca_file,
            password_file=tmp_path / "password",
            backfill_order=own,
        )
        return WatchedMailbox(mailbox, numbers, Pace(2000), since=since)

    return make


def letters(*numbers):
    return [mail(number) for number in numbers]


async def collect(mailbox, cursor=None, earlier=None, batches=10**6, until_idle=True):
    """The UIDs of some batches, in their order, and the cursor then."""
    found = []
    earlier = earlier or Earlier()
    async with aclosing(mailbox.batches(cursor, earlier)) as reading, asyncio.timeout(30):
        async for batch in reading:
            found += [one.uid for one in batch.found]
            cursor, batches = batch.cursor, batches - 1
            if not batches or (until_idle and mailbox.status.state.up_to_date):
                return found, cursor
    raise AssertionError


async def test_a_mailbox_has_an_order_of_its_own(dovecot, watched):
    dovecot.deliver("ann", *letters(*range(1, 6)))
    found, _ = await collect(watched("oldest_first", own="newest_first"))
    assert found == [4, 5, 2, 3, 1]


@pytest.mark.parametrize(
    ("order", "expected"), [("oldest_first", [1, 2, 3, 4, 5]), ("newest_first", [4, 5, 2, 3, 1])]
)
async def test_either_order_ends_with_everything_between_the_marks(dovecot, watched, order, expected):
    dovecot.deliver("ann", *letters(*range(1, 6)))
    mailbox = watched(order)
    found, cursor = await collect(mailbox)
    assert (found, cursor.low, cursor.high) == (expected, 1, 5)
    assert (mailbox.status.past, mailbox.status.past_read, mailbox.status.backlog) == (0, 5, 0)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("stop", [1, 2, 3])
async def test_an_audit_stopped_anywhere_goes_on_there_in_whatever_order(dovecot, watched, order, stop):
    dovecot.deliver("ann", *letters(*range(1, 8)))
    first, cursor = await collect(watched(order), batches=stop)
    dovecot.deliver("ann", *letters(8))
    for then in ORDERS:
        rest, end = await collect(watched(then), Cursor(cursor.uidvalidity, cursor.low, cursor.high))
        assert sorted(first + rest) == list(range(1, 9))
        assert (end.low, end.high) == (1, 8)


@pytest.mark.parametrize("order", ORDERS)
async def test_new_mail_does_not_wait_for_the_past(dovecot, watched, order, monkeypatch):
    monkeypatch.setattr(watch, "NEWS_SECONDS", 0.2)
    dovecot.deliver("ann", *letters(*range(1, 61)))
    mailbox, found, live = watched(order), [], None
    async with aclosing(mailbox.batches()) as reading, asyncio.timeout(60):
        async for batch in reading:
            await asyncio.sleep(0.05)  # the store has other things to do
            found += [one.uid for one in batch.found]
            if len(found) == 10:
                dovecot.deliver("ann", *letters(61, 62))
                delivered = time.monotonic()
            if 61 in [one.uid for one in batch.found]:
                live, seen, left = batch.live, time.monotonic() - delivered, mailbox.status.past
                assert mailbox.status.state == State.CATCHING_UP
            if mailbox.status.state.up_to_date:
                break
    assert live
    assert seen < 5
    assert left > 20
    assert sorted(found) == list(range(1, 63))
    assert (batch.cursor.low, batch.cursor.high) == (1, 62)


@pytest.mark.parametrize("order", ORDERS)
async def test_what_a_migration_filed_today_is_chosen_by_its_date(dovecot, watched, order):
    """INTERNALDATE is the day of the migration for all; only the Date tells which are wanted."""
    now = time.time()
    for age in (400, 200, 50, 5):
        dovecot.deliver("ann", mail(age, date=formatdate(now - age * DAY)))
    dovecot.deliver("ann", mail(3).replace(b"Date: ", b"X-Date: "))
    dovecot.deliver("ann", mail(2, date="yesterday or so"))
    all_found, _ = await collect(watched(order, batch=50))
    since = (datetime.now(UTC) - timedelta(days=90)).date()
    found, cursor = await collect(watched(order, since=since))
    assert len(all_found) == 6
    assert {3, 4} <= set(found)
    assert not {1, 2} & set(found)
    # More of the past, wanted later, lies below the cursor.
    more, cursor = await collect(watched(order), cursor, Earlier(last_sync=now))
    assert more == [1, 2]
    assert (cursor.low, cursor.high) == (1, 6)


async def test_what_came_while_nobody_watched_is_read_whatever_its_date(dovecot, watched):
    dovecot.deliver("ann", *letters(1))
    since = datetime.now(UTC).date()
    _, cursor = await collect(watched(since=since))
    dovecot.deliver("ann", mail(2, date=formatdate(0)), received=time.time() - 40 * DAY)
    found, end = await collect(watched(since=since), cursor, Earlier("Sent", time.time()))
    assert (found, end.high) == ([2], 2)


async def test_numbered_anew_after_a_pause_nothing_that_came_meanwhile_is_left_out(dovecot, watched):
    """Even where the plan is to read new mail only."""
    three_days_ago = time.time() - 3 * DAY
    dovecot.deliver("ann", mail(1, date=formatdate(three_days_ago)), received=three_days_ago)
    since = datetime.now(UTC).date() + timedelta(days=2)
    earlier = Earlier("Sent", three_days_ago - DAY)
    found, _ = await collect(watched(since=since), Cursor(1, 1, 500), earlier)
    assert found == [1]


async def test_another_folder_under_the_same_number_is_another_folder(dovecot, watched):
    dovecot.deliver("ann", *letters(1, 2))
    _, cursor = await collect(watched())
    assert (await collect(watched(), cursor, Earlier("Sent", time.time())))[0] == []
    assert (await collect(watched(), cursor, Earlier("Gesendet", time.time())))[0] == [1, 2]


async def test_a_backup_restored_under_the_same_numbering_is_noticed(dovecot, watched, monkeypatch):
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.05, 0.1))
    dovecot.deliver("ann", *letters(1, 2))
    mailbox = watched()
    async with aclosing(mailbox.batches()) as reading, asyncio.timeout(30):
        async for _ in reading:
            if mailbox.status.state.up_to_date:
                break
        waiting = asyncio.create_task(anext(reading))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(dovecot.stop)
        # Message 2 and its number are lost; another message gets number 2, and yet another number 3.
        [second] = dovecot.maildir("ann", "Sent").glob("*/*.M000002*")
        text = second.read_bytes().replace(b"<2@ours.example>", b"<9@ours.example>")
        second.write_bytes(text)
        for cache in dovecot.maildir("ann", "Sent").glob("dovecot.index*"):
            cache.unlink()
        await asyncio.to_thread(dovecot.start)
        batch = await waiting
        assert [one.uid for one in batch.found] == [1, 2]
        assert b"<9@" in batch.found[1].header
        assert not batch.live
