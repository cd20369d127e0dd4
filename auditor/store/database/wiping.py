"""Overwriting what lies in a database file beside its rows: the gaps in its pages, and its free pages.

SQLite's `secure_delete` overwrites what is removed, but not the copies that a page keeps in its gap when half
of it was moved to another (two of 793 places of a sender, in a store of 100,000 sends). VACUUM leaves none,
but holds a second store in memory and lets nobody write for half a minute; this takes two seconds a gigabyte.

Pages are read as sqlite.org/fileformat2.html lays them out, and what is overwritten means nothing there. This
is a program of its own, which is given the file: closing a file drops the locks that SQLite has on it in the
same process (sqlite.org/howtocorrupt.html, 2.2).
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_BUSY_SECONDS = 30
_TRIES = 20
"""To find nobody writing and the journal empty."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
"""Bytes before the first page's own."""
_BEFORE_POINTERS = {2: 12, 5: 12, 10: 8, 13: 8}
"""Pages of trees by their first byte, and how many bytes stand before the pointers to their rows."""
_MOST_PAGES = 2 << 24
"""With more the first byte of a page of an overflow chain may be that of a tree: 128 GB."""
_PAGES_AT_ONCE = 256

Span = tuple[int, int]
"""From where to where, within a page."""


def wipe(path: Path) -> int:
    """Leave nothing in a database's file and journal that is no part of any row. Others may use it, and wait
    while they would write.

    Returns:
        How many pages had something to overwrite.

    Raises:
        ValueError: it is no database, or one that is laid out otherwise than ours are.
        sqlite3.Error: others use it all the time, or it is damaged.
        OSError: it cannot be read or written.
    """
    with path.open("r+b", buffering=0) as file, closing(_alone(path)) as connection:
        changed = _overwrite(file.fileno())
        # A change, so that other connections read anew what they have in memory of these pages.
        connection.execute("UPDATE meta SET value = value")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # also brings what was overwritten to the disk
    return changed


def _alone(path: Path) -> sqlite3.Connection:
    """A connection beside which nobody writes, with nothing in the journal: the file is the database."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    journal = path.with_name(f"{path.name}-wal")
    try:
        for _ in range(_TRIES):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("BEGIN IMMEDIATE")
            if not journal.exists() or journal.stat().st_size == 0:
                return connection
            connection.execute("ROLLBACK")  # somebody wrote in between
        raise sqlite3.OperationalError("others write all the time")
    except BaseException:
        connection.close()
        raise


def _overwrite(descriptor: int) -> int:
    """Write zeros over what is no part of any row; how many pages had something there."""
    head = os.pread(descriptor, _HEADER, 0)
    size = int.from_bytes(head[16:18]) if head[16:18] != b"\0\1" else 65_536
    pages = os.fstat(descriptor).st_size // size
    if head[: len(_MAGIC)] != _MAGIC or any(head[52:56]) or pages >= _MOST_PAGES:
        raise ValueError("laid out otherwise than ours")  # 52: the maps that auto_vacuum keeps among pages
    free = dict(_free_pages(descriptor, size, int.from_bytes(head[32:36])))
    changed = 0
    for first in range(1, pages + 1, _PAGES_AT_ONCE):
        block = os.pread(descriptor, size * _PAGES_AT_ONCE, (first - 1) * size)
        for number in range(first, min(first + _PAGES_AT_ONCE, pages + 1)):
            page = block[(number - first) * size : (number - first + 1) * size]
            unused = [free[number]] if number in free else _unused(page, _HEADER if number == 1 else 0)
            traces = [(start, end) for start, end in unused if page.count(0, start, end) < end - start]
            for start, end in traces:
                os.pwrite(descriptor, bytes(end - start), (number - 1) * size + start)
            changed += bool(traces)
    return changed


def _free_pages(descriptor: int, size: int, trunk: int) -> Iterator[tuple[int, Span]]:
    """The pages that are in no tree, and what of each may go: trunks list others, which are empty (1.5)."""
    while trunk:
        page = os.pread(descriptor, size, (trunk - 1) * size)
        following, count = int.from_bytes(page[:4]), int.from_bytes(page[4:8])
        end = 8 + 4 * count
        yield trunk, (end, size)
        for at in range(8, end, 4):
            yield int.from_bytes(page[at : at + 4]), (0, size)
        trunk = following


def _unused(page: bytes, header: int) -> Iterator[Span]:
    """Where a page of a tree has no rows: between pointers and rows, and where a row was removed (1.6)."""
    before = _BEFORE_POINTERS.get(page[header])
    if before is None:
        return
    rows = int.from_bytes(page[header + 3 : header + 5])
    yield header + before + 2 * rows, int.from_bytes(page[header + 5 : header + 7]) or 65_536
    block = int.from_bytes(page[header + 1 : header + 3])
    while block:
        following, length = (
            int.from_bytes(page[block : block + 2]),
            int.from_bytes(page[block + 2 : block + 4]),
        )
        yield block + 4, block + length
        block = following


if __name__ == "__main__":
    try:
        wipe(Path(sys.argv[1]))
    except (OSError, ValueError, sqlite3.Error) as error:
        sys.exit(str(error))
