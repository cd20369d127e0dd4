"""The sections about letters: how they leave, who gets which, chats, the weekly digest."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from auditor.config.base import MailAddress, Port, Section

IncidentKind = Literal[
    "above_usual",
    "below_usual",
    "night_blast",
    "new_sender",
    "many_senders_new_template",
    "single_send",
    "merge_failure",
    "sustained",
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Smtp(Section):
    """How letters leave. This login is separate from the mailboxes'."""

    host: str = Field("127.0.0.1", description="Mail server that accepts the letters.")
    port: Port = Field(587, description="587 with STARTTLS, 465 with TLS, 25 on this machine.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description='"none" only on this machine.'
    )
    ca_file: Path | None = Field(None, description="Certificate authority, when it is not the system's.")
    username: str | None = Field(None, description="Login name, when the server wants one.")
    login: str | None = Field(
        None,
        description="Name of the [[logins]] entry whose tokens open it (XOAUTH2), instead of a password.",
    )
    password_file: Path | None = Field(None, description="File with the password on its first line.")
    credential: str | None = Field(None, description="Name of a systemd credential that holds the password.")
    sender: MailAddress = Field("auditor@localhost", description="From address of the letters.")
    letters_per_minute: int = Field(10, ge=1, description="The last gate.")

    @model_validator(mode="after")
    def _clear_only_here(self) -> "Smtp":
        if self.security == "none" and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError('security = "none" is allowed for 127.0.0.1 only')
        if self.password_file is not None and self.credential is not None:
            raise ValueError("give at most one of password_file and credential")
        if self.login is not None and (self.password_file is not None or self.credential is not None):
            raise ValueError("login takes the place of password_file and credential: give one")
        if self.login is not None and (self.username is None or self.security == "none"):
            raise ValueError("login needs username, the mailbox that sends, and TLS")
        return self


class Route(Section):
    """Letters about some teams, or of some kinds, to further people."""

    to: tuple[MailAddress, ...] = Field(description="Who receives them.")
    teams: tuple[str, ...] = Field(
        (), description="Letters in which one of these teams has a fifth of the sends; empty: all."
    )
    kinds: tuple[IncidentKind, ...] = Field((), description="Letters of these kinds alone; empty: all.")
    instead: bool = Field(False, description="These people instead of alerts.to, not beside them.")


class Webhook(Section):
    """A chat or a program that is told of every spike. Its address is a secret: it stands in a file."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")] = Field(
        description="Its name in messages and in the log."
    )
    form: Literal["slack", "teams", "json"] = Field(
        "json", description='"slack", "teams" (a workflow\'s webhook), or all fields as one JSON object.'
    )
    url_file: Path | None = Field(None, description="File with its address on the first line.")
    url_credential: str | None = Field(None, description="Name of a systemd credential that holds it.")
    ca_file: Path | None = Field(None, description="Certificate authority, when it is not the system's.")

    @model_validator(mode="after")
    def _one_address(self) -> "Webhook":
        if (self.url_file is None) == (self.url_credential is None):
            raise ValueError("give exactly one of url_file and url_credential")
        return self


class Coaching(Section):
    """A weekly note to a rep about their own mail only: by hand or not, templates, what was answered."""

    people: tuple[MailAddress, ...] = Field(
        (),
        description="Those who asked for it themselves, by their addresses; each note goes to that person "
        "alone, with the digest's day and hour. Nobody else is told of it.",
    )


class Digest(Section):
    """One letter a week: the ratio and its trend, templates, shifts, merge failures."""

    to: tuple[MailAddress, ...] = Field((), description="Sales operations and leadership; empty: nobody.")
    managers: bool = Field(
        False,
        description="Also to each manager, about the own team alone: the column manager of the people file.",
    )
    day: Weekday = Field("monday", description="On which day, in the organisation's time zone.")
    hour: int = Field(7, ge=0, le=23, description="From which hour on.")
