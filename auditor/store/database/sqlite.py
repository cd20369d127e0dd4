"""SQLite, the store of one machine: a file in WAL mode that one process writes.

`synchronous=NORMAL` may lose the last transactions when the power fails, never tear one: a send and the
cursor that covers it vanish together, and the mailbox still has the mail.
"""

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, OperationalError

from auditor.errors import StoreError, StoreFull
from auditor.store.database import wiping
from auditor.store.database.ownership import give

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


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A database file. `durable` is False for the store of one command, which ends with it."""

    path: Path
    durable: bool = True

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path)

    @property
    def beside(self) -> Path:
        """What the names of the files beside it begin with."""
        return self.path

    def exists(self) -> bool:
        """Whether there is anything to read."""
        return self.path.exists()

    def engine(self, *, read_only: bool = False) -> sa.Engine:
        """A connection of its own, for one thread at a time."""
        engine = sa.create_engine(
            f"sqlite:///{self.path}",
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
                cursor.execute(f"PRAGMA journal_mode={'WAL' if self.durable else 'MEMORY'}")
                cursor.execute(f"PRAGMA synchronous={'NORMAL' if self.durable else 'OFF'}")
                # What is removed is overwritten: a purge leaves nothing to be read in free pages.
                cursor.execute(f"PRAGMA secure_delete={'ON' if self.durable else 'OFF'}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

        return engine

    def lock(self) -> IO[str]:
        """Hold the file for this process; the lock goes with the process, however it ends.

        Raises:
            StoreError: another process holds it, or the folder is missing or not ours to write.
        """
        lock: IO[str] | None = None
        try:
            lock = self.path.with_name(self.path.name + ".lock").open("w")
            os.fchmod(lock.fileno(), 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Made before SQLite does, so that its companion files inherit the mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            give(self.path.parent, self.path, Path(lock.name))
        except OSError as error:
            if lock is not None:
                lock.close()
            if isinstance(error, BlockingIOError):
                raise StoreError(
                    f"{self.path}: another auditor already uses this store; stop it first"
                ) from None
            if error.errno == errno.ENOSPC:
                raise StoreFull(f"{self.path}: the disk is full; free some space") from None
            raise StoreError(
                f"{self.path}: cannot open the store: {error.strerror}; "
                "check store.path and who may write there"
            ) from None
        return lock

    def erase(self, _engine: sa.Engine) -> None:
        """Overwrite in the files what was removed, in a process of its own: see `store.database.wiping`.

        Raises:
            StoreError: others use the file all the time, or it cannot be written.
        """
        wiped = subprocess.run(  # noqa: S603  # this interpreter, and a module of ours
            [sys.executable, "-I", wiping.__file__, str(self.path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
        if wiped.returncode:
            why = wiped.stderr.strip().splitlines() or [f"exit status {wiped.returncode}"]
            raise StoreError(f"{self.path}: cannot overwrite what was removed: {why[-1]}")

    def is_worth_repeating(self, error: DatabaseError) -> bool:
        """Whether the same transaction may go through at once: there is one writer, so never."""
        return False

    def translated(self, error: DatabaseError) -> StoreError:
        """The database's error as one line that says what to do."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code in FULL or "disk is full" in str(error.orig):
            return StoreFull(f"{self.path}: the disk is full; free some space, reading goes on by itself")
        if is_damage(error.orig):
            return StoreError(
                f"{self.path}: the store is damaged. Stop the daemon, then: auditor restore BACKUP; without "
                "a backup move it away, the next start reads the mailboxes anew"
            )
        if isinstance(error, OperationalError):
            return StoreError(f"{self.path}: cannot read or write the store: {error.orig}")
        return StoreError(f"{self.path}: the store refused a change: {type(error.orig).__name__}")


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that a file is no database, or a broken one; the low byte is the primary code."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _DAMAGED
