"""What people answered in reviews, as counts; the latest stands on the report."""

import json
from collections.abc import Mapping

import sqlalchemy as sa

from auditor.statistics.agreement import Agreement, agreement
from auditor.store.database.schema import review
from auditor.vocabulary import Class

Said = Mapping[Class, Mapping[Class, int]]
"""Our class -> what the person said -> how often."""


def keep(connection: sa.Connection, by: str, said: Said, population: Mapping[Class, int], now: float) -> None:
    """Keep the counts of one review."""
    row = {"at": now, "by": by, "said": json.dumps(said), "population": json.dumps(population)}
    connection.execute(sa.insert(review).values(row))


def latest(connection: sa.Connection) -> Agreement | None:
    """How often people agreed in the latest review; None before there was one."""
    row = connection.execute(sa.select(review).order_by(review.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    said = {Class(ours): _counts(theirs) for ours, theirs in json.loads(row.said).items()}
    return agreement(row.at, said, _counts(json.loads(row.population)))


def _counts(given: Mapping[str, int]) -> dict[Class, int]:
    return {Class(name): count for name, count in given.items()}
