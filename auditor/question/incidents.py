"""What `auditor alert list` and `auditor plan list` say."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rich.table import Table
from rich.text import Text

from auditor.alert.incident import Incident
from auditor.config import Config
from auditor.people import People
from auditor.post.house import naming
from auditor.statistics.series import Series
from auditor.statistics.tally import Scope
from auditor.store import incidents, plans
from auditor.store.ledger import templates
from auditor.story.who import team_in_words
from auditor.story.words import plain, span

_LIMIT = 200
_LEAST = 16
"""Columns of a sentence that is folded."""
_TIMES = ("opened_at", "resolved_at", "starts", "ends")


@dataclass(frozen=True, slots=True)
class Row:
    """One incident; `series` is what may be shown of it. Times are seconds since the epoch."""

    id: int
    state: str
    scope: str
    series: str
    cause: str
    unit: str
    window: int  # seconds
    observed: int
    usual: float
    low: float
    high: float
    opened_at: float
    resolved_at: float | None
    acknowledged_by: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan that is not over, or was not long ago."""

    id: int
    scope: str
    series: str
    starts: float  # this and the next: seconds since the epoch
    ends: float
    expected: int


def listed(connection: sa.Connection, config: Config, company: People, *, open_only: bool) -> list[Row]:
    """The incidents that opened, the latest first."""
    told = incidents.listed(connection, _LIMIT, open_only=open_only)
    return [_row(connection, one, by, config, company) for one, by in told]


def planned(connection: sa.Connection, *, with_past: bool) -> list[PlanRow]:
    """The plans, in the order of their times."""
    now = time.time()
    since = 0.0 if with_past else now
    return [
        PlanRow(
            one.id, str(one.series.scope), _named(connection, one.series), one.starts, one.ends, one.expected
        )
        for one in plans.between(connection, since, float("inf"))
    ]


def _row(connection: sa.Connection, one: Incident, by: str, config: Config, company: People) -> Row:
    return Row(
        id=one.id or 0,
        state=str(one.state),
        scope=str(one.series.scope),
        series=_shown(connection, one.series, config, company),
        cause=str(one.cause),
        unit=str(one.unit),
        window=one.window,
        observed=one.observed,
        usual=one.usual,
        low=one.low,
        high=one.high,
        opened_at=one.opened_at or one.first_seen,
        resolved_at=one.resolved_at,
        acknowledged_by=by,
        quiet=one.quiet or one.folded,
    )


def _shown(connection: sa.Connection, series: Series, config: Config, company: People) -> str:
    """A series as a letter would show it: a sender is not named unless that is switched on."""
    if series.scope is not Scope.SENDER:
        return _named(connection, series)
    team = company.team(series.name)
    return naming(config, company)(series.name, team) or f"1 person of {team_in_words(team)}"


def _named(connection: sa.Connection, series: Series) -> str:
    match series.scope:
        case Scope.TEMPLATE:
            row = templates.find(connection, series.name)
            return f"“{plain(row.name, 60)}”" if row is not None and row.name else f"template {series.name}"
        case Scope.TEAM:
            return team_in_words(series.name)
        case Scope.SENDER:
            return series.name
    return "the whole organisation"


def as_table(rows: Sequence[Row], zone: ZoneInfo) -> Table:
    """Incidents for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "state", "opened"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", overflow="fold", min_width=_LEAST)
    table.add_column("how much", justify="right", no_wrap=True)
    table.add_column("usual (95% range)", no_wrap=True)
    table.add_column("why", overflow="fold", min_width=_LEAST)
    for row in rows:
        state = f"{row.state}, {row.acknowledged_by} is at it" if row.acknowledged_by else row.state
        cells = (
            str(row.id),
            f"{state}, no letters" if row.quiet else state,
            _moment(row.opened_at, zone),
            row.series,
            f"{row.observed:,} {row.unit} {span(row.window)}",
            f"{row.usual:,.0f} ({row.low:,.0f} to {row.high:,.0f})",
            row.cause.replace("_", " "),
        )
        table.add_row(*map(Text, cells))  # square brackets in a name are no colour
    return table


def plans_table(rows: Sequence[PlanRow], zone: ZoneInfo) -> Table:
    """Plans for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("what", overflow="fold", min_width=_LEAST)
    for name in ("from", "to"):
        table.add_column(name, no_wrap=True)
    table.add_column("expected", justify="right", no_wrap=True)
    for row in rows:
        times = (_moment(row.starts, zone), _moment(row.ends, zone))
        table.add_row(*map(Text, (str(row.id), row.series, *times, f"{row.expected:,}")))
    return table


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """Rows for a program; times in RFC 3339."""
    told = [{name: _told(name, value) for name, value in row.items()} for row in rows]
    return json.dumps(told, ensure_ascii=False, indent=1)


def fields(rows: Sequence[Row] | Sequence[PlanRow]) -> list[dict[str, Any]]:
    """Rows as they travel."""
    return [asdict(row) for row in rows]


def _told(name: str, value: Any) -> Any:
    if name not in _TIMES or value is None:
        return value
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")


def _moment(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%a %-d %b %Y, %H:%M")
