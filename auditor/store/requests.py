"""Changes that people asked for: a row each, from the asking to the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from auditor.errors import AuditorError
from auditor.store.database.schema import request


class State(StrEnum):
    """Where a request is."""

    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"


class Refused(AuditorError):
    """A change that cannot be made. `reason` is a stable snake_case word; the message says what to do."""

    exit_code = 2

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Request:
    """One change that somebody asked for. `arguments` is JSON, `asked_at` seconds since the epoch."""

    id: int
    what: str
    by: str
    asked_at: float
    arguments: str
    state: State = State.PENDING
    reason: str = ""
    answer: str = ""


def put(connection: sa.Connection, what: str, by: str, arguments: str, now: float) -> int:
    """Write a request down; judgement will apply it. Returns its number."""
    values = {"what": what, "by": by, "asked_at": now, "arguments": arguments}
    result = connection.execute(sa.insert(request).values(values))
    assert result.inserted_primary_key is not None  # noqa: S101  # one row, one key
    return int(result.inserted_primary_key[0])


def find(connection: sa.Connection, id_: int) -> Request:
    """A request by its number."""
    return _request(connection.execute(sa.select(request).where(request.c.id == id_)).one())


def settle_pending(
    connection: sa.Connection, apply: Callable[[sa.Connection, Request, float], str], now: float
) -> tuple[str, ...]:
    """Apply what waits, in the order of asking, within the caller's transaction; the names of what it was.

    `apply` makes one change and returns what to tell who asked, or raises `Refused`. A change that is
    refused half-way leaves nothing; neither does one that fails, which must not stop judgement for ever.
    """
    waiting = sa.select(request).where(request.c.state == State.PENDING).order_by(request.c.id)
    rows = connection.execute(waiting).all()
    for row in rows:
        state, reason = State.APPLIED, ""
        savepoint = connection.begin_nested()
        try:
            answer = apply(connection, _request(row), now)
            savepoint.commit()
        except DatabaseError:
            raise
        except Refused as error:
            savepoint.rollback()
            state, reason, answer = State.REFUSED, error.reason, str(error)
        except Exception as error:  # noqa: BLE001  # a fault of ours in one change
            savepoint.rollback()
            state, reason, answer = State.REFUSED, "failed", f"it failed: {type(error).__name__}"
        settled = {"state": state, "reason": reason, "answer": answer, "settled_at": now}
        connection.execute(sa.update(request).where(request.c.id == row.id).values(settled))
    return tuple(row.what for row in rows)


def _request(row: sa.Row[tuple[object, ...]]) -> Request:
    return Request(
        row.id, row.what, row.by, row.asked_at, row.arguments, State(row.state), row.reason, row.answer
    )
