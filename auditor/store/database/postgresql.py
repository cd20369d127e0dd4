"""PostgreSQL, the store of several replicas: the only home of psycopg.

Each process has one connection that writes and one that reads. Transactions are READ COMMITTED, and what
two replicas may touch at once is locked row by row where it is changed; what then still collides (the same
send found by two of them at the same moment, a deadlock) is done again from the start. Nothing is prepared
on the server, so that a pooler may give every transaction another connection (pgbouncer, transaction pooling:
https://www.pgbouncer.org/features.html).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, OperationalError

from auditor.errors import ConfigError, StoreAway, StoreError, StoreFull

_AGAIN = frozenset({"40001", "40P01", "23505", "42P07", "42701"})
"""Serialisation, deadlock, unique violation, and a table or column that another replica has just made."""

_FULL = frozenset({"53100", "53200", "25006"})  # no room on disk, no memory, read-only server
_REFUSED = ("28", "3D", "42501")  # password or role, no such database, no right
_CONNECT_SECONDS = 10
_QUIET_SECONDS = 30  # until a connection that says nothing more counts as lost


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A database on a server. `beside` is what the names of this machine's own files begin with."""

    url: str  # postgresql://user@host:port/database, without the password
    beside: Path
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        url = sa.make_url(self.url)
        return f"{url.host or 'local'}/{url.database}"

    def exists(self) -> bool:
        """Whether there is anything to read: a server says so itself."""
        return True

    def engine(self, *, read_only: bool = False) -> sa.Engine:
        """A connection of its own, made anew when it is lost.

        Raises:
            ConfigError: the extra that speaks to PostgreSQL is not installed.
        """
        url = sa.make_url(self.url).set(drivername="postgresql+psycopg")
        if self.password is not None:
            url = url.set(password=self.password)
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if read_only else {}
        try:
            engine = sa.create_engine(
                url,
                pool_size=1,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args={
                    "prepare_threshold": None,
                    "connect_timeout": _CONNECT_SECONDS,
                    "application_name": "auditor",
                    "keepalives_idle": _QUIET_SECONDS // 3,
                    "keepalives_interval": _QUIET_SECONDS // 6,
                    "keepalives_count": 3,
                    "tcp_user_timeout": _QUIET_SECONDS * 1000,
                },
                **options,
            )
        except ModuleNotFoundError:
            raise ConfigError(
                "store.url: PostgreSQL needs an extra: pip install 'campaign-auditor[postgresql]'"
            ) from None

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            connection.read_only = read_only
            connection.adapters.register_loader("numeric", _whole_numbers())
            connection.adapters.register_dumper(list, _binary_lists())

        return engine

    def lock(self) -> IO[str] | None:
        """Several replicas share it: who does what is said by leases, row by row."""
        return None

    def erase(self, engine: sa.Engine) -> None:
        """Free the rows as they were (postgresql.org/docs/current/sql-vacuum.html); new ones overwrite them.

        Raises:
            StoreError: the database refuses.
        """
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in (
                    "send",
                    "recipient",
                    "location",
                    "template",
                    "tally",
                    "meta",
                    "answer",
                    "outbox",
                ):
                    connection.exec_driver_sql(f"VACUUM {name}")
        except DatabaseError as error:
            raise self.translated(error) from None

    def is_worth_repeating(self, error: DatabaseError) -> bool:
        """Whether another replica was quicker, so that the same transaction goes through now."""
        return _state_of(error) in _AGAIN

    def translated(self, error: DatabaseError) -> StoreError:
        """The database's error as one line that says what to do."""
        state = _state_of(error)
        if state in _FULL:
            return StoreFull(f"{self.name}: the database has no room; reading goes on by itself when it has")
        if state.startswith(_REFUSED) or "authentication failed" in str(error.orig):
            return StoreError(f"{self.name}: the database refuses us; check store.url, its role and password")
        if isinstance(error, OperationalError):
            return StoreAway(f"{self.name}: the database does not answer; reading goes on when it does")
        return StoreError(f"{self.name}: the store refused a change: {type(error.orig).__name__} {state}")


def _state_of(error: DatabaseError) -> str:
    """SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html; "" where there is none."""
    return getattr(error.orig, "sqlstate", None) or ""


def _whole_numbers() -> type[Any]:
    """Sums of BIGINT come as NUMERIC: they are whole, and Python's integers hold them."""
    from psycopg.types.numeric import IntLoader  # noqa: PLC0415  # an extra: SQLite's users lack it

    return IntLoader


def _binary_lists() -> type[Any]:
    """Arrays go as bytes, not as text: half the time (psycopg.org/psycopg3/docs/basic/params.html)."""
    from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415  # an extra: SQLite's users lack it

    return ListBinaryDumper
