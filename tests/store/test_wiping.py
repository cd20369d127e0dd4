"""What was removed lies nowhere in a database's files afterwards, and every row is what it was."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auditor.errors import StoreError
from auditor.store.database import wiping
from auditor.store.database.sqlite import Sqlite
from auditor.store.database.wiping import wipe

CANARY = b"canary@former.example"


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


@pytest.fixture(params=[512, 4096, 65_536])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database in which much was moved and removed, and nothing of it overwritten."""
    path, chance = tmp_path / "auditor.db", random.Random(7)
    with closing(connect(path)) as database:
        database.execute(f"PRAGMA page_size={request.param}")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA secure_delete=OFF")
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB)")
        database.execute("INSERT INTO meta VALUES ('key_check', 'x')")
        database.execute("CREATE TABLE send (id INTEGER PRIMARY KEY, sender TEXT, words BLOB)")
        database.execute("CREATE INDEX send_sender ON send (sender)")
        database.execute("CREATE TABLE place (a BLOB, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
        database.execute("BEGIN")
        for number in range(2_000):
            sender = CANARY.decode() if number % 7 == 3 else f"{chance.random()}@kept.example"
            words = (CANARY if number % 7 == 3 else b"k") * chance.choice((1, 9, 90, 900))
            database.execute("INSERT INTO send VALUES (?, ?, ?)", (chance.getrandbits(40), sender, words))
            database.execute("INSERT INTO place VALUES (?, ?)", (sender.encode(), number))
        database.execute("COMMIT")
        database.execute("DELETE FROM send WHERE sender = ?", (CANARY.decode(),))
        database.execute("DELETE FROM place WHERE a = ?", (CANARY,))
        database.execute("DELETE FROM send WHERE id % 3 = 0")
    return path


def files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def rows(database: sqlite3.Connection) -> list[list[tuple]]:
    return [database.execute(f"SELECT * FROM {table}").fetchall() for table in ("meta", "send", "place")]


def test_what_was_removed_is_nowhere_and_every_row_is_there(path):
    with closing(connect(path)) as database:
        before = rows(database)
    assert CANARY in files(path)
    assert wipe(path) > 0
    assert CANARY not in files(path)
    assert wipe(path) == 0
    with closing(connect(path)) as database:
        assert rows(database) == before
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def engine(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that others wipe beside, with all pages in its memory as they were."""
    with closing(connect(path)) as database:
        database.execute("PRAGMA cache_size=-100000")
        database.execute("PRAGMA wal_autocheckpoint=0")
        rows(database)
        yield database


def test_nobody_brings_it_back_who_had_the_pages_in_memory(path, engine, monkeypatch):
    engine.execute("UPDATE send SET words = 'x' WHERE id % 2 = 0")  # and the journal has pages as they were
    overwrite = wiping._overwrite

    def read_first(descriptor: int) -> int:
        rows(engine)
        return overwrite(descriptor)

    monkeypatch.setattr(wiping, "_overwrite", read_first)
    wipe(path)
    assert CANARY not in files(path)
    for table, column in (("send", "sender"), ("place", "b")):
        engine.execute(f"UPDATE {table} SET {column} = {column}")  # every page is written anew
    assert CANARY not in files(path)
    engine.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert CANARY not in files(path)
    assert engine.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_nothing_is_touched_while_somebody_writes(path, engine, monkeypatch):
    monkeypatch.setattr(wiping, "_BUSY_SECONDS", 0.05)
    engine.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    engine.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        wipe(path)
    assert path.read_bytes() == before


def test_what_is_laid_out_otherwise_is_left_alone(tmp_path):
    path = tmp_path / "auditor.db"
    with closing(connect(path)) as database:
        database.execute("PRAGMA auto_vacuum=FULL")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB)")
    with pytest.raises(StoreError, match="cannot overwrite what was removed: laid out otherwise"):
        Sqlite(path).erase(None)
    path.write_text("no database\n" * 1_000)
    with pytest.raises(StoreError, match="not a database"):
        Sqlite(path).erase(None)
