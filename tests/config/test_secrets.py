"""What a configuration names that is secret, and what is said when others may read it."""

from pathlib import Path

import pytest

from auditor.config.load import parse
from auditor.config.secrets import credentials_of, exposed, secret_files_of
from auditor.config.sections import Config

TEXT = """
[organisation]
domains = ["northvans.example"]
people_file = "people.csv"
[[mailboxes]]
host = "imap.example.com"
username = "ann"
password_file = "ann.password"
[[mailboxes]]
host = "imap.example.com"
username = "bob"
credential = "bob"
[[webhooks]]
name = "chat"
url_file = "chat.url"
[smtp]
credential = "smtp"
[store]
path = "store/auditor.db"
key_file = "pseudonym.key"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Everything it names is there, and for its owner alone."""
    for name in ("auditor.toml", "people.csv", "ann.password", "chat.url", "pseudonym.key"):
        (tmp_path / name).touch(mode=0o600)
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "store" / "auditor.db").touch(mode=0o600)
    return parse(TEXT, tmp_path / "auditor.toml")


def test_every_secret_is_found_by_its_key(config: Config) -> None:
    assert {file.name for file in secret_files_of(config)} == {"ann.password", "chat.url", "pseudonym.key"}
    assert credentials_of(config) == {"bob", "smtp"}


@pytest.mark.parametrize(
    ("name", "mode", "told"),
    [
        ("ann.password", 0o644, "everybody may read this secret; run: chmod 600"),
        ("chat.url", 0o604, "everybody may read this secret; run: chmod 600"),
        ("auditor.toml", 0o646, "everybody may change it, and so what is audited; run: chmod o-w"),
        ("people.csv", 0o666, "everybody may change it, and so what is audited; run: chmod o-w"),
        ("store/auditor.db", 0o644, "other users may read the store; run: chmod 600"),
    ],
)
def test_what_others_may_do_is_said_with_what_to_do(config: Config, name: str, mode: int, told: str) -> None:
    path = config.store.path.parents[1] / "auditor.toml"
    assert exposed(config, path) == []
    file = path.parent / name
    file.chmod(mode)
    assert exposed(config, path) == [f"{file}: {told} {file}"]


def test_the_group_may_read_and_what_is_missing_is_no_matter(config: Config) -> None:
    path = config.store.path.parents[1] / "auditor.toml"
    path.chmod(0o640)
    path.with_name("ann.password").chmod(0o640)
    path.with_name("chat.url").unlink()
    assert exposed(config, path) == []
