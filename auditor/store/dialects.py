"""What SQLite and PostgreSQL write otherwise than each other, or SQLAlchemy offers for each alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Insert rows; those whose key is there already stay as they are."""
    return inserting(connection, table).on_conflict_do_nothing()


def upsert(
    connection: sa.Connection, table: sa.Table, keys: Sequence[str], kept: Sequence[str]
) -> sqlite.Insert | postgresql.Insert:
    """Insert rows; one whose `keys` are there already takes the new values of the columns `kept`."""
    statement = inserting(connection, table)
    values = {name: statement.excluded[name] for name in kept}
    return statement.on_conflict_do_update(index_elements=[table.c[key] for key in keys], set_=values)


def inserting(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT to which what happens on a conflict can be added."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def holds(connection: sa.Connection, column: sa.Column[bytes], part: bytes) -> sa.ColumnElement[bool]:
    """Whether bytes lie somewhere in a column of bytes."""
    if connection.dialect.name == "postgresql":
        return sa.func.strpos(sa.func.encode(column, "hex"), part.hex()) > 0
    return sa.func.instr(column, part) > 0


def random_bytes(connection: sa.Connection) -> sa.Function[bytes]:
    """Sixteen random bytes, others in each row."""
    if connection.dialect.name == "postgresql":
        return sa.func.uuid_send(sa.func.gen_random_uuid())
    return sa.func.randomblob(16)
