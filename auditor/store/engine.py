"""The database: opened once, written by one thread, every change one transaction.

SQLite in WAL mode. `synchronous=NORMAL` may lose the last transactions when the power fails, never tear
one: a send and the cursor that covers it vanish together, and the mailbox still has the mail.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, OperationalError

from auditor.errors import StoreError, StoreFull
from auditor.pseudonyms import Pseudonyms
from auditor.store import schema
from auditor.store.forgetting import file_of, honour
from auditor.store.upgrade import bring_up, note_format

T = TypeVar("T")

_BUSY_SECONDS = 30
FULL = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
    }
)
"""SQLite's codes where the disk has no room."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Store:
    """The open store. Use as an async context manager, or close it yourself.

    All work is a function of a connection, run by `run` on the one writer thread inside one transaction,
    so that nothing but that thread ever waits for the disk and nothing is half written. What only looks
    goes through `read`: a second connection with a thread of its own, which sees what was last committed.
    """

    def __init__(self, engine: sa.Engine, lock: IO[str] | None, reading: sa.Engine | None = None) -> None:
        self._engine = engine
        self._reading = reading
        self._lock = lock
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-read")

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in one transaction on the writer thread and return its result.

        Raises:
            StoreFull: the disk is full; nothing of `work` was written.
            StoreError: the database refused or is damaged; nothing of `work` was written.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.run_here, work)

    def run_here(self, work: Callable[[sa.Connection], T]) -> T:
        """Like `run`, on the calling thread: for commands that have no event loop."""
        return _within(self._engine, work)

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work`, which only reads, on the reader's thread: neither it nor the writer waits for the other.

        Raises:
            StoreError: the database is damaged, or `work` tried to change it.
        """
        if self._reading is None:  # a store of one command: nobody writes beside it
            return await self.run(work)
        return await asyncio.get_running_loop().run_in_executor(self._reader, _within, self._reading, work)

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


def _within(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Do `work` in one transaction."""
    try:
        with engine.begin() as connection:
            return work(connection)
    except DatabaseError as error:
        raise _translated(error, str(engine.url.database)) from error


def open_store(path: Path, pseudonyms: Pseudonyms) -> Store:
    """Open the store at `path` for writing, making it when it is not there.

    Raises:
        StoreError: the folder is missing, another daemon has the store, it was written by a newer
            version or with another key, or it is damaged. The message says what to do.
    """
    lock = hold(path)
    try:
        engine = _engine(path)
        store = Store(engine, lock, _engine(path, read_only=True))
        store.run_here(lambda connection: _prepare(connection, path, pseudonyms))
        store.run_here(lambda connection: _honour(connection, path, pseudonyms))
    except BaseException:
        lock.close()
        raise
    return store


def open_for_reading(path: Path, pseudonyms: Pseudonyms) -> Store:
    """Open an existing store beside a running daemon, without the right to change it.

    Raises:
        StoreError: it is not there, or it was written by another version or with another key.
    """
    if not path.exists():
        raise StoreError(f"{path}: no store here yet; start the daemon first: auditor run")
    store = Store(_engine(path, read_only=True), None)
    store.run_here(lambda connection: _check_for_reading(connection, path, pseudonyms))
    return store


def open_temporary(path: Path) -> Store:
    """A store for one command, at a path inside a folder that the caller removes."""
    engine = _engine(path, durable=False)
    store = Store(engine, None)
    store.run_here(schema.metadata.create_all)
    return store


def _engine(path: Path, *, read_only: bool = False, durable: bool = True) -> sa.Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        # One thread at a time, not always the same: run_here on the opening thread, then the writer.
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
        poolclass=sa.pool.StaticPool,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the transactions are ours: BEGIN below
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute(f"PRAGMA journal_mode={'WAL' if durable else 'MEMORY'}")
            cursor.execute(f"PRAGMA synchronous={'NORMAL' if durable else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def hold(path: Path) -> IO[str]:
    """Hold the store for this process until the file is closed; it goes with the process, however that ends.

    Raises:
        StoreError: another process holds it, or it cannot be made.
    """
    lock: IO[str] | None = None
    try:
        lock = path.with_name(path.name + ".lock").open("w")
        os.fchmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Made before SQLite does, so that its companion files inherit the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        if lock is not None:
            lock.close()
        if isinstance(error, BlockingIOError):
            raise StoreError(f"{path}: another auditor already uses this store; stop it first") from None
        raise StoreError(
            f"{path}: cannot open the store: {error.strerror}; check store.path and who may write there"
        ) from None
    return lock


def _prepare(connection: sa.Connection, path: Path, pseudonyms: Pseudonyms) -> None:
    """Make the tables, or bring those of an earlier version up to this one; a newer one is left alone."""
    if sa.inspect(connection).has_table(schema.meta.name):
        _check(connection, path, pseudonyms)
        bring_up(connection)
    else:
        schema.metadata.create_all(connection)
        note_format(connection)
        write_meta(connection, "key_check", pseudonyms.address("key check"))
    if _version(connection) != schema.VERSION:
        write_meta(connection, "schema_version", str(schema.VERSION).encode())


def _honour(connection: sa.Connection, path: Path, pseudonyms: Pseudonyms) -> None:
    try:
        honour(connection, path, pseudonyms)
    except (OSError, ValueError):
        raise StoreError(
            f"{file_of(path)}: cannot read or write who is forgotten; restore the file"
        ) from None


def _check_for_reading(connection: sa.Connection, path: Path, pseudonyms: Pseudonyms) -> None:
    _check(connection, path, pseudonyms)
    if _version(connection) < schema.VERSION:
        raise StoreError(
            f"{path}: written by an older auditor; start the daemon once, it brings the store up"
        )


def _version(connection: sa.Connection) -> int:
    return int(read_meta(connection, "schema_version") or b"0")


def _check(connection: sa.Connection, path: Path, pseudonyms: Pseudonyms) -> None:
    version = _version(connection)
    if version > schema.VERSION:
        raise StoreError(f"{path}: written by a newer auditor (schema {version}); install that version again")
    if read_meta(connection, "key_check") != pseudonyms.address("key check"):
        raise StoreError(
            f"{path}: written with another pseudonym key; restore the key file that belongs to it"
        )


def read_meta(connection: sa.Connection, key: str) -> bytes | None:
    """A single value of the store, or None."""
    value: bytes | None = connection.scalar(sa.select(schema.meta.c.value).where(schema.meta.c.key == key))
    return value


def write_meta(connection: sa.Connection, key: str, value: bytes) -> None:
    """Set a single value of the store."""
    connection.execute(sa.delete(schema.meta).where(schema.meta.c.key == key))
    connection.execute(sa.insert(schema.meta).values(key=key, value=value))


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that a file is no database, or a broken one; the low byte is the primary code."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGED


def _translated(error: DatabaseError, path: str) -> StoreError:
    """The database's error as one line that says what to do."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code in FULL or "disk is full" in str(error.orig):
        return StoreFull(f"{path}: the disk is full; free some space, reading goes on by itself")
    if is_damage(error.orig):
        return StoreError(
            f"{path}: the store is damaged. Stop the daemon, then: auditor restore BACKUP; without a backup "
            "move it away, the next start reads the mailboxes anew"
        )
    if isinstance(error, OperationalError):
        return StoreError(f"{path}: cannot read or write the store: {error.orig}")
    return StoreError(f"{path}: the store refused a change: {type(error.orig).__name__}")
