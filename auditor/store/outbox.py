"""Letters that wait, were sent, or were refused. A letter is written in the transaction of what it tells of.

Before a letter is handed to the mail server it is marked `unknown`: should the process or the connection
die before the answer is known, it goes again under the same Message-ID. At least once, never silently lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from auditor.store.schema import outbox, outbox_picture


class LetterState(StrEnum):
    """Where a letter stands."""

    PENDING = "pending"
    UNKNOWN = "unknown"  # handed over, perhaps; nobody heard the answer
    SENT = "sent"
    REFUSED = "refused"


WAITING = (LetterState.PENDING, LetterState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One letter that is due. `repeated` says that it may have arrived before under its Message-ID."""

    id: int
    message_id: str
    in_reply_to: str | None
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    created_at: float
    attempts: int  # earlier ones
    repeated: bool
    pictures: Mapping[str, bytes] = field(default_factory=dict)  # PNG, by the name in the HTML


def enqueue(
    connection: sa.Connection,
    *,
    message_id: str,
    occasion: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    html: str,
    now: float,
    incident_id: int | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> int:
    """Put a letter into the outbox, due at once; it is threaded to the letter that opened its incident.

    Args:
        message_id: with angle brackets, unique for ever.
        pictures: PNG files by the names that the HTML gives them, as `cid:NAME`.
        recipients: our own people's addresses, from the configuration.
        now: seconds since the epoch.

    Raises:
        sqlalchemy.exc.IntegrityError: a letter with this Message-ID is there already.
    """
    values = {
        "message_id": message_id,
        "incident_id": incident_id,
        "occasion": occasion,
        "in_reply_to": None if incident_id is None else _opening(connection, incident_id),
        "recipients": "\n".join(recipients),
        "subject": subject,
        "text": text,
        "html": html,
        "created_at": now,
        "due_at": now,
        "state": str(LetterState.PENDING),
    }
    key = connection.execute(sa.insert(outbox).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  # an inserted row has one
    letter_id = int(key[0])
    for name, png in (pictures or {}).items():
        connection.execute(sa.insert(outbox_picture).values(letter_id=letter_id, name=name, png=png))
    return letter_id


def _opening(connection: sa.Connection, incident_id: int) -> str | None:
    query = (
        sa.select(outbox.c.message_id)
        .where(outbox.c.incident_id == incident_id)
        .order_by(outbox.c.id)
        .limit(1)
    )
    found: str | None = connection.scalar(query)
    return found


def take_due(connection: sa.Connection, now: float) -> Waiting | None:
    """The letter due for longest, marked `unknown` until its outcome is written; None if none is due."""
    due = outbox.c.state.in_([str(state) for state in WAITING]) & (outbox.c.due_at <= now)
    row = connection.execute(
        sa.select(outbox).where(due).order_by(outbox.c.due_at, outbox.c.id).limit(1)
    ).first()
    if row is None:
        return None
    _update(connection, row.id, state=str(LetterState.UNKNOWN), attempts=row.attempts + 1)
    return Waiting(
        id=row.id,
        message_id=row.message_id,
        in_reply_to=row.in_reply_to,
        recipients=tuple(row.recipients.split("\n")) if row.recipients else (),
        subject=row.subject,
        text=row.text,
        html=row.html,
        created_at=row.created_at,
        attempts=row.attempts,
        repeated=row.state == LetterState.UNKNOWN,
        pictures=_pictures(connection, row.id),
    )


def _pictures(connection: sa.Connection, letter_id: int) -> dict[str, bytes]:
    query = sa.select(outbox_picture.c.name, outbox_picture.c.png).where(
        outbox_picture.c.letter_id == letter_id
    )
    return {row.name: row.png for row in connection.execute(query.order_by(outbox_picture.c.name))}


def mark_sent(connection: sa.Connection, letter_id: int, now: float, note: str = "") -> None:
    """The mail server took it for everybody it will ever take it for; `note` names what it refused."""
    _update(connection, letter_id, state=str(LetterState.SENT), sent_at=now, last_error=note)


def mark_refused(connection: sa.Connection, letter_id: int, error: str) -> None:
    """It will never be taken; a person has to change something."""
    _update(connection, letter_id, state=str(LetterState.REFUSED), last_error=error)


def mark_delayed(
    connection: sa.Connection,
    letter_id: int,
    due_at: float,
    error: str,
    recipients: Iterable[str] | None = None,
) -> None:
    """It was certainly not taken, or not for `recipients`: these get it later."""
    values: dict[str, Any] = {"state": str(LetterState.PENDING), "due_at": due_at, "last_error": error}
    if recipients is not None:
        values["recipients"] = "\n".join(recipients)
    _update(connection, letter_id, **values)


def mark_unknown(connection: sa.Connection, letter_id: int, due_at: float, error: str) -> None:
    """It may have been taken; it goes again under the same Message-ID."""
    _update(connection, letter_id, state=str(LetterState.UNKNOWN), due_at=due_at, last_error=error)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many letters wait, and since when the oldest does (seconds since the epoch, None if none)."""

    length: int
    oldest: float | None


def queue(connection: sa.Connection) -> Queue:
    """What waits in the outbox."""
    waiting = outbox.c.state.in_([str(state) for state in WAITING])
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.min(outbox.c.created_at)).where(waiting)
    ).one()
    return Queue(row[0], row[1])


def _update(connection: sa.Connection, letter_id: int, **values: Any) -> None:
    connection.execute(sa.update(outbox).where(outbox.c.id == letter_id).values(**values))
