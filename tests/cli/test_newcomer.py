"""What somebody does on the first evening, with files as other programs write them, and what is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.pseudonyms import Pseudonyms, load_or_make_key
from auditor.store.engine import open_store

CONFIG = """\
[organisation]
domains = ["northvans.example"]
people_file = "people.csv"

[[mailboxes]]
host = "imap.northvans.example"
username = "ann"
password_file = "password"

[store]
path = "auditor.db"

[http]
port = 0
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "auditor.toml").write_text(CONFIG)
    (tmp_path / "people.csv").write_text("address,name,team\nann@northvans.example,Ann,North\n")
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_text("secret\n")
    return tmp_path / "auditor.toml"


def auditor(*arguments: str | Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, input=given,
        env={**os.environ, **environment},
    )  # fmt: skip


def checked(config: Path) -> subprocess.CompletedProcess[str]:
    return auditor("check", "--offline", "--config", config)


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_file_that_another_editor_wrote_is_read(config, change):
    for path in (config, config.with_name("people.csv")):
        path.write_bytes(change(path.read_text()).encode())
    told = checked(config)
    assert (told.returncode, told.stderr) == (0, "")
    assert "people.csv: 1 person, teams shown: other" in told.stdout


def test_a_configuration_that_is_none_says_what_it_is(config, tmp_path):
    config.write_text(CONFIG, encoding="utf-16")
    assert "auditor.toml: the configuration is not UTF-8; save it as UTF-8" in checked(config).stderr
    told = checked(tmp_path)
    assert told.stderr == f"auditor: {tmp_path}: cannot read the configuration: Is a directory\n"
    assert told.returncode == 2


def test_who_may_not_read_the_configuration_hears_who_may(config):
    config.chmod(0)
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    told = subprocess.run(
        [*bound, sys.executable, "-m", "auditor", "check", "--config", str(config)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert told.stderr == f"auditor: {config}: you may not read the configuration; root and its group may\n"
    assert told.returncode == 2


def test_check_opens_the_store_that_is_there(config, tmp_path):
    key, store = tmp_path / "pseudonym.key", tmp_path / "auditor.db"
    open_store(store, Pseudonyms(load_or_make_key(key))).close()
    assert "auditor.db: of this version and key" in checked(config).stdout
    key.write_text("00" * 32 + "\n")
    told = checked(config)
    assert told.returncode == 1
    assert "written with another pseudonym key" in told.stdout
    key.unlink()
    assert "no pseudonym key here" in checked(config).stdout
    load_or_make_key(key)
    store.write_bytes(b"no store " * 1_000)
    told = checked(config)
    assert told.returncode == 1
    assert "the store is damaged" in told.stdout
    store.write_bytes(b"")  # a first start that was broken off
    assert checked(config).returncode == 0


def test_nobody_is_forgotten_whom_nobody_confirms(config):
    for given, said, status in (("", "where it is meant, add --yes", 2), ("n\n", "nobody was forgotten", 1)):
        told = auditor("forget", "kim@haulier.example", "--config", config, given=given)
        assert said in told.stderr
        assert told.returncode == status
    told = auditor("forget", "kim", "--config", config)
    assert (told.stdout, told.stderr) == ("", "auditor: kim: give one mail address\n")  # before it asks


def test_the_option_that_stands_before_the_command_is_shown_there(config):
    told = auditor("check", "--debug", "--config", config)
    assert told.stderr == "auditor: --debug stands before the command, as in: auditor --debug check\n"
    assert told.returncode == 2


def test_no_word_of_a_help_is_lost():
    """Square brackets would be taken for a colour."""
    told = auditor("history", "--help", COLUMNS="200").stdout
    assert "default: where the page is." in " ".join(told.split())
    assert "SOURCE......" not in auditor("scan", "--help").stdout
    assert "Move the store between a file and a PostgreSQL" in auditor("--help").stdout


def test_a_terminal_of_another_encoding_shows_what_it_can(config):
    told = auditor("check", "--offline", "--config", config, PYTHONIOENCODING="ascii")
    assert (told.returncode, told.stderr) == (0, "")
    assert "? mail server not asked" in " ".join(told.stdout.split())


@pytest.mark.parametrize("command", [("config", "schema"), ("--help",), ("check", "--help")])
def test_a_reader_who_has_seen_enough_is_no_error(command):
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        complaints = process.stderr.read()
    assert complaints == b""


def test_a_command_starts_without_what_only_others_need():
    """Store, judgement and connections take a second to load: `--help` needs none of them."""
    heavy = {"aiohttp", "holidays", "jinja2", "numpy", "scipy", "sklearn", "sqlalchemy"}
    look = f"import sys, auditor.cli; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
