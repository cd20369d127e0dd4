"""Who does what where several replicas share a PostgreSQL: one row for each mailbox, and one for judgement.

A lease names its holder and an epoch, which grows with every new holder. Who holds it says so by a heartbeat:
one row a replica, whatever the number of its leases, by the database's clock, so that no two machines' clocks
are compared. Every transaction that writes on the strength of a lease holds its row first (`hold`): a replica
that was stopped for a minute and lost it writes nothing, however late it wakes up (fencing as in Burrows,
The Chubby lock service, OSDI 2006, section 2.4).
"""

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import sqlalchemy as sa

from auditor.errors import AuditorError
from auditor.store.database.dialects import insert_new, upsert
from auditor.store.database.pieces import in_pieces
from auditor.store.database.schema import lease, replica
from auditor.store.engine import Store

T = TypeVar("T")

JUDGEMENT = "judgement"
"""The lease of who judges; no mailbox is called so, their names have an @."""

_FORGET_SECONDS = 3_600.0
_COMMAND = "command-"  # begins the names of those that take judgement for one change, and watch nothing
_COMMAND_SECONDS = 30.0
_NAMES_A_QUERY = 5_000


class LeaseLost(AuditorError):
    """Another replica has taken over; nothing of the transaction was written."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A lease as its holder got it."""

    name: str
    holder: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Count:
    """How the work is spread: replicas that are alive, mailboxes, and those of them that are ours.

    `judgement` is the epoch of our lease of it, None where it is not ours.
    """

    alive: int
    mailboxes: int
    ours: int
    judgement: int | None = None


class Transactions(Protocol):
    """Does work in one transaction and returns its result, as `Store.run` does."""

    async def run(self, work: Callable[[sa.Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Fenced:
    """The store for what only the holder of a lease may write.

    `run` raises `LeaseLost`, with nothing written, once another replica has it.
    """

    store: Transactions
    fence: Fence

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in one transaction that makes sure of the lease first."""

        def transaction(connection: sa.Connection) -> T:
            hold(connection, self.fence)
            return work(connection)

        return await self.store.run(transaction)


def register(connection: sa.Connection, names: Collection[str]) -> None:
    """Make a lease for each of these mailboxes, and for judgement, where there is none."""
    known = set(connection.scalars(sa.select(lease.c.name)))
    missing = sorted({*names, JUDGEMENT} - known)
    if missing:
        connection.execute(insert_new(connection, lease), [{"name": name} for name in missing])


def alive(connection: sa.Connection) -> int:
    """How many replicas are at work on this store."""
    return connection.scalar(sa.select(sa.func.count()).where(_watching())) or 0


def strike(connection: sa.Connection, names: Collection[str]) -> None:
    """Remove the leases of all other mailboxes: they are not in the configuration any more."""
    gone = sorted(set(connection.scalars(sa.select(lease.c.name))) - {*names, JUDGEMENT})
    for some in in_pieces(gone, _NAMES_A_QUERY):
        connection.execute(sa.delete(lease).where(lease.c.name.in_(some)))


def beat(connection: sa.Connection, me: str, seconds: float) -> Count:
    """Say that this replica is alive for so long from now, and count the work."""
    until = _now() + seconds
    connection.execute(upsert(connection, replica, ["name"], ["until"]).values(name=me, until=until))
    long_gone = sa.delete(replica).where(replica.c.until < _now() - _FORGET_SECONDS)
    connection.execute(long_gone)
    mailboxes = sa.select(sa.func.count(), sa.func.count().filter(lease.c.holder == me)).where(
        lease.c.name != JUDGEMENT
    )
    count, ours = connection.execute(mailboxes).one()
    judgement = sa.select(lease.c.epoch).where(lease.c.name == JUDGEMENT, lease.c.holder == me)
    return Count(alive(connection), count, ours, connection.scalar(judgement))


def mine(connection: sa.Connection, me: str) -> tuple[Fence, ...]:
    """All that this replica holds, judgement included."""
    rows = connection.execute(sa.select(lease.c.name, lease.c.epoch).where(lease.c.holder == me))
    return tuple(Fence(row.name, me, row.epoch) for row in rows)


def claim(connection: sa.Connection, me: str, limit: int) -> tuple[Fence, ...]:
    """Take at most `limit` mailboxes that nobody holds, or whose holder is not alive any more."""
    if limit <= 0:
        return ()
    free = _free().where(lease.c.name != JUDGEMENT).order_by(lease.c.name).limit(limit)
    return _take(connection, me, free)


def claim_judgement(connection: sa.Connection, me: str) -> Fence | None:
    """Take judgement, if nobody who is alive holds it."""
    return next(iter(_take(connection, me, _free().where(lease.c.name == JUDGEMENT))), None)


def release(connection: sa.Connection, fences: Sequence[Fence]) -> None:
    """Let others have these at once; one that was lost meanwhile stays whose it is."""
    for some in in_pieces(fences, _NAMES_A_QUERY):
        ours = lease.c.name.in_([fence.name for fence in some]) & (lease.c.holder == some[0].holder)
        connection.execute(sa.update(lease).where(ours).values(holder=None))


def leave(connection: sa.Connection, me: str) -> None:
    """Let go of everything and be no replica any more: a stop that others need not wait for."""
    connection.execute(sa.update(lease).where(lease.c.holder == me).values(holder=None))
    connection.execute(sa.delete(replica).where(replica.c.name == me))


def hold(connection: sa.Connection, fence: Fence) -> None:
    """Make sure of a lease until this transaction ends: nobody can take it before.

    Raises:
        LeaseLost: another replica has it.
    """
    held = sa.select(lease.c.name).where(
        lease.c.name == fence.name, lease.c.holder == fence.holder, lease.c.epoch == fence.epoch
    )
    if connection.scalar(held.with_for_update(read=True)) is None:
        raise LeaseLost(f"{fence.name}: another replica has taken over")


@contextlib.asynccontextmanager
async def judging(store: Store) -> AsyncIterator[Transactions | None]:
    """Judgement for one command: None while a replica has it. A store of one machine is held by its lock."""
    if not store.shared:
        yield store
        return
    me = f"{_COMMAND}{secrets.token_hex(4)}"
    await store.run(lambda connection: beat(connection, me, _COMMAND_SECONDS))
    try:
        fence = await store.run(lambda connection: claim_judgement(connection, me))
        yield None if fence is None else Fenced(store, fence)
    finally:
        await store.run(lambda connection: leave(connection, me))


def _now() -> sa.ColumnElement[float]:
    """The database's clock, in seconds since the epoch."""
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)


def _watching() -> sa.ColumnElement[bool]:
    return (replica.c.until >= _now()) & replica.c.name.not_like(f"{_COMMAND}%")


def _free() -> sa.Select[tuple[str]]:
    """The leases that nobody alive holds, passing over those that another replica is just taking."""
    alive = sa.select(replica.c.name).where(replica.c.until >= _now())
    query = sa.select(lease.c.name).where(lease.c.holder.is_(None) | lease.c.holder.not_in(alive))
    return query.with_for_update(skip_locked=True)


def _take(connection: sa.Connection, me: str, free: sa.Select[tuple[str]]) -> tuple[Fence, ...]:
    names = free.cte("free")  # chosen once, and locked, before anything is changed
    taken = connection.execute(
        sa.update(lease)
        .where(lease.c.name.in_(sa.select(names.c.name)))
        .values(holder=me, epoch=lease.c.epoch + 1)
        .returning(lease.c.name, lease.c.epoch)
    )
    return tuple(Fence(row.name, me, row.epoch) for row in taken)
