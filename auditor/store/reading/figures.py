"""The questions that metrics and pages ask of the store.

They only read; `statistics.figures` says what the answers mean.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from auditor.alert.incident import State
from auditor.statistics.figures import (
    Cell,
    Day,
    Figures,
    IncidentFigure,
    Overview,
    Parts,
    TeamUse,
    TemplateFigure,
    TemplateStory,
    Unit,
    Volume,
    Window,
)
from auditor.statistics.tally import COARSE_SECONDS, Scope
from auditor.store import outbox
from auditor.store.database.schema import incident, send, tally, template, template_alias
from auditor.store.reading.moving import Moving, Span
from auditor.vocabulary import OUTREACH, TEMPLATED, Class, Direction, Kind

TOP_TEMPLATES = 20
LISTED_TEMPLATES = 25
LISTED_INCIDENTS = 12
DAYS = 14
STORY_DAYS = 30


class Remembered:
    """What a reader remembers from one reading of the figures to the next; for one thread at a time."""

    def __init__(self) -> None:
        self.teams: Moving[Cell, Volume] = Moving(team_volumes)
        self.templates: Moving[str, int] = Moving(_template_messages)


def read_figures(connection: sa.Connection, now: float, remembered: Remembered | None = None) -> Figures:
    """Read what the metrics say of the store at `now` (seconds since the epoch).

    Without anything `remembered` from before, every row of the last 30 days is read; with it, those of the
    hours that have changed since.
    """
    remembered = remembered or Remembered()
    used = remembered.templates.windows(connection, now)
    top = {window: _largest(counted) for window, counted in used.items()}
    known = _names_and_births(connection, {id_ for ranked in top.values() for id_, _ in ranked})
    letters = outbox.queue(connection)
    opened = (
        sa.select(incident.c.scope, sa.func.count())
        .where(incident.c.state == State.OPEN)
        .group_by(incident.c.scope)
    )
    return Figures(
        at=now,
        windows=remembered.teams.windows(connection, now),
        templates=_templates_by_state(connection),
        top_templates=top,
        template_names={id_: name for id_, name, _ in known if name is not None},
        template_births={id_: first_sent for id_, _, first_sent in known},
        templates_born=_templates_born(connection, now),
        open_incidents=_pairs(connection, opened),
        letters_waiting=letters.length,
        oldest_letter_at=letters.oldest,
    )


def read_overview(connection: sa.Connection, now: float, zone: tzinfo) -> Overview:
    """Read what the first page shows beside the figures. Days are those of `zone`."""
    return Overview(
        days=_days(connection, now, zone, DAYS, Scope.ORGANISATION, ""),
        templates=_listed_templates(connection, now),
        incidents=_incidents(connection),
        templated_today=_templated_today(connection, now, zone),
    )


def read_template(connection: sa.Connection, id_: str, now: float, zone: tzinfo) -> TemplateStory | None:
    """Read one template for its page; an id that was merged away leads to the one that lives."""
    alive: str = (
        connection.scalar(sa.select(template_alias.c.template).where(template_alias.c.id == id_)) or id_
    )
    row = connection.execute(_template_columns(now).where(template.c.id == alive)).one_or_none()
    if row is None:
        return None
    mine = send.c.template == alive
    uses = connection.execute(
        sa.select(
            send.c.team,
            sa.func.count(),
            sa.func.sum(send.c.deliveries),
            sa.func.count(sa.distinct(send.c.sender)),
        )
        .where(mine)
        .group_by(send.c.team)
        .order_by(sa.func.count().desc(), send.c.team)
    )
    kinds = (
        sa.select(send.c.kind, sa.func.count())
        .where(mine)
        .group_by(send.c.kind)
        .order_by(sa.func.count().desc())
    )
    return TemplateStory(
        template=_template(row, _senders(connection, [alive])),
        days=_days(connection, now, zone, STORY_DAYS, Scope.TEMPLATE, alive),
        teams=tuple(TeamUse(*use) for use in uses),
        kinds=_pairs(connection, kinds),
        mean_share=connection.scalar(sa.select(sa.func.avg(send.c.share)).where(mine)),
    )


def _pairs(connection: sa.Connection, statement: sa.Select[Any]) -> dict[Any, Any]:
    """The first column as the key of the second."""
    return {row[0]: row[1] for row in connection.execute(statement)}


def _within(now: float, window: Window) -> Any:
    return sa.and_(tally.c.bucket >= window.start(now), tally.c.bucket <= now)


def team_volumes(connection: sa.Connection, spans: Sequence[Span]) -> dict[Span, dict[Cell, Volume]]:
    """What every team sent in each of the spans; spans without anything are left out."""
    span, series = _listed(spans), series_of(Scope.TEAM)
    columns = (span.c.start, span.c.end, tally.c.series, tally.c.direction, tally.c.kind, tally.c["class"])
    amounts = (tally.c.messages, tally.c.deliveries, tally.c.own_words, tally.c.words, tally.c.merge_failures)
    rows = connection.execute(
        sa.select(*columns, *(sa.func.sum(amount) for amount in amounts))
        .select_from(series.join(span, sa.true()).join(tally, _in_span(Scope.TEAM, series.c.series, span)))
        .group_by(*columns)
    )
    found: dict[Span, dict[Cell, Volume]] = {}
    for start, end, team, direction, kind, class_, *sums in rows:
        cell = Cell(team, Direction(direction), Kind(kind), Class(class_))
        found.setdefault((start, end), {})[cell] = Volume(*(int(value) for value in sums))
    return found


def _template_messages(connection: sa.Connection, spans: Sequence[Span]) -> dict[Span, dict[str, int]]:
    """What every template sent in each of the spans, which are ascending.

    Templates come first, and each one's rows after it, whatever the database thinks of the sizes of tables
    that it has not counted: hence the outer join. Spans that follow one another are one range of rows.
    """
    found: dict[Span, dict[str, int]] = {}
    for following in _joined(spans):
        start, end = following[0][0], following[-1][1]
        begun = template.c.first_sent < end + COARSE_SECONDS  # a bucket begins before what is in it
        used = sa.and_(template.c.last_sent >= start, begun, template.c.sends > 1)
        inside = sa.and_(tally.c.bucket >= start, tally.c.bucket < end)
        mine = sa.and_(tally.c.scope == Scope.TEMPLATE, tally.c.series == template.c.id, inside)
        rows = connection.execute(
            sa.select(template.c.id, tally.c.bucket, tally.c.messages)
            .select_from(template.outerjoin(tally, mine))
            .where(used)
        )
        starts = [span[0] for span in following]
        for id_, bucket, messages in rows.all():
            if bucket is not None:
                sums = found.setdefault(following[bisect_right(starts, bucket) - 1], {})
                sums[id_] = sums.get(id_, 0) + messages
    return found


def _joined(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The spans, ascending, in runs of which each begins where the one before ends."""
    run: list[Span] = []
    for span in spans:
        if run and run[-1][1] != span[0]:
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _listed(spans: Sequence[Span]) -> Any:
    """Spans as a table, so that one statement reads many."""
    listed = sa.values(sa.column("start", sa.BigInteger), sa.column("end", sa.BigInteger), name="spans")
    return listed.data(list(spans)).cte("span")


