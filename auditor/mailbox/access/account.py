"""What is needed to log in to one mailbox server."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auditor.config.logins import Login
from auditor.config.sections import Mailbox
from auditor.errors import UsageError
from auditor.mailbox.access.credentials import read_secret

MASTER_SEPARATOR = "*"
"""Between the mailbox's login and the master user's: Dovecot's auth_master_user_separator."""


class Method(StrEnum):
    """How a login proves who it is."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    MASTER = "master user"
    MICROSOFT = "microsoft"
    GOOGLE = "google"
    OAUTH = "oauth"


BEARER = frozenset({Method.MICROSOFT, Method.GOOGLE, Method.OAUTH})
"""Methods in which the secret is an access token (RFC 6750), shown by XOAUTH2 or OAUTHBEARER."""


@dataclass(frozen=True, slots=True)
class Account:
    """One login. Its secret, a password or an access token, never shows in its representation."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: bool = True  # without it only for servers on this machine
    ca_file: Path | None = None
    method: Method = Method.PASSWORD
    mechanism: str = "auto"  # of a bearer method: auto, xoauth2, oauthbearer
    client_id: str | None = None  # of the application that asked for the token

    def __str__(self) -> str:
        """Who is asked, for messages: `ann@example.com at imap.example.com:993`."""
        return f"{self.username} at {self.host}:{self.port}"

    @property
    def bearer(self) -> bool:
        """Whether the secret is an access token."""
        return self.method in BEARER


def account_at(url: str, password: str, ca_file: Path | None = None) -> Account:
    """The account of an IMAP URL (RFC 5092): `imaps://ann@imap.example.com/`, `imaps://ann@host:9993/`.

    A `@` in the login is written as it is or as %40. `imap://`, without TLS, is for this machine only.

    Raises:
        UsageError: the URL names no login or no host, holds a password, or would send one in clear.
    """
    shape = "write imaps://LOGIN@HOST/ or imaps://LOGIN@HOST:PORT/"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"not an IMAP address: {shape}") from None
    if parts.scheme not in {"imaps", "imap"} or not parts.hostname or not parts.username:
        raise UsageError(f"not an IMAP address: {shape}")
    if parts.password is not None:
        raise UsageError("the address holds a password, which others can see: leave it out, it is asked for")
    tls = parts.scheme == "imaps"
    if not tls and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise UsageError("imap:// would send the password in clear: write imaps://")
    return Account(
        parts.hostname, port or (993 if tls else 143), unquote(parts.username), password, tls, ca_file
    )


def account_of(mailbox: Mailbox) -> Account:
    """The account of a mailbox that is opened with a password; reads the password now.

    Raises:
        MailboxError: the password cannot be read.
    """
    master = mailbox.master_user
    return Account(
        host=mailbox.host,
        port=mailbox.port,
        username=f"{mailbox.username}{MASTER_SEPARATOR}{master}" if master else mailbox.username,
        password=read_secret(mailbox.password_file, mailbox.credential),
        tls=mailbox.tls == "yes",
        ca_file=mailbox.ca_file,
        method=Method.MASTER if master else Method.PASSWORD,
    )


def account_with(mailbox: Mailbox, login: Login, token: str) -> Account:
    """The account of a mailbox that is opened with an access token."""
    return Account(
        host=mailbox.host,
        port=mailbox.port,
        username=mailbox.username,
        password=token,
        tls=mailbox.tls == "yes",
        ca_file=mailbox.ca_file,
        method=Method(login.provider),
        mechanism=login.mechanism,
        client_id=login.client_id,
    )
