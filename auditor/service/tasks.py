"""The daemon's tasks, each a loop that runs until it is cancelled. None of them calls another: they meet
in the store, and ring `stored` and `changed`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from auditor import log
from auditor.config import sources
from auditor.errors import ConnectionLost, StoreFull, StoreWaits
from auditor.mailbox.batch import WatchedBatch
from auditor.mailbox.found import Cursor, Earlier
from auditor.pipeline import JUDGED_AT_ONCE, Arrival, Fetched, Judged
from auditor.service import statuses
from auditor.service.running import Running, Watch
from auditor.service.unstored import Unstored
from auditor.store import mailboxes
from auditor.store.leases import LeaseLost, Transactions
from auditor.store.ledger import intake, rollup
from auditor.store.ledger.purge import AT_ONCE, purge, purge_letters, purge_mailboxes

T = TypeVar("T")

_logger = log.logger("auditor")

_FULL_PAUSE_SECONDS = 10.0
_AWAY_PAUSE_SECONDS = 1.0
_JUDGE_AT_LEAST_EVERY_SECONDS = 5.0
_LOOK_FOR_OTHERS_SECONDS = 0.5
"""Between two looks for what other replicas have stored: their bells do not ring here."""
_ROLL_UP_EVERY_SECONDS = 600.0
LETTERS_KEPT_SECONDS = 90 * 86_400.0
"""Letters that were sent or given up are kept so long."""

_BETWEEN_PURGES_SECONDS = 0.5


async def watch(running: Running, watched: Watch) -> None:
    """Store what one mailbox brings, batch by batch: for ever, or until another replica has taken it."""
    try:
        await _watch(running, watched)
    except LeaseLost:
        _logger.warning("mailbox_taken_over", mailbox=watched.id)


async def _watch(running: Running, watched: Watch) -> None:
    register = partial(_register, key=watched.reader.key)
    watched.id, cursor, earlier = await _when_writable(running, partial(running.store.run, register))
    finished = earlier.last_sync is not None  # the first audit, as far as the store knows
    unstored = Unstored()
    try:
        async with aclosing(watched.reader.batches(cursor, earlier)) as batches:
            async for batch in batches:
                if not finished and watched.reader.status.last_sync is not None:
                    # Kept at once: what comes now is news, come what may.
                    finished = await statuses.keep(running, [watched])
                if batch.says_nothing and batch.cursor == cursor:
                    continue  # the server confirmed that there is nothing new; `status` says so
                try:
                    fetched = None if watched.answers else await running.intake.fetch(batch)
                except ConnectionLost:
                    continue  # the reader connects again and brings the same messages
                # While this one is read and stored, the server is asked for the next one.
                size = fetched.size if fetched else 0
                await unstored.room(size)
                storing = unstored.add(partial(_store, running, watched, fetched, batch), size)
                batch.stored_by(storing)
                cursor = batch.cursor
    finally:
        await unstored.give_up()


async def _store(
    running: Running,
    watched: Watch,
    fetched: Fetched | None,
    batch: WatchedBatch,
    before: Awaitable[None] | None,
) -> None:
    """Read one batch, and once the one `before` is stored store it, and what is to be said of it.

    Nothing is fetched of an inbox beyond what was found.

    Raises:
        LeaseLost: another replica watches the mailbox now; it reads what was not stored.
    """
    outcomes = await running.intake.read(fetched) if fetched else ()
    if before is not None:
        await before
    through = running.through(watched)
    if batch.unreadable:
        await _note_unreadable(running, watched.id, batch)
    if fetched is None:
        running.metrics.count_answers(
            await _when_writable(running, partial(running.inbox.keep, batch, watched.id, through))
        )
    else:
        keep = partial(running.intake.keep, batch, outcomes, watched.id, through)
        _count_arrival(running, await _when_writable(running, keep))
    if batch.settled:
        await _settle(running, watched.id, batch.settled)
    if batch.vanished:
        running.metrics.count_skipped("vanished", batch.vanished)


async def judge(running: Running) -> None:
    """Judge what waits, a few hundred sends in one transaction; the index is dropped when one fails."""
    while True:
        running.stored.clear()
        try:
            with running.health.batch(running.store.processor_seconds):
                judged = await running.judging.run(
                    lambda connection: running.judge.judge(connection, time.time())
                )
            running.health.store_writable = True
        except StoreWaits as error:
            running.judge.drop()
            await _wait_for_room(running, error)
            continue
        except BaseException:
            running.judge.drop()
            raise
        if judged or judged.worded:
            _count_judged(running, judged)
            running.changed.set()
        if judged.settled:
            running.settled.set()
            running.changed.set()
        if len(judged.first) < JUDGED_AT_ONCE:
            await rung(
                running.stored, _LOOK_FOR_OTHERS_SECONDS if running.replica else _JUDGE_AT_LEAST_EVERY_SECONDS
            )


async def keep_house(running: Running) -> None:
    """Turn old five-minute counts into hours, and remove what is older than the horizon."""
    while True:
        await _try_write(running, running.judging, lambda connection: rollup.roll_up(connection, time.time()))
        over = time.time() - LETTERS_KEPT_SECONDS
        await _try_write(running, running.judging, partial(purge_letters, before=over))
        watched = frozenset(one.reader.key for one in running.watches)
        silent = partial(purge_mailboxes, horizon=_horizon(running), watched=watched)
        await _try_write(running, running.judging, silent)
        purged = await _try_write(running, running.judging, partial(purge, horizon=_horizon(running)))
        await asyncio.sleep(_BETWEEN_PURGES_SECONDS if purged == AT_ONCE else _ROLL_UP_EVERY_SECONDS)


def _horizon(running: Running) -> float:
    return time.time() - running.config.store.horizon.total_seconds()


def _register(connection: sa.Connection, key: str) -> tuple[int, Cursor | None, Earlier]:
    mailbox_id, _, cursor = intake.register_mailbox(connection, key)
    return mailbox_id, cursor, mailboxes.earlier(connection, mailbox_id)


async def _note_unreadable(running: Running, mailbox_id: int, batch: WatchedBatch) -> None:
    """Say by number which messages the server cannot hand over; what follows them is read all the same."""
    uidvalidity, uids = batch.cursor.uidvalidity, batch.unreadable
    note = partial(mailboxes.note_unreadable, mailbox_id=mailbox_id, uidvalidity=uidvalidity, uids=uids)
    await _when_writable(running, partial(running.store.run, note))
    running.metrics.count_skipped("unreadable", len(uids))
    _logger.warning("messages_unreadable", mailbox=mailbox_id, uids=list(uids[:100]))


async def _settle(running: Running, mailbox_id: int, uids: tuple[int, ...]) -> None:
    await _try_write(
        running, running.store, lambda connection: mailboxes.settle(connection, mailbox_id, uids)
    )
    _logger.info("messages_settled", mailbox=mailbox_id, uids=list(uids))


async def _when_writable(running: Running, work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`; while the store takes nothing, wait and do it again: the mail stays in the mailbox."""
    while True:
        try:
            done = await work()
        except StoreWaits as error:
            await _wait_for_room(running, error)
        else:
            running.health.store_writable = True
            return done