def _in_span(scope: Scope, series: Any, span: Any) -> Any:
    inside = sa.and_(tally.c.bucket >= span.c.start, tally.c.bucket < span.c.end)
    return sa.and_(tally.c.scope == scope, tally.c.series == series, inside)


def series_of(scope: Scope) -> Any:
    """Every series of a scope, found by jumping from one to the next in the primary key.

    A DISTINCT would read every row of the scope; with this each span seeks its (series, bucket) range.
    """
    first = sa.select(sa.func.min(tally.c.series).label("series")).where(tally.c.scope == scope)
    found = first.cte("found", recursive=True)
    following = (
        sa.select(sa.func.min(tally.c.series))
        .where(tally.c.scope == scope, tally.c.series > found.c.series)
        .correlate(found)
        .scalar_subquery()
    )
    return found.union_all(sa.select(following).where(found.c.series.is_not(None)))


def _largest(counted: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    used = (item for item in counted.items() if item[1] > 0)
    return tuple(heapq.nsmallest(TOP_TEMPLATES, used, key=lambda item: (-item[1], item[0])))


def _templates_by_state(connection: sa.Connection) -> Mapping[str, int]:
    """Templates that reached enough people, and wording that several sends share but did not (yet)."""
    rows = connection.execute(
        sa.select(template.c.reached, sa.func.count())
        .where(template.c.sends > 1)
        .group_by(template.c.reached)
    )
    counts = {bool(reached): count for reached, count in rows}
    return {"reached": counts.get(True, 0), "not_reached": counts.get(False, 0)}


def _templates_born(connection: sa.Connection, now: float) -> Mapping[Window, int]:
    """How many templates that reached enough people began within each window."""
    began = [
        sa.func.coalesce(sa.func.sum(sa.case((template.c.first_sent >= window.start(now), 1), else_=0)), 0)
        for window in Window
    ]
    counts = connection.execute(sa.select(*began).where(template.c.sends > 1, template.c.reached)).one()
    return dict(zip(Window, map(int, counts), strict=True))


def _names_and_births(connection: sa.Connection, ids: Iterable[str]) -> list[tuple[str, str | None, float]]:
    known = sa.select(template.c.id, template.c.name, template.c.first_sent).where(
        template.c.id.in_(sorted(ids))
    )
    return [(id_, name, first_sent) for id_, name, first_sent in connection.execute(known)]


def read_template_senders(connection: sa.Connection, figures: Figures) -> Mapping[str, int]:
    """How many people used each of the top templates in the last 30 days.

    It reads every send of these templates: ask once a minute at most.
    """
    ids = sorted({id_ for ranked in figures.top_templates.values() for id_, _ in ranked})
    counted = (
        sa.select(send.c.template, sa.func.count(sa.distinct(send.c.sender)))
        .where(send.c.template.in_(ids), send.c.sent_at >= Window.MONTH.start(figures.at))
        .group_by(send.c.template)
    )
    return _pairs(connection, counted)


def _days(
    connection: sa.Connection, now: float, zone: tzinfo, count: int, scope: Scope, series: str
) -> tuple[Day, ...]:
    """External outreach of the last `count` local days; an hour of the tally is of the day it starts in."""
    today = datetime.fromtimestamp(now, zone).date()
    dates = [today - timedelta(days=ago) for ago in reversed(range(count))]
    start = datetime.combine(dates[0], datetime.min.time(), zone).timestamp()
    hour = (tally.c.bucket - tally.c.bucket % COARSE_SECONDS).label("hour")
    rows = connection.execute(
        sa.select(hour, tally.c["class"], sa.func.sum(tally.c.deliveries))
        .where(
            tally.c.scope == scope,
            tally.c.series == series,
            tally.c.bucket >= start,
            tally.c.bucket <= now,
            tally.c.direction == Direction.EXTERNAL,
            tally.c.kind.in_(OUTREACH),
        )
        .group_by(hour, tally.c["class"])
    )
    sums: dict[date, dict[str, int]] = {day: {} for day in dates}
    for began, class_, deliveries in rows:
        day = sums.get(datetime.fromtimestamp(began, UTC).astimezone(zone).date())
        if day is not None:
            day[class_] = day.get(class_, 0) + int(deliveries)
    return tuple(Day(day, Parts.of(counts)) for day, counts in sums.items())


def _templated_today(connection: sa.Connection, now: float, zone: tzinfo) -> int:
    midnight = datetime.combine(datetime.fromtimestamp(now, zone).date(), datetime.min.time(), zone)
    counted = sa.select(sa.func.sum(tally.c.messages)).where(
        tally.c.scope == Scope.ORGANISATION,
        tally.c.series == "",
        tally.c.bucket >= midnight.timestamp(),
        tally.c.bucket <= now,
        tally.c.direction == Direction.EXTERNAL,
        tally.c["class"].in_(TEMPLATED),
    )
    return int(connection.scalar(counted) or 0)


def _template_columns(now: float) -> sa.Select[Any]:
    """Templates with what was sent of each in the last 30 days."""
    recent = (
        sa.select(sa.func.coalesce(sa.func.sum(tally.c[unit]), 0))
        .where(tally.c.scope == Scope.TEMPLATE, tally.c.series == template.c.id, _within(now, Window.MONTH))
        .correlate(template)
        .scalar_subquery()
        .label(f"recent_{unit}")
        for unit in Unit
    )
    columns = ("id", "name", "wording", "sends", "first_sent", "last_sent", "reached")
    return sa.select(*(template.c[name] for name in columns), *recent)


def _listed_templates(connection: sa.Connection, now: float) -> tuple[TemplateFigure, ...]:
    used = _template_columns(now).where(
        template.c.last_sent >= Window.MONTH.start(now), template.c.sends > 1, template.c.reached
    )
    rows = connection.execute(
        used.order_by(sa.desc("recent_messages"), template.c.id).limit(LISTED_TEMPLATES)
    ).all()
    senders = _senders(connection, [row.id for row in rows])
    return tuple(_template(row, senders) for row in rows)


def _senders(connection: sa.Connection, ids: list[str]) -> Mapping[str, int]:
    counted = sa.select(send.c.template, sa.func.count(sa.distinct(send.c.sender))).where(
        send.c.template.in_(ids)
    )
    return _pairs(connection, counted.group_by(send.c.template))


def _template(row: Any, senders: Mapping[str, int]) -> TemplateFigure:
    return TemplateFigure(
        id=row.id,
        name=row.name,
        wording=row.wording,
        sends=row.sends,
        recent_sends=int(row.recent_messages),
        recent_deliveries=int(row.recent_deliveries),
        senders=senders.get(row.id, 0),
        first_sent=row.first_sent,
        last_sent=row.last_sent,
        reached=bool(row.reached),
    )


def _incidents(connection: sa.Connection) -> tuple[IncidentFigure, ...]:
    """Open incidents, then the latest that ended; what was only pending never happened for people."""
    names = ("id", "scope", "series", "unit", "state", "cause", "opened_at", "updated_at", "resolved_at")
    numbers = ("window", "observed", "usual", "low", "high")
    named = sa.and_(incident.c.scope == Scope.TEMPLATE, incident.c.series == template.c.id)
    rows = connection.execute(
        sa.select(*(incident.c[name] for name in names + numbers), template.c.name, template.c.wording)
        .select_from(incident.outerjoin(template, named))
        .where(incident.c.opened_at.is_not(None))
        .order_by(sa.case((incident.c.state == State.OPEN, 0), else_=1), incident.c.updated_at.desc())
        .limit(LISTED_INCIDENTS)
    )
    return tuple(IncidentFigure(**row._mapping) for row in rows)
