"""What the tally has of the past, one series at a time: memory does not grow with the number of sends."""

from collections.abc import Iterator

import sqlalchemy as sa

from auditor.people import NO_TEAM
from auditor.statistics.figures import Cell, Volume
from auditor.statistics.tally import COARSE_SECONDS, Scope
from auditor.store.database.schema import tally
from auditor.vocabulary import Class, Direction, Kind


def first_hour(connection: sa.Connection) -> int | None:
    """When the oldest send that counts was sent: the start of its bucket, epoch seconds; None without one."""
    oldest = sa.select(sa.func.min(tally.c.bucket)).where(
        tally.c.scope == Scope.ORGANISATION, tally.c.series == "", tally.c.messages > 0
    )
    found = connection.scalar(oldest)
    return None if found is None else int(found)


def teams(connection: sa.Connection) -> tuple[str, ...]:
    """Every team that ever sent anything."""
    found: list[str] = []
    while True:  # from one to the next in the primary key: a DISTINCT would read every row
        last = found[-1] if found else None
        following = sa.select(sa.func.min(tally.c.series)).where(tally.c.scope == Scope.TEAM)
        team = connection.scalar(following if last is None else following.where(tally.c.series > last))
        if team is None:
            return tuple(found)
        found.append(team)


def hours(connection: sa.Connection, team: str | None) -> Iterator[tuple[int, Cell, Volume]]:
    """What a team (None: the whole organisation) sent, by the hour it lies in, oldest first."""
    scope = Scope.ORGANISATION if team is None else Scope.TEAM
    hour = (tally.c.bucket - tally.c.bucket % COARSE_SECONDS).label("hour")
    columns = (hour, tally.c.direction, tally.c.kind, tally.c["class"])
    amounts = (tally.c.messages, tally.c.deliveries, tally.c.own_words, tally.c.words, tally.c.merge_failures)
    rows = connection.execute(
        sa.select(*columns, *(sa.func.sum(amount) for amount in amounts))
        .where(tally.c.scope == scope, tally.c.series == (team or ""))
        .group_by(*columns)
        .order_by(hour)
    )
    for start, direction, kind, class_, *sums in rows:
        cell = Cell(team or NO_TEAM, Direction(direction), Kind(kind), Class(class_))
        yield start, cell, Volume(*(int(value) for value in sums))
