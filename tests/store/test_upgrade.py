"""A store that an earlier version wrote is brought up to this one's schema, and goes on where it stopped."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.errors import StoreError
from auditor.pseudonyms import Pseudonyms
from auditor.store.database import schema
from auditor.store.database.meta import read_meta
from auditor.store.engine import open_for_reading, open_store
from auditor.store.upgrade import bring_up
from tests.mail import campaign
from tests.store.ledgers import KEY, Ledgers

WRITTEN_BY_0_1_0 = Path(__file__).with_name("store-0.1.0.sql")
"""Six copies of one campaign and two letters, judged by 0.1.0 with the key of tests.store.ledgers."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "auditor.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(WRITTEN_BY_0_1_0.read_text())
        connection.execute("UPDATE template SET name = 'Ramp offer'")
        connection.commit()
    return path


def test_a_store_of_0_1_0_has_the_whole_schema_afterwards(old: Path) -> None:
    open_store(old, Pseudonyms(KEY)).close()
    engine = sa.create_engine(f"sqlite:///{old}")
    inspector = sa.inspect(engine)
    for table in schema.metadata.sorted_tables:
        found = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        assert found == {column.name: column.nullable for column in table.columns}, table.name
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes, table.name
    with engine.begin() as connection:
        assert read_meta(connection, "schema_version") == str(schema.VERSION).encode()
    engine.dispose()


def test_a_store_of_0_1_0_goes_on_where_it_stopped(old: Path) -> None:
    before = _templates(old)
    ledgers = Ledgers(old)
    ledgers.take(list(campaign(9)))
    assert ledgers.judge() == 8 + 3  # the state was kept otherwise: all are judged anew, from their words
    assert [row._mapping["class"] for row in ledgers.sends()] == ["mass"] * 6 + ["personal"] * 2 + [
        "mass"
    ] * 3
    tallied = sa.select(sa.func.sum(schema.tally.c.messages)).where(schema.tally.c.scope == "organisation")
    assert ledgers.rows(tallied)[0][0] == 11
    ledgers.close()
    after = _templates(old)
    assert before[0][:3] == after[0][:3]  # the same id, the name that was given, the wording in clear
    assert (len(before), len(after), after[0][3]) == (1, 1, 9)
    again = Ledgers(old)
    assert again.judge() == 0
    again.close()


def test_rows_have_the_default_of_a_new_column() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
        connection.exec_driver_sql("DROP TABLE mailbox")
        connection.exec_driver_sql("CREATE TABLE mailbox (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE)")
        connection.exec_driver_sql("INSERT INTO mailbox (key) VALUES ('ann')")
        bring_up(connection)
        (row,) = connection.execute(sa.select(schema.mailbox)).all()
        assert (row.key, row.folder, row.state, row.backlog, row.uidvalidity) == (
            "ann", "", "connecting", 0, None,
        )  # fmt: skip
        bring_up(connection)  # and once more: nothing is left to do
    engine.dispose()


def test_reading_a_store_of_0_1_0_says_what_to_do(old: Path) -> None:
    with pytest.raises(StoreError, match="start the daemon once"):
        open_for_reading(old, Pseudonyms(KEY))


def test_nothing_is_done_to_the_store_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "auditor.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL);"
            "INSERT INTO meta VALUES ('schema_version', CAST('99' AS BLOB))"
        )
    with pytest.raises(StoreError, match="newer auditor"):
        open_store(path, Pseudonyms(KEY))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone() == (
            1,
        )


def _templates(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, name, wording, sends FROM template").fetchall()
