"""A store is copied whole, in both directions, and judgement goes on where it stopped."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from auditor.cli import app
from auditor.store import leases
from auditor.store.database import schema
from auditor.store.database.postgresql import Postgresql
from tests.components.postgresql import PostgresqlServer
from tests.mail import campaign, letters
from tests.store.ledgers import KEY, Ledgers


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose key is that of the ledgers."""
    key = tmp_path / "pseudonym.key"
    key.write_text(KEY.hex() + "\n")
    key.chmod(0o600)
    path = tmp_path / "auditor.toml"
    path.write_text('[organisation]\ndomains = ["northvans.example"]\n[store]\npath = "auditor.db"\n')
    return path


def copied(config: Path, source: str, target: str) -> str:
    done = CliRunner().invoke(
        app, ["store", "copy", "--from", source, "--to", target, "--config", str(config)]
    )
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def everything(ledgers: Ledgers) -> dict[str, list[tuple]]:
    """Every row of every table, as sorted text."""
    tables = schema.metadata.sorted_tables
    return {table.name: sorted(map(repr, ledgers.rows(sa.select(table)))) for table in tables}


def test_there_and_back_again(tmp_path: Path, config: Path, postgresql: PostgresqlServer) -> None:
    url, here, back = postgresql.database(), tmp_path / "auditor.db", tmp_path / "back.db"
    ledgers = Ledgers(here)
    ledgers.take([*campaign(12), *letters(8)])
    ledgers.judge()
    before = everything(ledgers)
    ledgers.close()
    assert "rows copied" in copied(config, f"sqlite:{here}", url)
    copied(config, url, f"sqlite:{back}")
    returned = Ledgers(back)
    assert everything(returned) == before
    returned.close()

    shared = Ledgers(Postgresql(url, tmp_path / "beside"))
    shared.take(list(campaign(20)))  # eight of them are new: their numbers follow those that were copied
    assert shared.judge() == 8
    assert len({row.template for row in shared.sends() if row._mapping["class"] == "mass"}) == 1
    shared.close()


def test_a_store_with_sends_is_not_written_over(tmp_path: Path, config: Path) -> None:
    for name in ("auditor.db", "other.db"):
        ledgers = Ledgers(tmp_path / name)
        ledgers.take(list(letters(2)))
        ledgers.close()
    arguments = ["--from", f"sqlite:{tmp_path / 'auditor.db'}", "--to", f"sqlite:{tmp_path / 'other.db'}"]
    done = CliRunner().invoke(app, ["store", "copy", *arguments, "--config", str(config)])
    assert done.exit_code != 0
    assert "not empty" in str(done.exception)


def test_nothing_is_copied_while_somebody_writes_there(
    tmp_path: Path, config: Path, postgresql: PostgresqlServer
) -> None:
    url, here = postgresql.database(), tmp_path / "auditor.db"
    ledgers = Ledgers(here)
    done = refused(config, f"sqlite:{here}", f"sqlite:{tmp_path / 'other.db'}")
    assert "another auditor already uses this store" in done
    assert not (tmp_path / "other.db").exists()
    ledgers.close()
    shared = Ledgers(Postgresql(url, tmp_path / "beside"))
    shared.store.run_here(lambda connection: leases.beat(connection, "north", 60.0))
    assert "replicas are at work on it" in refused(config, url, f"sqlite:{tmp_path / 'other.db'}")
    shared.store.run_here(lambda connection: leases.leave(connection, "north"))
    shared.close()
    copied(config, url, f"sqlite:{tmp_path / 'other.db'}")


def test_what_the_configuration_needs_is_said(tmp_path: Path, config: Path) -> None:
    Ledgers(tmp_path / "auditor.db").close()
    (tmp_path / "new").mkdir()
    told = copied(config, f"sqlite:{tmp_path / 'auditor.db'}", f"sqlite:{tmp_path / 'new' / 'auditor.db'}")
    assert told.splitlines()[-2:] == [
        f'    path = "{tmp_path}/new/auditor.db"',
        f'    key_file = "{tmp_path}/pseudonym.key"',
    ]
    nowhere = refused(config, f"sqlite:{tmp_path / 'nowhere.db'}", "sqlite:other.db")
    assert nowhere == f"--from: {tmp_path / 'nowhere.db'}: no store here"
    assert not (tmp_path / "nowhere.db.lock").exists()


def refused(config: Path, source: str, target: str) -> str:
    arguments = ["--from", source, "--to", target, "--config", str(config)]
    done = CliRunner().invoke(app, ["store", "copy", *arguments])
    assert done.exit_code != 0
    return str(done.exception)
