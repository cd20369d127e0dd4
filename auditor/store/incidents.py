"""Incidents in the store: loaded before each decision, written after it, in the caller's transaction."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from auditor.alert.incident import ACTIVE, Decision, Incident, Reason, State
from auditor.statistics.series import Series, Unit
from auditor.statistics.spikes import Cause
from auditor.statistics.tally import Scope
from auditor.store.database.schema import incident, template_alias


def load(connection: sa.Connection, since: float) -> tuple[Incident, ...]:
    """Every incident under way, and those that were last seen from `since` (seconds since the epoch) on.

    A template that was merged away is replaced by the one that lives, as the tally counts it.
    """
    wanted = incident.c.state.in_([str(state) for state in ACTIVE]) | (incident.c.updated_at >= since)
    rows = connection.execute(sa.select(incident).where(wanted).order_by(incident.c.id)).all()
    aliases = _aliases(connection, (row.series for row in rows if row.scope == Scope.TEMPLATE))
    return tuple(_incident(row, aliases) for row in rows)


def write(connection: sa.Connection, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Write what was decided; the decisions come back with the ids that new incidents got.

    One event has one row: an incident without an id is inserted once, here, in the same transaction as
    the letter that tells of it.
    """
    written: list[Decision] = []
    last: dict[int, Incident] = {}
    for decision in decisions:
        now = decision.incident
        if now is not None and now.id is None:
            key = connection.execute(sa.insert(incident).values(**_row(now))).inserted_primary_key
            assert key is not None  # noqa: S101  # an inserted row has one
            now = replace(now, id=key[0])
        elif now is not None and now.id is not None:
            last[now.id] = now
        written.append(Decision(decision.reason, now, decision.spike, decision.letter))
    for number, one in last.items():
        connection.execute(sa.update(incident).where(incident.c.id == number).values(**_row(one)))
    return tuple(written)


def listed(connection: sa.Connection, limit: int, *, open_only: bool) -> tuple[tuple[Incident, str], ...]:
    """Incidents that opened, the latest first, each with who acknowledged it ("" for nobody)."""
    query = sa.select(incident).where(incident.c.opened_at.is_not(None))
    if open_only:
        query = query.where(incident.c.state == str(State.OPEN))
    rows = connection.execute(query.order_by(incident.c.id.desc()).limit(limit)).all()
    aliases = _aliases(connection, (row.series for row in rows if row.scope == Scope.TEMPLATE))
    return tuple((_incident(row, aliases), row.acknowledged_by) for row in rows)


def state_of(connection: sa.Connection, number: int) -> str | None:
    """The state of an incident that opened; None where there is none of this number."""
    query = sa.select(incident.c.state).where(incident.c.id == number, incident.c.opened_at.is_not(None))
    found: str | None = connection.scalar(query)
    return found


def series_of(connection: sa.Connection, number: int) -> Series | None:
    """What an incident that opened is about; None where there is none of this number."""
    row = connection.execute(
        sa.select(incident).where(incident.c.id == number, incident.c.opened_at.is_not(None))
    ).first()
    if row is None:
        return None
    aliases = _aliases(connection, [row.series] if row.scope == Scope.TEMPLATE else [])
    return _incident(row, aliases).series


def acknowledge(connection: sa.Connection, number: int, by: str, now: float) -> None:
    """Note that somebody is at an incident."""
    connection.execute(
        sa.update(incident).where(incident.c.id == number).values(acknowledged_at=now, acknowledged_by=by)
    )


def _aliases(connection: sa.Connection, templates: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(templates))
    rows = connection.execute(sa.select(template_alias).where(template_alias.c.id.in_(wanted)))
    return {row.id: row.template for row in rows}


def _incident(row: sa.Row[Any], aliases: dict[str, str]) -> Incident:
    scope = Scope(row.scope)
    name = aliases.get(row.series, row.series) if scope is Scope.TEMPLATE else row.series
    touches = frozenset(Series(Scope(one), other) for one, other in json.loads(row.touches))
    return Incident(
        id=row.id,
        series=Series(scope, name),
        unit=Unit(row.unit),
        state=State(row.state),
        cause=Cause(row.cause),
        reason=Reason(row.reason),
        first_seen=row.first_seen,
        updated_at=row.updated_at,
        window=row.window,
        until=row.until,
        observed=row.observed,
        usual=row.usual,
        low=row.low,
        high=row.high,
        touches=touches | {Series(scope, name)},
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        told=row.told,
        folded=row.folded,
        quiet=row.quiet,
        acknowledged_at=row.acknowledged_at,
    )


def _row(one: Incident) -> dict[str, Any]:
    return {
        "scope": str(one.series.scope),
        "series": one.series.name,
        "unit": str(one.unit),
        "state": str(one.state),
        "cause": str(one.cause),
        "reason": str(one.reason),
        "first_seen": one.first_seen,
        "opened_at": one.opened_at,
        "updated_at": one.updated_at,
        "resolved_at": one.resolved_at,
        "until": one.until,
        "window": one.window,
        "observed": one.observed,
        "usual": one.usual,
        "low": one.low,
        "high": one.high,
        "told": one.told,
        "folded": one.folded,
        "quiet": one.quiet,
        "touches": json.dumps(sorted([str(series.scope), series.name] for series in one.touches)),
    }