async def _try_write(running: Running, through: Transactions, work: Callable[[sa.Connection], T]) -> T | None:
    """Do some housekeeping; when the store takes nothing it waits for the next turn."""
    try:
        return await through.run(work)
    except StoreWaits as error:
        await _wait_for_room(running, error)
        return None


async def _wait_for_room(running: Running, error: StoreWaits) -> None:
    full = isinstance(error, StoreFull)
    if running.health.store_writable:
        _logger.error("store_full" if full else "store_away", problem=str(error))
    running.health.store_writable = False
    running.changed.set()
    await asyncio.sleep(_FULL_PAUSE_SECONDS if full else _AWAY_PAUSE_SECONDS)


async def rung(bell: asyncio.Event, seconds: float) -> bool:
    """Wait for `bell`, at most so long; whether it rang."""
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return False
    return True


def _count_arrival(running: Running, arrival: Arrival) -> None:
    for reason, count in arrival.skipped.items():
        running.metrics.count_skipped(reason, count)
    if arrival.new or arrival.copies:
        running.stored.set()


def _count_judged(running: Running, judged: Judged) -> None:
    now = time.time()
    for one, counted in judged.first:
        running.metrics.count_judged(
            counted.team,
            counted.direction,
            counted.kind,
            counted.class_,
            deliveries=counted.deliveries,
            live=one.live,
        )
        if one.live:
            running.metrics.observe_delay(now - one.stored_at)
            if one.merge_failure:
                running.metrics.count_merge_failure(counted.team)
    for before, after in judged.moved:
        if before.class_ is not after.class_:
            running.metrics.count_reclassified(
                after.team, after.direction, after.kind, before.class_, after.class_
            )


def status_line(running: Running) -> str:
    """What systemctl status says: what is not as it should be, then how the mailboxes are."""
    states: dict[str, int] = {}
    for watched in running.own:
        state = str(watched.reader.status.state)
        states[state] = states.get(state, 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no mailboxes"
    remarks = [*running.health.remarks()]
    if problem := sources.missing(running.config, len(running.watches)):
        remarks.append(problem)
    if not running.config_figure.successful:
        remarks.append("the new configuration was refused, the old one is in use")
    if running.needs_restart:
        remarks.append(f"a restart is needed for {', '.join(running.needs_restart)}")
    return "; ".join([*remarks, told])
