"""Sharing the mailboxes with other replicas, and judgement: a beat every few seconds, nothing more."""

import asyncio
import time

import sqlalchemy as sa

from auditor import log
from auditor.errors import StoreError, StoreWaits
from auditor.service.replica import LEASE_SECONDS, Replica, fair_share, status_elsewhere
from auditor.service.running import Running
from auditor.store import leases, mailboxes
from auditor.store.leases import Count, Fence
from auditor.store.upgrade import may_judge

_logger = log.logger("auditor.fleet")

_BEAT_SECONDS = 3.0
_LOOK_ELSEWHERE_SECONDS = 20.0
_LEAVE_SECONDS = 0.75


async def share(running: Running) -> None:
    """Beat, take a fair share, give back what is beyond it; alone there is nothing to share."""
    replica = running.replica
    if replica is None:
        await asyncio.Event().wait()
        return
    looked = 0.0
    while True:
        try:
            await _register(running, replica)
            await _beat(running, replica)
            if replica.leads is not None and time.monotonic() - looked >= _LOOK_ELSEWHERE_SECONDS:
                await _look_elsewhere(running, replica)
                looked = time.monotonic()
        except StoreWaits as error:
            if not replica.is_sure() and (replica.held or replica.leads):
                _logger.error("leases_given_up", mailboxes=len(replica.held), problem=str(error))
                replica.held.clear()
                replica.leads = None
                _ring(running)
        await asyncio.sleep(_BEAT_SECONDS)


async def leave(replica: Replica) -> None:
    """Let the others take over at once; where the database is away they do so by themselves."""
    try:
        async with asyncio.timeout(_LEAVE_SECONDS):
            await replica.store.run(lambda connection: leases.leave(connection, replica.name))
    except (StoreError, TimeoutError) as error:
        _logger.warning("leases_left_behind", problem=type(error).__name__)


async def _register(running: Running, replica: Replica) -> None:
    """Make leases for mailboxes that are new in the configuration; the leader removes those that left it."""
    names = frozenset(watched.reader.key for watched in running.watches)
    leads = replica.leads is not None
    if names == replica.known:
        return

    def transaction(connection: sa.Connection) -> None:
        leases.register(connection, names)
        if leads:
            leases.strike(connection, names)

    await replica.store.run(transaction)
    replica.known = names


async def _beat(running: Running, replica: Replica) -> None:
    began = time.monotonic()

    def transaction(connection: sa.Connection) -> tuple[Count, tuple[Fence, ...] | None]:
        count = leases.beat(connection, replica.name, LEASE_SECONDS)
        return count, None if replica.agrees(count) else leases.mine(connection, replica.name)

    count, mine = await replica.store.run(transaction)
    replica.beaten_at, replica.alive = began, count.alive
    if mine is not None:
        _take_for_true(running, replica, mine)
    await _give_back(running, replica, len(replica.held) - fair_share(count))
    await _take_more(running, replica, fair_share(count) - len(replica.held))


def _take_for_true(running: Running, replica: Replica, mine: tuple[Fence, ...]) -> None:
    """Hold what the database says that we hold: others took some, or an answer of it was lost."""
    replica.held = {fence.name: fence for fence in mine if fence.name != leases.JUDGEMENT}
    replica.leads = next((fence for fence in mine if fence.name == leases.JUDGEMENT), None)
    _ring(running)


async def _give_back(running: Running, replica: Replica, surplus: int) -> None:
    """Let go of some: first their watching ends, then another replica may have them."""
    if surplus <= 0:
        return
    given = [replica.held.pop(name) for name in list(replica.held)[-surplus:]]
    _ring(running)
    while {fence.name for fence in given} & running.at_work:
        await running.let_go.wait()
        running.let_go.clear()
    await replica.store.run(lambda connection: leases.release(connection, given))
    _logger.info("leases_given_back", mailboxes=len(given), held=len(replica.held), replicas=replica.alive)


async def _take_more(running: Running, replica: Replica, lack: int) -> None:
    leads = replica.leads is not None

    def transaction(connection: sa.Connection) -> tuple[tuple[Fence, ...], Fence | None]:
        taken = leases.claim(connection, replica.name, lack)
        judges = not leads and may_judge(connection)
        return taken, leases.claim_judgement(connection, replica.name) if judges else None

    taken, judgement = await replica.store.run(transaction)
    if taken:
        replica.held |= {fence.name: fence for fence in taken}
        _logger.info("leases_taken", mailboxes=len(taken), held=len(replica.held), replicas=replica.alive)
    if judgement is not None:
        replica.leads = judgement
        _logger.info("leading", epoch=judgement.epoch)
    if taken or judgement:
        _ring(running)


async def _look_elsewhere(running: Running, replica: Replica) -> None:
    """Learn how the mailboxes are that others watch: the leader speaks for all of them."""
    rows = await running.store.read(mailboxes.listed)
    replica.elsewhere = {
        row.key: (row.id, status_elsewhere(row)) for row in rows if row.key not in replica.held
    }
    for watched in running.watches:
        if not watched.id and watched.reader.key in replica.elsewhere:
            watched.id = replica.elsewhere[watched.reader.key][0]


def _ring(running: Running) -> None:
    running.rewatch.set()
    (running.leading if running.leads else running.deposed).set()
