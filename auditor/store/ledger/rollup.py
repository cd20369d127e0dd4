"""Five-minute rows become hours after three days; the mark between them is kept, so that a late change
of a verdict finds the row it was counted in."""

import sqlalchemy as sa

from auditor.statistics.tally import COARSE_SECONDS, FINE_FOR_SECONDS, FINE_SECONDS, Amounts, TallyKey
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.schema import tally
from auditor.store.ledger.tallies import move_tally


def fine_from(connection: sa.Connection, now: float) -> int:
    """From when on the tally has five-minute rows, in seconds since the epoch; fixed at the first use."""
    mark = read_meta(connection, "fine_from")
    if mark is not None:
        return int(mark)
    start = _mark(now)
    write_meta(connection, "fine_from", str(start).encode())
    return start


def roll_up(connection: sa.Connection, now: float) -> None:
    """Turn the five-minute rows that have become old into hours, and move the mark."""
    old, new = fine_from(connection, now), _mark(now)
    if new <= old:
        return
    aged = (tally.c.width == FINE_SECONDS) & (tally.c.bucket < new)
    hours: dict[TallyKey, Amounts] = {}
    for row in connection.execute(sa.select(tally).where(aged)):
        hour = row.bucket // COARSE_SECONDS * COARSE_SECONDS
        key = TallyKey(
            row.scope, row.series, hour, COARSE_SECONDS, row.direction, row.kind, row._mapping["class"]
        )
        amounts = hours.setdefault(key, Amounts())
        amounts.messages += row.messages
        amounts.deliveries += row.deliveries
        amounts.own_words += row.own_words
        amounts.words += row.words
        amounts.merge_failures += row.merge_failures
    connection.execute(sa.delete(tally).where(aged))
    move_tally(connection, hours)
    write_meta(connection, "fine_from", str(new).encode())


def _mark(now: float) -> int:
    return int((now - FINE_FOR_SECONDS) // COARSE_SECONDS) * COARSE_SECONDS
