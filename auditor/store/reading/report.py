"""What a report asks of the store. It only reads, and from the tally wherever that can tell."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from auditor.statistics.figures import Day, Parts
from auditor.statistics.report import ReportFigures, TemplateUse
from auditor.statistics.tally import COARSE_SECONDS, Scope
from auditor.store import reviews
from auditor.store.database.schema import send, tally, template, unreadable
from auditor.store.reading.figures import series_of, team_volumes
from auditor.vocabulary import OUTREACH, PARTS, Direction

SHOWN_TEMPLATES = 15


def read_report(connection: sa.Connection, start: int, end: float, zone: tzinfo) -> ReportFigures:
    """Read everything of the span from `start` to `end`, epoch seconds; days are those of `zone`."""
    span = (start, int(end) + 1)
    used = _used(connection, span)
    top = sorted(used, key=lambda id_: (-sum(used[id_][1].values()), id_))[:SHOWN_TEMPLATES]
    return ReportFigures(
        start=start,
        end=end,
        volumes=team_volumes(connection, [span]).get(span, {}),
        days=_days(connection, span, zone),
        templates=_templates(connection, span, {id_: used[id_] for id_ in top}),
        templates_used=len(used),
        senders=_senders(connection, span),
        unreadable=connection.scalar(sa.select(sa.func.count()).select_from(unreadable)) or 0,
        agreement=reviews.latest(connection),
    )


def last_sent(connection: sa.Connection) -> float | None:
    """When the newest send that counts was sent; None without one."""
    found = connection.scalar(sa.select(sa.func.max(send.c.sent_at)).where(send.c.judged_seq.is_not(None)))
    return None if found is None else float(found)


def _within(span: tuple[int, int]) -> Any:
    return sa.and_(tally.c.bucket >= span[0], tally.c.bucket < span[1])


def _days(connection: sa.Connection, span: tuple[int, int], zone: tzinfo) -> tuple[Day, ...]:
    """Outreach deliveries outside; an hour of the tally is of the local day it starts in."""
    first = datetime.fromtimestamp(span[0], zone).date()
    last = datetime.fromtimestamp(span[1] - 1, zone).date()
    sums: dict[date, dict[str, int]] = {
        first + timedelta(days=number): {} for number in range((last - first).days + 1)
    }
    hour = (tally.c.bucket - tally.c.bucket % COARSE_SECONDS).label("hour")
    rows = connection.execute(
        sa.select(hour, tally.c["class"], sa.func.sum(tally.c.deliveries))
        .where(
            tally.c.scope == Scope.ORGANISATION,
            tally.c.series == "",
            _within(span),
            tally.c.direction == Direction.EXTERNAL,
            tally.c.kind.in_(OUTREACH),
        )
        .group_by(hour, tally.c["class"])
    )
    for began, class_, deliveries in rows:
        day = datetime.fromtimestamp(max(began, span[0]), UTC).astimezone(zone).date()
        sums[day][class_] = sums[day].get(class_, 0) + int(deliveries)
    return tuple(Day(day, Parts.of(counts)) for day, counts in sums.items())


_Use = tuple[list[int], dict[str, int]]  # messages, own words, words; deliveries by class


def _used(connection: sa.Connection, span: tuple[int, int]) -> dict[str, _Use]:
    """Templates that reached enough people, with their outreach outside in the span."""
    rows = connection.execute(
        sa.select(
            tally.c.series,
            tally.c["class"],
            *(sa.func.sum(tally.c[name]) for name in ("messages", "deliveries", "own_words", "words")),
        )
        .select_from(
            template.join(
                tally,
                sa.and_(tally.c.scope == Scope.TEMPLATE, tally.c.series == template.c.id, _within(span)),
            )
        )
        .where(
            template.c.last_sent >= span[0],
            template.c.reached,
            tally.c.direction == Direction.EXTERNAL,
            tally.c.kind.in_(OUTREACH),
            tally.c["class"].in_(PARTS),
        )
        .group_by(tally.c.series, tally.c["class"])
    )
    used: dict[str, _Use] = {}
    for id_, class_, messages, deliveries, own_words, words in rows:
        numbers, by_class = used.setdefault(id_, ([0, 0, 0], {}))
        for place, amount in enumerate((messages, own_words, words)):
            numbers[place] += int(amount)
        by_class[class_] = int(deliveries)
    return {id_: use for id_, use in used.items() if use[0][0] > 0}


def _templates(
    connection: sa.Connection, span: tuple[int, int], used: Mapping[str, _Use]
) -> tuple[TemplateUse, ...]:
    rows = connection.execute(
        sa.select(template.c.id, template.c.name, template.c.wording).where(template.c.id.in_(list(used)))
    )
    told = {row.id: (row.name, row.wording) for row in rows}
    senders = _senders_of(connection, span, list(used))
    return tuple(
        TemplateUse(
            id=id_,
            name=told[id_][0],
            wording=told[id_][1],
            messages=messages,
            deliveries=Parts.of(by_class),
            senders=senders.get(id_, 0),
            share=own / words if words else None,
        )
        for id_, ((messages, own, words), by_class) in used.items()
    )


def _senders_of(connection: sa.Connection, span: tuple[int, int], ids: Sequence[str]) -> dict[str, int]:
    counted = sa.select(send.c.template, sa.func.count(sa.distinct(send.c.sender))).where(
        send.c.template.in_(ids), send.c.sent_at >= span[0], send.c.sent_at < span[1]
    )
    return {row[0]: row[1] for row in connection.execute(counted.group_by(send.c.template))}


def _senders(connection: sa.Connection, span: tuple[int, int]) -> int:
    """People who sent anything in the span."""
    series = series_of(Scope.SENDER)
    active = (
        sa.exists()
        .where(tally.c.scope == Scope.SENDER, tally.c.series == series.c.series, _within(span))
        .where(tally.c.messages > 0)
    )
    return connection.scalar(sa.select(sa.func.count()).select_from(series).where(active)) or 0
