"""What is needed to log in to one mailbox server."""

from dataclasses import dataclass, field
from pathlib import Path

from auditor.config.sections import Mailbox
from auditor.mailbox.credentials import read_secret


@dataclass(frozen=True, slots=True)
class Account:
    """One login. The password never shows in its representation."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: bool = True  # without it only for servers on this machine
    ca_file: Path | None = None

    def __str__(self) -> str:
        """Who is asked, for messages: `ann@example.com at imap.example.com:993`."""
        return f"{self.username} at {self.host}:{self.port}"


def account_of(mailbox: Mailbox) -> Account:
    """The account of a configured mailbox; reads its password now.

    Raises:
        MailboxError: the password cannot be read.
    """
    return Account(
        host=mailbox.host,
        port=mailbox.port,
        username=mailbox.username,
        password=read_secret(mailbox.password_file, mailbox.credential),
        tls=mailbox.tls == "yes",
        ca_file=mailbox.ca_file,
    )
