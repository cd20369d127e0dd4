"""What `auditor mailbox list` says: each mailbox's id, which metrics and page use, and how far it is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from auditor.config import Config
from auditor.mailbox.entries import expand, inboxes
from auditor.mailbox.found import Cursor
from auditor.people import People
from auditor.store import mailboxes

NOT_WATCHED = "not_watched"
"""The state of a mailbox that the store knows and the configuration does not name any more."""

NOT_STARTED = "not_started"
"""The state of a mailbox that the configuration names and no daemon has read yet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One mailbox. `id` is None until a daemon has seen it; times are RFC 3339."""

    id: int | None
    login: str
    host: str
    folder: str
    state: str
    last_sync: str | None
    backlog: int
    cursor: Cursor | None
    unreadable: int
    reason: str


def listed(connection: sa.Connection, config: Config, company: People) -> tuple[Row, ...]:
    """Every mailbox of the configuration, and those that the store knows beside."""
    known = {one.key: one for one in mailboxes.listed(connection)}
    rows = []
    for entry in (*expand(config, company), *inboxes(config, company)):
        settings = entry.mailbox
        one = known.pop(entry.key, None)
        host = f"{settings.host}:{settings.port}"
        if one is None:
            folder = settings.folder or ""
            rows.append(Row(None, settings.username, host, folder, NOT_STARTED, None, 0, None, 0, ""))
        else:
            rows.append(_row(one, settings.username, host, one.state))
    for one in known.values():
        login, _, place = one.key.rpartition("@")
        rows.append(_row(one, login, place.partition("/")[0], NOT_WATCHED))
    return tuple(rows)


def told(fields: Mapping[str, Any]) -> Row:
    """A row as it came over the socket."""
    cursor = fields["cursor"]
    return Row(**{**fields, "cursor": None if cursor is None else Cursor(**cursor)})


_LEAST = 18
"""Columns of a name that is folded."""


def as_table(rows: Sequence[Row], zone: ZoneInfo) -> Table:
    """The mailboxes for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "login", "folder", "state", "last sync", "backlog", "read", "unreadable"):
        justify: JustifyMethod = "right" if name in {"id", "backlog"} else "left"
        folds = name in {"login", "folder", "state"}
        table.add_column(
            name, overflow="fold", no_wrap=not folds, min_width=_LEAST if folds else None, justify=justify
        )
    for row in rows:
        at = "never" if row.last_sync is None else _local(row.last_sync, zone)
        span = "" if row.cursor is None else f"{row.cursor.low}–{row.cursor.high}"
        state = row.state.replace("_", " ") + (f": {row.reason}" if row.reason else "")
        cells = ("–" if row.id is None else str(row.id), row.login, row.folder, state, at)
        table.add_row(*map(Text, (*cells, f"{row.backlog:,}", span, str(row.unreadable or ""))))
    return table


def as_json(rows: Sequence[Row]) -> str:
    """The mailboxes for a program."""
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1)


def _row(one: mailboxes.Listed, login: str, host: str, state: str) -> Row:
    at = (
        None
        if one.last_sync is None
        else datetime.fromtimestamp(one.last_sync, UTC).isoformat(timespec="seconds")
    )
    return Row(
        one.id, login, host, one.folder, state, at, one.backlog, one.cursor, one.unreadable, one.reason
    )


def _local(at: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
