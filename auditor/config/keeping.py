"""The section about the store: a file of this machine, or a database that replicas share."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from auditor.config.base import Section
from auditor.config.units import Duration


class Store(Section):
    """Where sends, verdicts and tallies are kept: hashes and numbers, no text."""

    path: Path = Field(
        Path("/var/lib/auditor/auditor.db"),
        description="SQLite file. With `url` only what lies beside it: the key, the token of the page.",
    )
    url: str | None = Field(
        None,
        description="A PostgreSQL database that several replicas share, instead of the file: "
        '"postgresql://auditor@db.example.com/auditor", without the password.',
    )
    password_file: Path | None = Field(None, description="File with the database's password.")
    credential: str | None = Field(None, description="Name of a systemd credential that holds it.")
    key_file: Path | None = Field(
        None, description="The pseudonym key; made once, mode 0600. Default: beside the store."
    )
    horizon: Duration = Field(timedelta(days=400), description="How long a send is kept.")

    @model_validator(mode="after")
    def _one_database(self) -> "Store":
        given = self.password_file, self.credential
        if self.url is None:
            if any(given):
                raise ValueError("password_file and credential belong to url: give it too")
            return self
        parts = urlsplit(self.url)
        if parts.scheme != "postgresql" or not parts.path.strip("/"):
            raise ValueError('url is "postgresql://user@host/database"')
        if parts.password is not None:
            raise ValueError("the password does not belong in url: give password_file or credential")
        if all(given):
            raise ValueError("give at most one of password_file and credential")
        return self

    @property
    def key_path(self) -> Path:
        """Where the pseudonym key is: as configured, or beside the store."""
        return self.key_file or self.path.with_name("pseudonym.key")
