"""Single values of the store: marks of how far something has come, kept with what they speak of."""

import sqlalchemy as sa

from auditor.store.database import schema


def read_meta(connection: sa.Connection, key: str) -> bytes | None:
    """A single value of the store, or None."""
    value: bytes | None = connection.scalar(sa.select(schema.meta.c.value).where(schema.meta.c.key == key))
    return value


def write_meta(connection: sa.Connection, key: str, value: bytes) -> None:
    """Set a single value of the store."""
    connection.execute(sa.delete(schema.meta).where(schema.meta.c.key == key))
    connection.execute(sa.insert(schema.meta).values(key=key, value=value))
