"""What was found out: values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """What is known of one mailbox after it was opened. Times are aware."""

    username: str
    host: str
    port: int
    address: str  # that answers, such as 192.0.2.7
    tls: str | None  # such as TLSv1.3; None without TLS
    method: str  # password, master user, microsoft, google, oauth
    login: str | None  # the [[logins]] entry
    kind: str
    folder: str
    found_how: str
    messages: int
    oldest: datetime | None
    newest: datetime | None
    read_only: bool  # the server said so
    idle: bool  # it tells of news by itself
    beyond_reading: str
    remark: str
    credential_expires: datetime | None
    certificate_expires: datetime | None  # the server's
    backlog: int  # messages the daemon would read first


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `detail` says what to do when it failed."""

    what: str
    ok: bool
    detail: str
    skipped: bool = False
    mailbox: MailboxFacts | None = None
    misconfigured: bool = False  # the daemon would not start with this configuration, or watch nothing

    @property
    def failed(self) -> bool:
        """Whether it was looked at and is wrong."""
        return not self.ok and not self.skipped
