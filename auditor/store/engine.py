"""The database: opened once, written by one thread, every change one transaction.

What SQLite and PostgreSQL do otherwise than the other is in `database.sqlite` and `database.postgresql`.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from auditor.errors import StoreError
from auditor.pseudonyms import Pseudonyms
from auditor.store.database import schema
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.postgresql import Postgresql
from auditor.store.database.sqlite import Sqlite
from auditor.store.ledger.forgetting import file_of, honour
from auditor.store.upgrade import bring_up, note_format

T = TypeVar("T")

Database = Sqlite | Postgresql
Place = Path | Postgresql
"""Where a store is: a file, or a database on a server."""

_TRIES = 5
"""Of one transaction that others collide with; each time one of them goes through."""


class Store:
    """The open store. Use as an async context manager, or close it yourself.

    All work is a function of a connection, run by `run` on the one writer thread inside one transaction,
    so that nothing but that thread ever waits for the disk and nothing is half written. What only looks
    goes through `read`: a second connection with a thread of its own, which sees what was last committed.
    """

    def __init__(self, database: Database, lock: IO[str] | None, *, writes: bool, reads: bool) -> None:
        self._database = database
        self._engine = database.engine(read_only=not writes)
        self._reading = database.engine(read_only=True) if reads else None
        self._lock = lock
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store", initializer=self._note_writer)
        self._writer_clock: int | None = None
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-read")

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._database.name

    @property
    def shared(self) -> bool:
        """Whether other processes may write it too: leases say who does what."""
        return isinstance(self._database, Postgresql)

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in one transaction on the writer thread and return its result.

        Where replicas share the store `work` may be done again from its start: another one was quicker.

        Raises:
            StoreWaits: the disk is full or the database is away; nothing of `work` was written.
            StoreError: the database refused or is damaged; nothing of `work` was written.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.run_here, work)

    def run_here(self, work: Callable[[sa.Connection], T]) -> T:
        """Like `run`, on the calling thread: for commands that have no event loop."""
        return self._within(self._engine, work)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work`, which only reads, on the reader's thread: neither it nor the writer waits for the other.

        Raises:
            StoreWaits: the database is away.
            StoreError: the database is damaged, or `work` tried to change it.
        """
        if self._reading is None:  # a store of one command: nobody writes beside it
            return await self.run(work)
        return await asyncio.get_running_loop().run_in_executor(
            self._reader, self._within, self._reading, work
        )

    async def erase(self) -> None:
        """Leave nothing in the database's files of what was removed from it. A large one takes some seconds,
        in which nothing is written.

        Raises:
            StoreError: it cannot be done now.
        """
        await asyncio.get_running_loop().run_in_executor(self._writer, self._database.erase, self._engine)

    def processor_seconds(self) -> float:
        """How long the writer thread has used a processor: waiting for a disk or a server is not in it."""
        return 0.0 if self._writer_clock is None else time.clock_gettime(self._writer_clock)

    def _note_writer(self) -> None:
        self._writer_clock = time.pthread_getcpuclockid(threading.get_ident())

    def close(self) -> None:
        """Finish the work under way and let go of the files."""
        self._reader.shutdown(wait=True)
        self._writer.shutdown(wait=True)
        if self._reading is not None:
            self._reading.dispose()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    def _within(self, engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in one transaction."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with engine.begin() as connection:
                    return work(connection)
            except DatabaseError as error:
                if not (tries_left and self._database.is_worth_repeating(error)):
                    raise self._database.translated(error) from error
        raise AssertionError("the last try returns or raises")


def open_store(place: Place, pseudonyms: Pseudonyms) -> Store:
    """Open the store at `place` for writing, making it when it is not there.

    Raises:
        StoreError: the folder is missing, another daemon has the store, it was written by a newer
            version or with another key, or it is damaged. The message says what to do.
    """
    database = _database(place)
    store = Store(database, database.lock(), writes=True, reads=True)
    try:
        store.run_here(lambda connection: _prepare(connection, database, pseudonyms))
        store.run_here(lambda connection: _honour(connection, database.beside, pseudonyms))
    except BaseException:
        store.close()
        raise
    return store


def open_for_reading(place: Place, pseudonyms: Pseudonyms) -> Store:
    """Open an existing store beside a running daemon, without the right to change it.

    Raises:
        StoreError: it is not there, or it was written by another version or with another key.
    """
    database = _database(place)
    if not database.exists():
        raise StoreError(f"{database.name}: no store here yet; start the daemon first: auditor run")
    store = Store(database, None, writes=False, reads=False)
    try:
        store.run_here(lambda connection: _check_for_reading(connection, database, pseudonyms))
    except BaseException:
        store.close()
        raise
    return store


def open_connection(place: Place) -> Store:
    """One more connection to a store that this process has open: its work waits for no other's."""
    return Store(_database(place), None, writes=True, reads=False)


def open_temporary(path: Path) -> Store:
    """A store for one command, at a path inside a folder that the caller removes."""
    store = Store(Sqlite(path, durable=False), None, writes=True, reads=False)
    store.run_here(schema.metadata.create_all)
    return store


def try_file(path: Path, pseudonyms: Pseudonyms) -> None:
    """Make sure that an existing store can be used by this version, or brought up to it, with this key.

    Raises:
        StoreError: it cannot, and what to do.
    """
    database = Sqlite(path)
    store = Store(database, None, writes=False, reads=False)

    def look(connection: sa.Connection) -> None:
        if sa.inspect(connection).has_table(schema.meta.name):  # else no start has finished yet
            _check(connection, database, pseudonyms)

    try:
        store.run_here(look)
    finally:
        store.close()


def try_database(place: Place) -> str:
    """The name of a database on a server that takes us and lets our role make tables.

    Raises:
        StoreError: it does not, and why.
    """
    database = _database(place)
    store = Store(database, None, writes=False, reads=False)
    may = sa.select(sa.func.has_schema_privilege(sa.func.current_schema(), "CREATE"))
    try:
        if not store.run_here(lambda connection: connection.scalar(may)):
            raise StoreError(f"{database.name}: our role may not make tables; grant it CREATE on the schema")
    finally:
        store.close()
    return database.name


def _database(place: Place) -> Database:
    return Sqlite(place) if isinstance(place, Path) else place


def _prepare(connection: sa.Connection, database: Database, pseudonyms: Pseudonyms) -> None:
    """Make the tables, or bring those of an earlier version up to this one; a newer one is left alone."""
    if sa.inspect(connection).has_table(schema.meta.name):
        _check(connection, database, pseudonyms)
        bring_up(connection, shared=isinstance(database, Postgresql))
    else:
        schema.metadata.create_all(connection)
        note_format(connection)
        write_meta(connection, "key_check", pseudonyms.address("key check"))
    if _version(connection) != schema.VERSION:
        write_meta(connection, "schema_version", str(schema.VERSION).encode())


def _honour(connection: sa.Connection, beside: Path, pseudonyms: Pseudonyms) -> None:
    try:
        honour(connection, beside, pseudonyms)
    except (OSError, ValueError):
        raise StoreError(
            f"{file_of(beside)}: cannot read or write who is forgotten; restore the file"
        ) from None


def _check_for_reading(connection: sa.Connection, database: Database, pseudonyms: Pseudonyms) -> None:
    _check(connection, database, pseudonyms)
    if _version(connection) < schema.VERSION:
        raise StoreError(
            f"{database.name}: written by an older auditor; start the daemon once, it brings the store up"
        )


def _version(connection: sa.Connection) -> int:
    return int(read_meta(connection, "schema_version") or b"0")


def _check(connection: sa.Connection, database: Database, pseudonyms: Pseudonyms) -> None:
    version = _version(connection)
    if version > schema.VERSION:
        raise StoreError(
            f"{database.name}: written by a newer auditor (schema {version}); install that version again"
        )
    if read_meta(connection, "key_check") != pseudonyms.address("key check"):
        raise StoreError(
            f"{database.name}: written with another pseudonym key; restore the key file that belongs to it"
        )
