"""Letters that wait, were sent, or were refused. A letter is written in the transaction of what it tells of.

Before a letter is handed to the mail server it is marked `unknown`: should the process or the connection
die before the answer is known, it goes again under the same Message-ID. At least once, never silently lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from auditor.store.database.schema import outbox, outbox_picture


class LetterState(StrEnum):
    """Where a letter stands."""

    PENDING = "pending"
    UNKNOWN = "unknown"  # handed over, perhaps; nobody heard the answer
    SENT = "sent"
    REFUSED = "refused"
    BUNDLED = "bundled"  # another letter tells of it


BUNDLE = "bundle"
"""The occasion of a letter that tells of several after an outage."""

MAIL = "mail"
"""The channel of letters; others are names of webhooks."""

WAITING = (LetterState.PENDING, LetterState.UNKNOWN)
ENDED = (LetterState.SENT, LetterState.REFUSED, LetterState.BUNDLED)
"""Nothing more happens to such a letter."""
_ANY_WAITS = sa.select(sa.exists().where(outbox.c.state.in_([str(state) for state in WAITING])))
"""Asked every few seconds, mostly for nothing: made once."""


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
    channel: str = MAIL
    occasion: str = ""
    gist: str = ""
    link: str | None = None
    incident_id: int | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)  # PNG, by the name in the HTML


@dataclass(frozen=True, slots=True)
class Entry:
    """A letter as it is put into the outbox.

    `message_id` has angle brackets and is unique for ever; `recipients` are our own people's addresses, from
    the configuration; `pictures` are PNG files by the names that the HTML gives them, as `cid:NAME`.
    """

    message_id: str
    occasion: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    gist: str = ""
    link: str | None = None
    incident_id: int | None = None
    channel: str = MAIL
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def enqueue(connection: sa.Connection, entry: Entry, now: float) -> int:
    """Put a letter into the outbox, due at once; it is threaded to the letter that opened its incident.

    Raises:
        sqlalchemy.exc.IntegrityError: a letter with this Message-ID is there already.
    """
    values = {
        "message_id": entry.message_id,
        "incident_id": entry.incident_id,
        "occasion": entry.occasion,
        "in_reply_to": None if entry.incident_id is None else _opening(connection, entry.incident_id),
        "channel": entry.channel,
        "addressees": "\n".join(entry.recipients),
        "recipients": "\n".join(entry.recipients),
        "subject": entry.subject,
        "text": entry.text,
        "html": entry.html,
        "gist": entry.gist,
        "link": entry.link,
        "created_at": now,
        "due_at": now,
        "state": str(LetterState.PENDING),
    }
    key = connection.execute(sa.insert(outbox).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  # an inserted row has one
    letter_id = int(key[0])
    for name, png in entry.pictures.items():
        connection.execute(sa.insert(outbox_picture).values(letter_id=letter_id, name=name, png=png))
    return letter_id


def _opening(connection: sa.Connection, incident_id: int) -> str | None:
    """The Message-ID under which an incident was first told, itself or within a letter about several."""
    row = connection.execute(
        sa.select(outbox.c.message_id, outbox.c.bundled_into)
        .where(outbox.c.incident_id == incident_id, outbox.c.channel == MAIL)
        .order_by(outbox.c.id)
        .limit(1)
    ).first()
    return None if row is None else row.bundled_into or row.message_id


def addressees(connection: sa.Connection, incident_id: int) -> tuple[str, ...]:
    """Everybody to whom letters about an incident were written so far."""
    query = sa.select(outbox.c.addressees).where(
        outbox.c.incident_id == incident_id, outbox.c.channel == MAIL
    )
    told = (one for row in connection.execute(query.order_by(outbox.c.id)) for one in row[0].split("\n"))
    return tuple(dict.fromkeys(one for one in told if one))


def is_empty(connection: sa.Connection) -> bool:
    """Whether no letter waits."""
    return not connection.scalar(_ANY_WAITS)


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
        channel=row.channel,
        occasion=row.occasion,
        gist=row.gist,
        link=row.link,
        incident_id=row.incident_id,
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


def states(connection: sa.Connection, occasion: str, written_at: float) -> list[tuple[LetterState, str]]:
    """Where the letters of one occasion and moment stand, and why the last attempt failed."""
    rows = connection.execute(
        sa.select(outbox.c.state, outbox.c.last_error).where(
            outbox.c.occasion == occasion, outbox.c.created_at == written_at
        )
    )
    return [(LetterState(row.state), row.last_error) for row in rows]


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


@dataclass(frozen=True, slots=True)
class Late:
    """A letter that has waited through an outage."""

    id: int
    incident_id: int | None
    occasion: str
    subject: str
    gist: str
    recipients: tuple[str, ...]
    created_at: float


def late(connection: sa.Connection, written_before: float, now: float) -> tuple[Late, ...]:
    """Mail that was written before a moment and never left, in order; empty unless one of it is due.

    What may have arrived is not among it, nor a letter that already tells of several.
    """
    rows = connection.execute(
        sa.select(outbox)
        .where(outbox.c.state == str(LetterState.PENDING), outbox.c.channel == MAIL)
        .where(outbox.c.created_at < written_before, outbox.c.occasion != BUNDLE)
        .order_by(outbox.c.id)
    ).all()
    if not any(row.due_at <= now for row in rows):
        return ()
    return tuple(
        Late(
            row.id, row.incident_id, row.occasion, row.subject, row.gist,
            tuple(row.recipients.split("\n")), row.created_at,
        )
        for row in rows
    )  # fmt: skip


def bundle(connection: sa.Connection, letter_ids: Iterable[int], message_id: str) -> None:
    """Let these letters rest: the one with this Message-ID tells of them."""
    for letter_id in letter_ids:
        _update(connection, letter_id, state=str(LetterState.BUNDLED), bundled_into=message_id)


def postpone_mail(connection: sa.Connection, now: float, due_at: float) -> None:
    """No mail is due before `due_at`: the mail server does not answer, whatever the letter."""
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.channel == MAIL, outbox.c.due_at <= now)
        .where(outbox.c.state.in_([str(state) for state in WAITING]))
        .values(due_at=due_at)
    )


def _update(connection: sa.Connection, letter_id: int, **values: Any) -> None:
    connection.execute(sa.update(outbox).where(outbox.c.id == letter_id).values(**values))
