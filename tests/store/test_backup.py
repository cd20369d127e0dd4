"""Copies of a store that is in use, and back."""

import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.errors import StoreError, StoreFull
from auditor.pseudonyms import Pseudonyms
from auditor.store.database import backup, schema
from tests.components import do_without
from tests.mail import campaign, letters
from tests.store.ledgers import KEY, Ledgers

NOW = datetime(2026, 9, 7, 3, 0, tzinfo=UTC)
PSEUDONYMS = Pseudonyms(KEY)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with eight judged sends, closed."""
    path = tmp_path / "store" / "auditor.db"
    path.parent.mkdir()
    ledgers = Ledgers(path)
    ledgers.take([*campaign(6), *letters(2)])
    ledgers.judge()
    ledgers.close()
    return path


def rows(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_a_copy_of_a_store_in_use_is_whole_and_for_its_owner_alone(store: Path) -> None:
    with closing(sqlite3.connect(store)) as writer:  # in the middle of a transaction
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM recipient")
        target = backup.folder_of(store) / backup.name_at(store, NOW)
        content = backup.back_up(store, target)
        writer.rollback()
    assert (content.sends, target.name) == (8, "auditor-20260907T030000Z.db")
    assert (target.stat().st_mode & 0o777, target.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert rows(target, "SELECT count(*) FROM recipient")[0][0] > 0


def test_nothing_that_was_removed_is_in_a_copy(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE gone (text TEXT)")
        connection.execute("INSERT INTO gone VALUES ('a canary in a page')")
        connection.commit()
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DROP TABLE gone")
        connection.commit()
    assert b"a canary in a page" in store.read_bytes()
    target = store.with_name("copy.db")
    backup.back_up(store, target)
    assert b"a canary in a page" not in target.read_bytes()


def test_the_newest_are_kept(store: Path) -> None:
    folder = backup.folder_of(store)
    for day in range(4):
        backup.back_up(store, folder / backup.name_at(store, NOW + timedelta(days=day)))
    (folder / "auditor-before-the-move.db").touch()  # somebody's own
    assert backup.remove_older(store, folder, 2) == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "auditor-20260909T030000Z.db",
        "auditor-20260910T030000Z.db",
        "auditor-before-the-move.db",
    ]


def test_a_restored_store_goes_on_and_the_other_is_kept(store: Path) -> None:
    target = store.with_name("copy.db")
    backup.back_up(store, target)
    ledgers = Ledgers(store)
    ledgers.take(list(letters(5)))
    ledgers.judge()
    ledgers.close()
    content, aside = backup.restore(store, target, PSEUDONYMS, NOW)
    assert (content.sends, aside) == (8, store.with_name("auditor.db.before-20260907T030000Z"))
    assert (rows(store, "SELECT count(*) FROM send"), store.stat().st_mode & 0o777) == ([(8,)], 0o600)
    assert rows(aside, "SELECT count(*) FROM send")[0][0] > 8
    again = Ledgers(store)
    again.take(list(letters(5)))
    assert again.judge() == 3  # what came since; two of them it has
    again.close()


def test_a_store_in_use_is_not_replaced(store: Path) -> None:
    target = store.with_name("copy.db")
    backup.back_up(store, target)
    ledgers = Ledgers(store)
    with pytest.raises(StoreError, match="another auditor already uses this store; stop it first"):
        backup.restore(store, target, PSEUDONYMS, NOW)
    ledgers.close()


def test_what_cannot_be_used_changes_nothing(store: Path, tmp_path: Path) -> None:
    before = store.read_bytes()
    target = tmp_path / "copy.db"
    backup.back_up(store, target)
    good = target.read_bytes()

    def refused(match: str, pseudonyms: Pseudonyms = PSEUDONYMS) -> None:
        with pytest.raises(StoreError, match=match):
            backup.restore(store, target, pseudonyms, NOW)
        assert store.read_bytes() == before

    refused("made with another pseudonym key", Pseudonyms(bytes(32)))
    target.write_bytes(good[: len(good) // 2])
    refused("damaged")
    target.write_bytes(good[:8192] + bytes(8192) + good[16384:])
    refused("damaged")
    target.write_bytes(b"no database at all" * 500)
    refused("damaged, or no store")
    target.unlink()
    refused("not there; backups are written by: auditor backup")
    target.write_bytes(good)
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (schema.VERSION + 1,))
        connection.commit()
    refused("written by a newer auditor")


def test_a_damaged_store_makes_no_backup(store: Path) -> None:
    target = store.with_name("copy.db")
    whole = store.read_bytes()
    store.write_bytes(whole[:8192] + bytes(16384) + whole[24576:])
    with pytest.raises(StoreError, match="damaged"):
        backup.back_up(store, target)
    assert not target.exists()
    assert sorted(path.name for path in store.parent.glob("*copy*")) == []


def test_no_room_leaves_no_half_copy(store: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        do_without("a disk of its own needs root: mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        with pytest.raises(StoreFull, match="no room for a backup"):
            backup.back_up(store, disk / "copy.db")
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_without_a_store_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store here yet"):
        backup.back_up(tmp_path / "auditor.db", tmp_path / "copy.db")
