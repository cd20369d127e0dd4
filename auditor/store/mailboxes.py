"""What the store knows of mailboxes beside their cursors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from auditor.mailbox.found import Cursor, Earlier
from auditor.store.schema import mailbox, unreadable


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
    connection.execute(sqlite.insert(unreadable).on_conflict_do_nothing(), rows)


def settle(connection: sa.Connection, mailbox_id: int, uids: Sequence[int]) -> None:
    """These are read now, or gone."""
    mine = unreadable.c.mailbox_id == mailbox_id
    connection.execute(sa.delete(unreadable).where(mine, unreadable.c.uid.in_(uids)))


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
