"""What the tables of the schema are made of."""

from sqlalchemy import BigInteger, ColumnElement, Dialect, Index, Integer, LargeBinary

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A row's number. SQLite numbers rows by itself only where the type is INTEGER."""


class Bytes(LargeBinary):
    """Bytes as the driver takes and gives them: without the copies that some others need."""

    def bind_processor(self, dialect: Dialect) -> None:
        """What is written needs no change."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """What is read needs no change."""


def partial(name: str, column: str, *, where: ColumnElement[bool]) -> Index:
    """An index over some rows only; both databases write it alike."""
    return Index(name, column, sqlite_where=where, postgresql_where=where)
