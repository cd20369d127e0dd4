"""`auditor backup` and `auditor restore`, as they are called."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import StoreError, UsageError
from tests.mail import campaign
from tests.store.ledgers import KEY, Ledgers


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose store has six sends; no daemon runs."""
    path = tmp_path / "auditor.toml"
    path.write_text('[organisation]\ndomains = ["northvans.example"]\n[store]\npath = "auditor.db"\n')
    key = tmp_path / "pseudonym.key"
    key.touch(mode=0o600)
    key.write_text(KEY.hex() + "\n")
    ledgers = Ledgers(tmp_path / "auditor.db")
    ledgers.take(list(campaign(6)))
    ledgers.judge()
    ledgers.close()
    return path


def call(*command: str | Path) -> str:
    told = CliRunner().invoke(
        app, [str(one) for one in command], catch_exceptions=False, standalone_mode=False
    )
    return told.output


def test_there_and_back(config: Path) -> None:
    told = call("backup", "--config", config)
    (copy,) = (config.parent / "backups").iterdir()
    assert told.splitlines() == [
        f"{copy}: 6 sends, read through and whole.",
        "Without the key nothing in it can be used. Keep one copy elsewhere: "
        f"{config.parent / 'pseudonym.key'}",
    ]
    told = call("restore", copy, "--config", config)
    assert f"{config.parent / 'auditor.db'}: 6 sends until " in told
    assert f"The store that was there: {config.parent / 'auditor.db.before-'}" in told
    assert "counts nothing twice" in told


def test_as_many_are_kept_as_asked_for(config: Path) -> None:
    for second in range(3):
        name = f"auditor-2026090{second + 1}T030000Z.db"
        (config.parent / "backups").mkdir(exist_ok=True)
        (config.parent / "backups" / name).touch()
    assert "Earlier backups removed: 2." in call("backup", "--keep", "2", "--config", config)
    assert len(list((config.parent / "backups").iterdir())) == 2


def test_a_place_of_ones_own(config: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write the backup there: No such file"):
        call("backup", "--output", tmp_path / "elsewhere" / "copy.db", "--config", config)
    assert not (tmp_path / "elsewhere").exists()  # such as where a disk is not mounted
    (tmp_path / "elsewhere").mkdir()
    call("backup", "--output", tmp_path / "elsewhere" / "copy.db", "--config", config)
    assert (tmp_path / "elsewhere" / "copy.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="leave --output out"):
        call("backup", "--output", tmp_path / "copy.db", "--keep", "2", "--config", config)


def test_without_its_key_nothing_is_restored(config: Path) -> None:
    call("backup", "--output", config.parent / "copy.db", "--config", config)
    (config.parent / "pseudonym.key").unlink()
    with pytest.raises(StoreError, match="no pseudonym key here"):
        call("restore", config.parent / "copy.db", "--config", config)
