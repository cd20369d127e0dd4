"""Every option there is, with its default and one sentence for the person who sets it.

The example file and the documentation are generated from these descriptions.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StringConstraints, field_validator, model_validator

from auditor.config.base import MailAddress, Port, Section
from auditor.config.keeping import Store
from auditor.config.logins import Login
from auditor.config.post import Coaching, Digest, Route, Smtp, Webhook
from auditor.config.units import Duration, Size, is_timezone

Domain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$", to_lower=True)]
BackfillOrder = Literal["oldest_first", "newest_first"]
Ratio = Annotated[float, Field(ge=0, le=1)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Za-z0-9]{1,3})?$")]

HOSTS = {"microsoft365": "outlook.office365.com", "google": "imap.gmail.com"}
"""The IMAP servers that a preset of [[mailboxes]] stands for."""


class Organisation(Section):
    """Who we are. Recipients outside `domains` are external."""

    name: str = Field("Example Ltd", description="The company's name, as it stands in letters and pages.")
    domains: tuple[Domain, ...] = Field(
        description="Every domain the company sends from; subdomains are included."
    )
    people_file: Path | None = Field(
        None,
        description="CSV with address, name, aliases, team, role, manager, timezone, login; only address is "
        "needed. Relative to this file.",
    )
    timezone: str = Field("UTC", description="Time zone of people without one of their own.")
    holidays: tuple[Country, ...] = Field(
        (),
        description="Countries whose public holidays nobody is missed on, as in DE or US-CA; each holds for "
        "the people whose time zone lies there.",
    )
    days_off: tuple[date, ...] = Field(
        (), description="Further dates on which nobody is missed, as in 2026-12-24."
    )

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if not is_timezone(value):
            raise ValueError("unknown time zone; write it as in Europe/Berlin or UTC")
        return value


class Mailbox(Section):
    """One watched login, or with people = true one for each person. Nothing in it is ever changed."""

    host: str = Field(description="IMAP server; presets microsoft365 and google know theirs.")
    port: Port = Field(993, description="993 is IMAP over TLS.")
    tls: Literal["yes", "no"] = Field("yes", description='"no" only for a server on this machine.')
    ca_file: Path | None = Field(None, description="Certificate authority, when it is not the system's.")
    preset: Literal["generic", "dovecot", "microsoft365", "google"] = Field(
        "generic", description="What kind of server it is; config/guides has a guide for each."
    )
    username: str = Field("", description="Login name; with Microsoft and Google the mailbox's address.")
    people: bool = Field(
        False,
        description="Instead of username: one mailbox for each line of the people file, by its login, "
        "else its address.",
    )
    login: str | None = Field(None, description="Name of the [[logins]] entry whose tokens open it.")
    master_user: str | None = Field(
        None, description="Dovecot master user; the password below is then the master user's."
    )
    password_file: Path | None = Field(None, description="File with the password on its first line.")
    credential: str | None = Field(None, description="Name of a systemd credential that holds the password.")
    kind: Literal["sent", "journal"] = Field(
        "sent",
        description='"journal" for a mailbox that receives copies of all mail: config/guides/journal.md.',
    )
    folder: str | None = Field(
        None,
        description="The Sent folder, when it is not found by itself; of a journal INBOX, unless set.",
    )
    backfill: Duration = Field(timedelta(days=90), description="How far back the first audit reads.")
    backfill_order: BackfillOrder | None = Field(
        None, description="Of this mailbox's first audit, when it is not that of [imap]."
    )

    @property
    def folder_to_open(self) -> str | None:
        """The folder that is read; None where the Sent folder is to be found."""
        return self.folder or ("INBOX" if self.kind == "journal" else None)

    @model_validator(mode="before")
    @classmethod
    def _host_of_preset(cls, given: object) -> object:
        if isinstance(given, dict) and "host" not in given and given.get("preset") in HOSTS:
            return {**given, "host": HOSTS[given["preset"]]}
        return given

    @model_validator(mode="after")
    def _one_secret(self) -> "Mailbox":
        if self.login is not None and (self.password_file or self.credential or self.master_user):
            raise ValueError("login takes the place of password_file, credential and master_user: give one")
        if self.login is None and self.preset == "microsoft365":
            raise ValueError('preset "microsoft365" needs login: Microsoft accepts no passwords for IMAP')
        if self.login is None and (self.password_file is None) == (self.credential is None):
            raise ValueError("give exactly one of password_file and credential, or a login")
        if self.tls == "no" and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError('tls = "no" would send the password in clear; it is allowed for 127.0.0.1 only')
        return self

    @model_validator(mode="after")
    def _whose(self) -> "Mailbox":
        if self.people == bool(self.username):
            raise ValueError("give exactly one of username and people = true")
        if self.people and self.master_user is None and self.login is None:
            raise ValueError("people = true needs one secret for all: give login or master_user")
        if self.people and self.kind == "journal":
            raise ValueError('kind = "journal" is one mailbox for all: give username instead of people')
        return self


_COMMANDS_PER_SECOND = {"dovecot": 150.0}  # some 35 logins a second, each with its password to be hashed
_COMMANDS_PER_SECOND_ELSEWHERE = 50.0


class Imap(Section):
    """How gently servers are treated."""

    commands_per_second: float | None = Field(
        None,
        gt=0,
        description="Per host, over all its mailboxes. By default 50, and 150 where an entry's preset is "
        "dovecot, a server of one's own.",
    )
    connections_per_host: int = Field(
        0, ge=0, description="At one time; mailboxes take turns beyond it. 0: one for each mailbox."
    )
    connections_per_login: int = Field(
        10, ge=1, description="At one time, where one login has several folders. Gmail allows 15, Dovecot 10."
    )
    command_timeout: Duration = Field(timedelta(seconds=60), description="Deadline of every IMAP command.")
    idle_renewal: Duration = Field(timedelta(minutes=8), description="How often IDLE is renewed.")
    poll_interval: Duration = Field(timedelta(minutes=2), description="Where the server has no IDLE.")
    batch_messages: int = Field(200, ge=1, le=2000, description="Messages read in one go.")
    backfill_order: BackfillOrder = Field(
        "oldest_first",
        description="Of the first audit; new mail never waits for it. newest_first shows this week sooner, "
        "but a follow-up that is read before the mail it follows counts as a reply.",
    )
    message_limit: Size = Field(
        262_144, description="What is fetched of one message at most; text comes first."
    )

    def pace(self, preset: str) -> float:
        """Commands a second at a host whose mailboxes have this preset."""
        return self.commands_per_second or _COMMANDS_PER_SECOND.get(preset, _COMMANDS_PER_SECOND_ELSEWHERE)


class Privacy(Section):
    """What is read and shown of people. The defaults show nobody."""

    read_internal: bool = Field(
        False, description="Read the text of internal mail too; otherwise headers only."
    )
    never_read: tuple[str, ...] = Field(
        (),
        description="Mail from or to these is counted by its headers at most, its text is never fetched: "
        "addresses, domains with their subdomains, and folders as folder:NAME. Think of the works council, "
        "HR, legal and the company doctor.",
    )
    per_sender_metrics: bool = Field(False, description="Show figures of single senders on the page.")
    show_words: bool = Field(
        False, description="Let `explain --words` reread one message and show its words."
    )
    min_team_size: int = Field(5, ge=1, description='Smaller teams appear as "other".')
    name_senders: Literal["none", "role", "all"] = Field(
        "none",
        description="Who is named in letters: nobody, people by the column role of the people file, or "
        "all by their names.",
    )
    wording_recipients: int = Field(
        5,
        ge=3,
        description="Wording is written down once this many external recipients received the same words.",
    )

    @field_validator("never_read")
    @classmethod
    def _known_forms(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not re.fullmatch(r"folder:.+|(?:[^@\s,<>:]+@)?[^@\s,<>:/]+\.[^@\s,<>:/.]+", one):
                raise ValueError(f'"{one}" is no address, no domain and no folder:NAME')
        return value

    @property
    def private_folders(self) -> frozenset[str]:
        """The folders of `never_read`."""
        return frozenset(one.removeprefix("folder:") for one in self.never_read if one.startswith("folder:"))

    @property
    def private_parties(self) -> frozenset[str]:
        """The addresses and domains of `never_read`."""
        return frozenset(one for one in self.never_read if not one.startswith("folder:"))


class Templates(Section):
    """When shared wording counts as mass-sent."""

    min_recipients: int = Field(5, ge=2, description="Distinct recipients a template must reach.")
    min_organisations: int = Field(3, ge=1, description="Organisations they must belong to.")
    tailored_share: float = Field(
        0.12, gt=0, lt=1, description="From this handwritten share on, a send is tailored."
    )
    span: Duration = Field(
        timedelta(days=90), description="The span within which the recipients are counted."
    )
    match_horizon: Duration = Field(
        timedelta(days=180), description="A template unused this long is not matched again."
    )


class Answers(Section):
    """What comes back on what was sent: header fields of inboxes, and nothing else of them."""

    enabled: bool = Field(
        False,
        description="Read who answers, from a few header fields of what arrives; no subject, no text. "
        "Tell your people before you switch it on.",
    )
    folder: str = Field("INBOX", description="The folder of each login in which answers arrive.")
    within: Duration = Field(
        timedelta(days=14),
        description="How long after a send its first answer counts; sends count after that.",
    )
    stop_addresses: tuple[MailAddress, ...] = Field(
        (),
        description="Where people write who want no more mail, beside addresses that say so: unsubscribe@.",
    )


class Alerts(Section):
    """Letters to sales ops when templated volume spikes."""

    to: tuple[MailAddress, ...] = Field((), description="Who receives the letters; empty: nobody.")
    at_most_per_month: float = Field(
        1.0, gt=0, description="The one knob: false alarms you accept in a month."
    )
    single_send_recipients: int = Field(200, ge=5, description="One send to this many people opens at once.")
    hold: Duration = Field(
        timedelta(minutes=5), description="How long a spike must last before a letter is written."
    )
    operator: tuple[MailAddress, ...] = Field(
        (), description="Who is told when mailboxes cannot be read; empty: nobody."
    )
    silent_after: Duration = Field(
        timedelta(hours=2), description="How long a mailbox may be silent before the operator is told."
    )
    cooldown: Duration = Field(
        timedelta(hours=24), description="Quiet time for one series after an incident."
    )


class Targets(Section):
    """What leadership aims at: the highest mass ratio, 0 to 1. Dashboards, page and report show it."""

    mass_ratio: Ratio | None = Field(
        None, description="For everybody: of outreach that reached a person outside, how much may be mass."
    )
    teams: dict[str, Ratio] = Field(
        {}, description="For single teams, by their names in the people file; the others have the one above."
    )

    def of(self, team: str) -> float | None:
        """The target of a team; None where there is none."""
        return self.teams.get(team, self.mass_ratio)


class Http(Section):
    """Metrics and the page for people. On loopback unless you say otherwise."""

    listen: str = Field(
        "127.0.0.1", description="Address to listen on; anything but loopback needs a token and TLS."
    )
    port: int = Field(9478, ge=0, le=65535, description="0 chooses a free port and logs it.")
    socket: Path | None = Field(
        None,
        description="Unix socket of the commands, for root and group auditor only. Unset: control.sock in "
        "/run/auditor under systemd, else beside the store.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Further Host names that are answered, such as a proxy's."
    )
    public_url: str | None = Field(None, description="How people reach the page, for links in letters.")
    token_file: Path | None = Field(
        None, description="File with the token that opens the page; made beside the store if missing."
    )
    tls_certificate_file: Path | None = Field(
        None, description="PEM certificate chain; needed where listen is not loopback."
    )
    tls_key_file: Path | None = Field(None, description="PEM private key of that certificate.")

    @model_validator(mode="after")
    def _never_in_clear(self) -> "Http":
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("give tls_certificate_file and tls_key_file together")
        if self.listen not in {"127.0.0.1", "::1", "localhost"} and self.tls_certificate_file is None:
            raise ValueError("listen outside loopback needs tls_certificate_file and tls_key_file")
        return self


class Prometheus(Section):
    """The Prometheus that scrapes us; nothing is sent to it."""

    url: str | None = Field(
        None,
        description="Where it is; auditor check then says how long it keeps what it has read.",
    )


class Log(Section):
    """What the daemon says. No text, subject or address of a mail at any level."""

    format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level written."
    )


class Config(Section):
    """The whole file."""

    organisation: Organisation
    logins: tuple[Login, ...] = Field((), description="Where access tokens come from.")
    mailboxes: tuple[Mailbox, ...] = Field((), description="The watched logins.")
    imap: Imap = Imap()
    store: Store = Store()
    privacy: Privacy = Privacy()
    templates: Templates = Templates()
    answers: Answers = Answers()
    alerts: Alerts = Alerts()
    targets: Targets = Targets()
    routes: tuple[Route, ...] = Field((), description="Further recipients of letters about spikes.")
    webhooks: tuple[Webhook, ...] = Field((), description="Chats and programs that are told as well.")
    digest: Digest = Digest()
    coaching: Coaching = Coaching()
    smtp: Smtp = Smtp()
    http: Http = Http()
    prometheus: Prometheus = Prometheus()
    log: Log = Log()
    _outdated: tuple[str, ...] = PrivateAttr(())

    @property
    def outdated(self) -> tuple[str, ...]:
        """What in the file is understood for one release more: a sentence each, with file and line."""
        return self._outdated

    def note_outdated(self, sentences: Iterable[str]) -> None:
        """Keep what the reader of the file noticed."""
        self._outdated = tuple(sentences)

    @model_validator(mode="after")
    def _complete(self) -> "Config":
        names = [login.name for login in self.logins]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f'logins: the name "{twice}" is given twice; each needs its own')
        if self.smtp.login is not None and self.smtp.login not in names:
            there = ", ".join(sorted(names)) or "none"
            raise ValueError(f'smtp.login: no [[logins]] has the name "{self.smtp.login}"; there is: {there}')
        hooks = [webhook.name for webhook in self.webhooks]
        if twice := next((name for name in hooks if hooks.count(name) > 1), None):
            raise ValueError(f'webhooks: the name "{twice}" is given twice; each needs its own')
        for number, mailbox in enumerate(self.mailboxes, 1):
            if mailbox.login is not None and mailbox.login not in names:
                there = ", ".join(sorted(names)) or "none"
                missing = f'no [[logins]] has the name "{mailbox.login}"'
                raise ValueError(f"mailboxes[{number}].login: {missing}; there is: {there}")
            if mailbox.people and self.organisation.people_file is None:
                raise ValueError(
                    f"mailboxes[{number}].people: set organisation.people_file, which lists them"
                )
        return self
