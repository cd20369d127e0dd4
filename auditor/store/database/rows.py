"""Many rows in one statement, as each database takes them fastest.

SQLite runs a statement once a row in its own process. To PostgreSQL every column goes as one array that the
server unfolds (https://www.postgresql.org/docs/current/functions-array.html, unnest): one statement to read
and plan instead of hundreds, a fifth of the time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

Row = Mapping[str, object]
"""Values by the names of columns."""

_ORDER = "given_order"


def insert_rows(connection: sa.Connection, statement: sa.Insert, rows: Sequence[Row]) -> None:
    """Insert `rows`, which all name the same columns, by an INSERT and what it does on a conflict.

    Of rows that may meet on one key, only one may be given.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_unfolded(statement, rows))
    else:
        connection.execute(statement, rows)


def insert_numbered(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> tuple[int, ...]:
    """Insert `rows` into a table that numbers them by its column `id`; the ids, rising in the rows' order."""
    if not rows:
        return ()
    statement = sa.insert(table)
    if connection.dialect.name == "postgresql":
        numbered = _unfolded(statement, rows).returning(table.c.id)
        return tuple(sorted(connection.scalars(numbered)))
    connection.execute(statement, rows)
    # There is one writer, and each row's number is one above the highest (sqlite.org/autoinc.html).
    last = connection.execute(sa.select(sa.func.last_insert_rowid())).scalar_one()
    return tuple(range(last - len(rows) + 1, last + 1))


def update_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Give the rows whose `id` is named the other values beside it; all of `rows` name the same columns."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    if connection.dialect.name == "postgresql":
        given = _given(table, rows)
        statement = sa.update(table).where(table.c.id == given.c.id)
        connection.execute(statement.values({name: given.c[name] for name in names}))
    else:
        statement = sa.update(table).where(table.c.id == sa.bindparam("b_id"))
        statement = statement.values({name: sa.bindparam(f"b_{name}") for name in names})
        connection.execute(statement, [{f"b_{name}": value for name, value in row.items()} for row in rows])


def _unfolded(statement: sa.Insert, rows: Sequence[Row]) -> sa.Insert:
    """The statement with its rows as arrays; a sequence numbers them in their order."""
    given = _given(statement.table, rows)
    names = list(rows[0])
    return statement.from_select(
        names, sa.select(*(given.c[name] for name in names)).order_by(given.c[_ORDER])
    )


def _given(table: sa.TableClause, rows: Sequence[Row]) -> sa.TableValuedAlias:
    """The rows as a table of that name, from an array for each column."""
    columns = [table.c[name] for name in rows[0]]
    arrays = [sa.bindparam(f"all_{one.name}", _plain(one, rows), ARRAY(one.type)) for one in columns]
    names = [sa.column(one.name, one.type) for one in columns]
    unfolded = sa.func.unnest(*arrays).table_valued(*names, with_ordinality=_ORDER)
    return unfolded.render_derived(name="given")


def _plain(column: sa.ColumnClause[Any], rows: Sequence[Row]) -> list[object]:
    """An array has one type, and its driver no mercy: what is an enumeration's name becomes text, what is a
    whole number among others such a number."""
    kind = column.type.python_type
    values = [row[column.name] for row in rows]
    return [None if value is None else kind(value) for value in values]
