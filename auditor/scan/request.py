"""What a person asked for on the command line, and where the password of an account comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from getpass import getpass
from pathlib import Path

from auditor.mailbox.access.credentials import read_secret

SOURCES = "mbox file, Maildir, folder of .eml files, or imaps://user@host/"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of `auditor scan`."""

    sources: tuple[str, ...]
    format: str = "text"
    output: Path | None = None
    domains: tuple[str, ...] = ()
    people_file: Path | None = None
    min_recipients: int = 5
    since: datetime | None = None
    mailbox: str | None = None
    ca_file: Path | None = None
    alerts: bool = False
    password: Callable[[str], str] = getpass


def password_source(path: Path | None) -> Callable[[str], str]:
    """Ask on the terminal, or read the first line of a file."""
    if path is None:
        return lambda account: getpass(f"Password of {account}: ")
    return lambda _account: read_secret(path, None)
