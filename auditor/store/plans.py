"""Planned campaigns and silenced series, as people asked for them."""

from collections.abc import Mapping

import sqlalchemy as sa

from auditor.statistics.plans import Plan
from auditor.statistics.series import Series
from auditor.statistics.tally import Scope
from auditor.store.database.schema import plan, silence, template_alias


def add(
    connection: sa.Connection, series: Series, starts: float, ends: float, expected: int, by: str, now: float
) -> int:
    """Write a plan down; its number."""
    values = {
        "scope": str(series.scope), "series": series.name, "starts": starts, "ends": ends,
        "expected": expected, "added_by": by, "added_at": now,
    }  # fmt: skip
    key = connection.execute(sa.insert(plan).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  # an inserted row has one
    return int(key[0])


def between(connection: sa.Connection, start: float, end: float) -> tuple[Plan, ...]:
    """The plans of which some moment lies between two (seconds since the epoch), oldest first.

    A template that was merged away is replaced by the one that lives.
    """
    query = (
        sa.select(plan, template_alias.c.template)
        .select_from(
            plan.outerjoin(
                template_alias,
                (plan.c.scope == str(Scope.TEMPLATE)) & (template_alias.c.id == plan.c.series),
            )
        )
        .where(plan.c.removed_at.is_(None), plan.c.starts < end, plan.c.ends > start)
        .order_by(plan.c.starts, plan.c.id)
    )
    return tuple(
        Plan(row.id, Series(Scope(row.scope), row.template or row.series), row.starts, row.ends, row.expected)
        for row in connection.execute(query)
    )


def remove(connection: sa.Connection, number: int, now: float) -> bool:
    """Take a plan back; whether there was one."""
    done = connection.execute(
        sa.update(plan).where(plan.c.id == number, plan.c.removed_at.is_(None)).values(removed_at=now)
    )
    return done.rowcount == 1


def keep_silent(connection: sa.Connection, series: Series, until: float, by: str) -> None:
    """Let no letter tell of a series until a moment; one that has passed ends an earlier silence."""
    where = (silence.c.scope == str(series.scope)) & (silence.c.series == series.name)
    connection.execute(sa.delete(silence).where(where))
    connection.execute(
        sa.insert(silence).values(scope=str(series.scope), series=series.name, until=until, by=by)
    )


def silences(connection: sa.Connection, now: float) -> Mapping[Series, float]:
    """The series that are silent now, and until when."""
    rows = connection.execute(sa.select(silence).where(silence.c.until > now))
    return {Series(Scope(row.scope), row.series): row.until for row in rows}
