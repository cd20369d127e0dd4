"""What SQLite and PostgreSQL write otherwise than each other, or SQLAlchemy offers for each alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import event
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


def refuse_changes(table: sa.Table) -> None:
    """Have the database itself refuse to change or remove a row, from the moment the table is made."""
    name = table.name
    said = f"the {name} log is not changed"
    statements = {
        "sqlite": [
            f"CREATE TRIGGER {name}_keeps_{change.lower()} BEFORE {change} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for change in ("UPDATE", "DELETE")
        ],
        "postgresql": [
            f"CREATE OR REPLACE FUNCTION {name}_keeps() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$",
            f"CREATE TRIGGER {name}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_keeps()",
        ],
    }
    for dialect, made in statements.items():
        for statement in made:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
