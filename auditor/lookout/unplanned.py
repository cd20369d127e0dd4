"""Hourly counts to learn from: without what planned campaigns added."""

from collections.abc import Iterable

import sqlalchemy as sa

from auditor.statistics.planned import without_plans
from auditor.statistics.series import HOUR, Counts, Series
from auditor.store import plans
from auditor.store.reading import volumes


def hours(
    connection: sa.Connection, series: Iterable[Series], since: int, now: float
) -> dict[Series, Counts]:
    """The hourly counts of some series from an hour since the epoch on, without what was planned."""
    counts = volumes.hours(connection, series, since * HOUR)
    announced = plans.between(connection, since * HOUR, now)
    if not announced:
        return counts
    ordinary = volumes.hours(connection, {plan.series for plan in announced}, since * HOUR)
    sent = {plan: volumes.sent_by_hour(connection, plan.series, plan.starts, plan.ends) for plan in announced}
    return without_plans(counts, ordinary, sent)
