"""The whole of one store into an empty one: from a machine's file to a shared database, or back."""

from collections.abc import Callable

import sqlalchemy as sa

from auditor.errors import StoreError
from auditor.store.database import schema

_AT_ONCE = 2_000
_OF_THE_FLEET = frozenset({schema.replica.name, schema.lease.name})


def rows_of(connection: sa.Connection) -> int:
    """How many rows there are to copy."""
    return sum(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in _tables())


def copy(source: sa.Connection, target: sa.Connection, copied: Callable[[int], None]) -> None:
    """Copy every row but those that say which replica does what; `copied` hears how many at a time.

    Raises:
        StoreError: the target has sends of its own.
    """
    if target.scalar(sa.select(schema.send.c.id).limit(1)) is not None:
        raise StoreError("the store to copy to is not empty; give a new database")
    target.execute(sa.delete(schema.meta))
    for table in _tables():
        found = source.execution_options(yield_per=_AT_ONCE).execute(sa.select(table)).mappings()
        for some in found.partitions():
            target.execute(sa.insert(table), [dict(row) for row in some])
            copied(len(some))
        _number_on(target, table)


def _tables() -> list[sa.Table]:
    return [table for table in schema.metadata.sorted_tables if table.name not in _OF_THE_FLEET]


def _number_on(target: sa.Connection, table: sa.Table) -> None:
    """Have PostgreSQL number new rows after those that came with their numbers; SQLite does so by itself."""
    column = table.autoincrement_column
    if target.dialect.name != "postgresql" or column is None:
        return
    last = target.scalar(sa.select(sa.func.max(column)))
    if last is not None:
        target.execute(
            sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, column.name), last))
        )
