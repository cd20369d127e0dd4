"""A store is copied whole, in both directions, and judgement goes on where it stopped."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from auditor.cli import app
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
