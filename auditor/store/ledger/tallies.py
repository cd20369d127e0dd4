"""Moving the tally: by changes, and from a template that was merged to the one that lives."""

from collections.abc import Mapping

import sqlalchemy as sa

from auditor.statistics.tally import COARSE_SECONDS, Amounts, Counted, Scope, TallyKey
from auditor.store.database.dialects import inserting
from auditor.store.database.rows import insert_rows
from auditor.store.database.schema import tally, tally_change
from auditor.vocabulary import Class, Direction, Kind


def move_tally(connection: sa.Connection, changes: Mapping[TallyKey, Amounts]) -> None:
    """Add `changes` to the tally."""
    if not changes:
        return
    statement = inserting(connection, tally)
    columns = ("messages", "deliveries", "own_words", "words", "merge_failures")
    statement = statement.on_conflict_do_update(
        index_elements=list(tally.primary_key),
        set_={name: tally.c[name] + statement.excluded[name] for name in columns},
    )
    insert_rows(
        connection,
        statement,
        [
            {
                "scope": key.scope,
                "series": key.series,
                "bucket": key.bucket,
                "width": key.width,
                "direction": key.direction,
                "kind": key.kind,
                "class": key.class_,
                "messages": amounts.messages,
                "deliveries": amounts.deliveries,
                "own_words": amounts.own_words,
                "words": amounts.words,
                "merge_failures": amounts.merge_failures,
            }
            for key, amounts in changes.items()
        ],
    )
    _note(connection, {key.bucket // COARSE_SECONDS * COARSE_SECONDS for key in changes})


def _note(connection: sa.Connection, hours: set[int]) -> None:
    """Tell readers that these hours are not what they were."""
    statement = inserting(connection, tally_change)
    statement = statement.on_conflict_do_update(
        index_elements=[tally_change.c.hour], set_={"times": tally_change.c.times + 1}
    )
    insert_rows(connection, statement, [{"hour": hour, "times": 1} for hour in sorted(hours)])


def as_tallied(row: sa.Row[tuple[object, ...]]) -> Counted:
    """How a judged send, a row of `send`, was tallied."""
    return Counted(
        sender=row.sender,
        team=row.team,
        template=row.template,
        sent_at=row.sent_at,
        direction=Direction(row.tallied_direction),
        kind=Kind(row.tallied_kind),
        class_=Class(row._mapping["class"]),
        deliveries=row.tallied_deliveries,
        words=row.word_count,
        share=row.share,
        merge_failure=row.merge_failure,
    )


def hand_over(connection: sa.Connection, younger: str, older: str) -> None:
    """Count what the younger template counted for the older one."""
    counted = sa.and_(tally.c.scope == Scope.TEMPLATE, tally.c.series == younger)
    rows = connection.execute(sa.select(tally).where(counted)).all()
    connection.execute(sa.delete(tally).where(counted))
    move_tally(connection, {_key(row, older): _amounts(row) for row in rows})


def _key(row: sa.Row[tuple[object, ...]], series: str) -> TallyKey:
    return TallyKey(
        row.scope,
        series,
        row.bucket,
        row.width,
        Direction(row.direction),
        Kind(row.kind),
        Class(row._mapping["class"]),
    )


def _amounts(row: sa.Row[tuple[object, ...]]) -> Amounts:
    return Amounts(row.messages, row.deliveries, row.own_words, row.words, row.merge_failures)
