"""Bringing the store of an earlier version up to this one's schema, in the transaction that opens it.

Tables, columns and indexes that are missing are made; a column that is new in a table with rows has its
default in them. Where the template stage keeps its state otherwise than it was written, all sends are judged
anew: their keyed words are there, and templates keep their ids, and what people gave them.
"""

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from auditor.store.database import schema
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.ledger.anew import judge_anew

_REPLACED = ("template_last_sent",)
"""Indexes of earlier versions in whose place this one has others."""
_STATE_FORMAT = "state_format"


def bring_up(connection: sa.Connection, *, shared: bool = False) -> None:
    """Make a store of an earlier version one of this version.

    Where it is `shared`, replicas of the earlier version may still be at work: what is added does not disturb
    them, and the state of templates is left to the one that judges (`use_format`).
    """
    _complete(connection)
    if not shared:
        for name in _REPLACED:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
        use_format(connection)


def use_format(connection: sa.Connection) -> None:
    """Have the template stage's state as this version keeps it; called by who judges, alone."""
    if _known_format(connection) != schema.STATE_FORMAT:
        judge_anew(connection)
        note_format(connection)


def may_judge(connection: sa.Connection) -> bool:
    """Whether this version understands the state of templates: once a newer one has judged, it does not."""
    return _known_format(connection) <= schema.STATE_FORMAT


def _known_format(connection: sa.Connection) -> int:
    """The format that the store's state has; 0 before the first that was noted."""
    return int(read_meta(connection, _STATE_FORMAT) or b"0")


def note_format(connection: sa.Connection) -> None:
    """Write down how the template stage keeps its state from now on."""
    write_meta(connection, _STATE_FORMAT, str(schema.STATE_FORMAT).encode())


def _complete(connection: sa.Connection) -> None:
    """Make what the schema has and this database lacks."""
    existing = set(sa.inspect(connection).get_table_names())
    for table in schema.metadata.sorted_tables:
        if table.name not in existing:
            table.create(connection)
            continue
        _add_columns(connection, table)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            index.create(connection, checkfirst=True)


def _add_columns(connection: sa.Connection, table: sa.Table) -> None:
    existing = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    preparer = connection.dialect.identifier_preparer
    for column in table.columns:
        if column.name in existing:
            continue
        definition = str(CreateColumn(_with_default(column)).compile(dialect=connection.dialect))
        connection.exec_driver_sql(f"ALTER TABLE {preparer.format_table(table)} ADD COLUMN {definition}")


def _with_default(column: sa.Column[object]) -> sa.Column[object]:
    """The column as it is added: its default has to be the database's own, for the rows that are there."""
    default = column.default
    if column.nullable or not isinstance(default, sa.ColumnDefault) or not default.is_scalar:
        return sa.Column(column.name, column.type, nullable=column.nullable)
    literal = sa.literal(default.arg, column.type)
    text = literal.compile(compile_kwargs={"literal_binds": True})
    return sa.Column(column.name, column.type, nullable=False, server_default=sa.text(str(text)))
