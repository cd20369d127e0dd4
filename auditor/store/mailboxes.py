"""What the store knows of mailboxes beside their cursors."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from auditor.mailbox.found import Cursor, Earlier
from auditor.store.database.dialects import insert_new
from auditor.store.database.schema import mailbox, unreadable


@dataclass(frozen=True, slots=True)
class Listed:
    """One mailbox as the daemon last wrote it down. `key` is its login, server and folder."""

    id: int
    key: str
    folder: str
    state: str
    reason: str
    last_sync: float | None  # seconds since the epoch
    backlog: int
    cursor: Cursor | None
    unreadable: int


def earlier(connection: sa.Connection, mailbox_id: int) -> Earlier:
    """What earlier runs knew of a registered mailbox."""
    row = connection.execute(
        sa.select(mailbox.c.folder, mailbox.c.last_sync, mailbox.c.uidvalidity).where(
            mailbox.c.id == mailbox_id
        )
    ).one()
    uids = connection.scalars(
        sa.select(unreadable.c.uid)
        .where(unreadable.c.mailbox_id == mailbox_id, unreadable.c.uidvalidity == row.uidvalidity)
        .order_by(unreadable.c.uid)
    )
    return Earlier(row.folder, row.last_sync, tuple(uids))


def note_unreadable(
    connection: sa.Connection, mailbox_id: int, uidvalidity: int, uids: Iterable[int]
) -> None:
    """Keep which messages the server could not hand over, to try them again; those of older numberings go."""
    mine = unreadable.c.mailbox_id == mailbox_id
    connection.execute(sa.delete(unreadable).where(mine, unreadable.c.uidvalidity != uidvalidity))
    rows = [{"mailbox_id": mailbox_id, "uidvalidity": uidvalidity, "uid": uid} for uid in uids]
    connection.execute(insert_new(connection, unreadable), rows)


def settle(connection: sa.Connection, mailbox_id: int, uids: Sequence[int]) -> None:
    """These are read now, or gone."""
    mine = unreadable.c.mailbox_id == mailbox_id
    connection.execute(sa.delete(unreadable).where(mine, unreadable.c.uid.in_(uids)))


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a mailbox's health, for the page, the commands and the next start.

    A folder ("") or a confirmation (None) that is not known yet leaves what was known before.
    """

    id: int
    folder: str
    state: str
    reason: str
    last_sync: float | None  # seconds since the epoch
    backlog: int


_KEEP = (
    sa.update(mailbox)
    .where(mailbox.c.id == sa.bindparam("b_id"))
    .values(
        folder=sa.func.coalesce(sa.func.nullif(sa.bindparam("b_folder"), ""), mailbox.c.folder),
        last_sync=sa.func.coalesce(sa.bindparam("b_last_sync"), mailbox.c.last_sync),
        state=sa.bindparam("b_state"),
        reason=sa.bindparam("b_reason"),
        backlog=sa.bindparam("b_backlog"),
    )
)
"""Made once, and one statement for all: thousands of mailboxes have one written each few minutes."""


def keep_statuses(connection: sa.Connection, statuses: Sequence[Kept]) -> None:
    """Keep how these mailboxes are."""
    connection.execute(
        _KEEP, [{f"b_{name}": value for name, value in asdict(one).items()} for one in statuses]
    )


def listed(connection: sa.Connection) -> tuple[Listed, ...]:
    """Every mailbox that was ever watched, by its id."""
    aside = sa.select(unreadable.c.mailbox_id, sa.func.count().label("number")).group_by(
        unreadable.c.mailbox_id
    )
    counts = {row.mailbox_id: int(row.number) for row in connection.execute(aside)}
    return tuple(
        Listed(
            id=row.id,
            key=row.key,
            folder=row.folder,
            state=row.state,
            reason=row.reason,
            last_sync=row.last_sync,
            backlog=row.backlog,
            cursor=None if row.uidvalidity is None else Cursor(row.uidvalidity, row.low, row.high),
            unreadable=counts.get(row.id, 0),
        )
        for row in connection.execute(sa.select(mailbox).order_by(mailbox.c.id))
    )
