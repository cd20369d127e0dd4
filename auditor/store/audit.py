"""The audit log: every look-up of words or of one person's mail. Rows are added, never changed or removed.

The database itself refuses to change them. It says who looked, when, at what and whose mail it was; never
what was seen.
"""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from auditor.store.database.schema import audit, send


class Look(StrEnum):
    """What was looked at."""

    VERDICT = "verdict"  # why one message was called what it was called
    WORDS = "words"  # and its words, read again from its mailbox
    REVIEW = "review"  # a message drawn at random, read again for a review


@dataclass(frozen=True, slots=True)
class Entry:
    """One look-up. `at` is seconds since the epoch, `sender` whose mail it was, `send` its number."""

    at: float
    by: str
    what: str
    sender: str
    send: int


def note(connection: sa.Connection, what: Look, by: str, send_id: int, now: float) -> None:
    """Add an entry. It is committed before anything is shown."""
    sender = sa.select(send.c.sender).where(send.c.id == send_id).scalar_subquery()
    entry = {"at": now, "by": by, "what": what, "sender": sender, "send_id": send_id}
    connection.execute(sa.insert(audit).values(entry))


def entries(connection: sa.Connection) -> tuple[Entry, ...]:
    """Every entry, the oldest first."""
    rows = connection.execute(sa.select(audit).order_by(audit.c.id))
    return tuple(Entry(row.at, row.by, row.what, row.sender, row.send_id) for row in rows)
