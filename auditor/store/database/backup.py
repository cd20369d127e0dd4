"""Copies of the store: made while it is in use, looked through before they count, and put back.

A copy is one consistent moment, written anew (VACUUM INTO, sqlite.org/lang_vacuum.html), so that nothing that
was removed lies in its free pages. It appears under its name when it is whole. The key is never in it.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from auditor.errors import StoreError, StoreFull
from auditor.pseudonyms import Pseudonyms
from auditor.store.database import schema
from auditor.store.database.ownership import give
from auditor.store.database.sqlite import FULL, Sqlite, is_damage

_STAMP = "%Y%m%dT%H%M%SZ"
_BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Content:
    """What a copy holds: sends, and when the last was stored (seconds since the epoch; None: none was)."""

    sends: int
    latest: float | None


def folder_of(store: Path) -> Path:
    """Where backups are written unless another place is named."""
    return store.with_name("backups")


def name_at(store: Path, now: datetime) -> str:
    """The name of a backup made now, such as auditor-20260907T030000Z.db."""
    return f"{store.stem}-{now.astimezone(UTC):{_STAMP}}{store.suffix}"


def back_up(store: Path, target: Path) -> Content:
    """Copy the store to `target`, mode 0600, while others read and write it.

    Raises:
        StoreFull: there is no room for the copy.
        StoreError: there is no store, it is damaged, or the copy cannot be written.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        if target.parent == folder_of(store):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if target.parent == folder_of(store):
            give(store.parent, target.parent, part)
        with _told(store, part), closing(_open(store)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        content = look_through(part)
        _settle(part, target)
    except OSError as error:
        raise StoreError(f"{target}: cannot write the backup there: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return content


def look_through(copy: Path) -> Content:
    """Read a copy from end to end.

    Raises:
        StoreError: it is no store, or it is damaged.
    """
    with _told(copy, copy), closing(_open(copy)) as opened:
        (found,) = opened.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise StoreError(f"{copy}: damaged; use an earlier backup")
        return Content(*opened.execute("SELECT count(*), max(stored_at) FROM send").fetchone())


def remove_older(store: Path, folder: Path, keep: int) -> int:
    """Leave the newest `keep` backups in a folder; how many were removed."""
    backups = sorted(folder.glob(f"{store.stem}-*Z{store.suffix}"))
    for backup in backups[:-keep]:
        backup.unlink(missing_ok=True)
    return max(0, len(backups) - keep)


def restore(store: Path, backup: Path, pseudonyms: Pseudonyms, now: datetime) -> tuple[Content, Path | None]:
    """Put a backup into the store's place; what it holds, and where the store that was there lies now.

    Raises:
        StoreError: a daemon runs, the backup cannot be used with this version and key, or nothing can be
            written there.
    """
    content = _usable(backup, pseudonyms)
    part = store.with_name(f".{store.name}.part")
    lock = Sqlite(store).lock()
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with backup.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        give(store.parent, part, Path(lock.name))
        aside = _put_aside(store, now)
        _settle(part, store)
    except OSError as error:
        raise StoreError(f"{store}: cannot write the store: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
        lock.close()
    return content, aside


def _usable(backup: Path, pseudonyms: Pseudonyms) -> Content:
    if not backup.exists():
        raise StoreError(f"{backup}: not there; backups are written by: auditor backup")
    content = look_through(backup)
    with _told(backup, backup), closing(_open(backup)) as opened:
        known = dict(
            opened.execute("SELECT key, value FROM meta WHERE key IN ('schema_version', 'key_check')")
        )
    if int(known.get("schema_version", 0)) > schema.VERSION:
        raise StoreError(f"{backup}: written by a newer auditor; install that version first")
    if known.get("key_check") != pseudonyms.address("key check"):
        raise StoreError(
            f"{backup}: made with another pseudonym key; put the key file that belongs to it in place"
        )
    return content


def _put_aside(store: Path, now: datetime) -> Path | None:
    """Move the present store away, with what SQLite keeps beside it; None when there was nothing in it."""
    if not store.exists() or store.stat().st_size == 0:
        return None
    aside = store.with_name(f"{store.name}.before-{now.astimezone(UTC):{_STAMP}}")
    for end in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            store.with_name(store.name + end).rename(aside.with_name(aside.name + end))
    return aside


def _settle(part: Path, target: Path) -> None:
    """Give a finished file its name; after a power failure it is there whole, or not at all."""
    for path in (part, None):
        if path is None:
            part.replace(target)
        descriptor = os.open(path or target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_BUSY_SECONDS)


@contextlib.contextmanager
def _told(read: Path, written: Path) -> Iterator[None]:
    """SQLite's errors as one line that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in FULL:
            raise StoreFull(f"{written.parent}: no room for a backup; free some space") from None
        if is_damage(error):
            raise StoreError(f"{read}: damaged, or no store; use an earlier backup") from None
        if not read.exists():
            raise StoreError(f"{read}: no store here yet; start the daemon first: auditor run") from None
        raise StoreError(f"{read}: cannot be read as a store: {error}") from None
