"""What the weekly digest asks of the store.

Boundaries are moments in seconds since the epoch, n + 1 of them for n weeks.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from auditor.statistics.figures import Parts
from auditor.statistics.series import Series
from auditor.statistics.tally import Scope
from auditor.statistics.weeks import TemplateWeek
from auditor.store.database.schema import incident, send, tally, template
from auditor.vocabulary import OUTREACH, TEMPLATED, Direction

_TEMPLATED = sorted(str(class_) for class_ in TEMPLATED)
_EXTERNAL = tally.c.direction == str(Direction.EXTERNAL)


def weekly_parts(
    connection: sa.Connection, scope: Scope, boundaries: Sequence[float]
) -> Mapping[str, tuple[Parts, ...]]:
    """The three parts of external outreach by week, in deliveries, of each series of a scope."""
    week = _week(tally.c.bucket, boundaries)
    rows = connection.execute(
        sa.select(tally.c.series, week, tally.c["class"], sa.func.sum(tally.c.deliveries))
        .where(tally.c.scope == str(scope), _within(tally.c.bucket, boundaries), _EXTERNAL)
        .where(tally.c.kind.in_(sorted(str(kind) for kind in OUTREACH)))
        .group_by(tally.c.series, week, tally.c["class"])
    )
    sums: dict[str, list[dict[str, int]]] = {}
    for series, number, class_, deliveries in rows:
        weeks = sums.setdefault(series, [{} for _ in boundaries[1:]])
        weeks[number][class_] = int(deliveries)
    return {series: tuple(map(Parts.of, weeks)) for series, weeks in sums.items()}


def weekly_templated(
    connection: sa.Connection, scopes: Sequence[Scope], boundaries: Sequence[float]
) -> Mapping[Series, list[int]]:
    """Templated external sends by week, of every series of some scopes that has any."""
    week = _week(tally.c.bucket, boundaries)
    rows = connection.execute(
        sa.select(tally.c.scope, tally.c.series, week, sa.func.sum(tally.c.messages))
        .where(tally.c.scope.in_([str(scope) for scope in scopes]), _within(tally.c.bucket, boundaries))
        .where(_EXTERNAL, tally.c["class"].in_(_TEMPLATED))
        .group_by(tally.c.scope, tally.c.series, week)
    )
    found: dict[Series, list[int]] = {}
    for scope, series, number, messages in rows:
        found.setdefault(Series(Scope(scope), series), [0] * (len(boundaries) - 1))[number] = int(messages)
    return found


def templates_of_week(
    connection: sa.Connection,
    boundaries: Sequence[float],
    limit: int,
    team: str | None = None,
    sender: str | None = None,
) -> tuple[TemplateWeek, ...]:
    """The templates most sent in the last week, by everybody, one team or one sender."""
    start, middle, end = boundaries[-3:]
    this = sa.func.sum(sa.cast(send.c.sent_at >= middle, sa.Integer)).label("this")
    query = (
        sa.select(send.c.template, template.c.name, template.c.wording, this, sa.func.count().label("both"))
        .select_from(send.join(template, template.c.id == send.c.template))
        .where(send.c.sent_at >= start, send.c.sent_at < end, send.c["class"].in_(_TEMPLATED))
        .where(send.c.direction == str(Direction.EXTERNAL))
        .group_by(send.c.template, template.c.name, template.c.wording)
        .having(this > 0)
        .order_by(this.desc(), send.c.template)
        .limit(limit)
    )
    if team is not None:
        query = query.where(send.c.team == team)
    if sender is not None:
        query = query.where(send.c.sender == sender)
    return tuple(
        TemplateWeek(row.template, row.name, row.wording, row.this, row.both - row.this)
        for row in connection.execute(query)
    )


def merge_failures(connection: sa.Connection, start: float, end: float) -> Mapping[str, int]:
    """External sends with a merge field that was not filled, by team."""
    rows = connection.execute(
        sa.select(tally.c.series, sa.func.sum(tally.c.merge_failures))
        .where(tally.c.scope == str(Scope.TEAM), tally.c.bucket >= start, tally.c.bucket < end, _EXTERNAL)
        .group_by(tally.c.series)
    )
    return {team: int(failures) for team, failures in rows if failures}


def opened(connection: sa.Connection, start: float, end: float) -> int:
    """How many incidents opened between two moments."""
    query = sa.select(sa.func.count()).where(incident.c.opened_at >= start, incident.c.opened_at < end)
    return connection.scalar(query) or 0


def template_names(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, str]:
    """The given names of templates, where they have some."""
    query = sa.select(template.c.id, template.c.name).where(
        template.c.id.in_(ids), template.c.name.is_not(None)
    )
    return {row.id: row.name for row in connection.execute(query)}


def _week(moment: sa.ColumnElement[int], boundaries: Sequence[float]) -> sa.ColumnElement[int]:
    """Which week a moment is in, from 0."""
    latest_first = [(moment >= start, number) for number, start in enumerate(boundaries[:-1])][::-1]
    return sa.case(*latest_first, else_=0).label("week")


def _within(moment: sa.ColumnElement[int], boundaries: Sequence[float]) -> sa.ColumnElement[bool]:
    return (moment >= boundaries[0]) & (moment < boundaries[-1])
