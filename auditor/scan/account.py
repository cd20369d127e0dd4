"""An account as a source: `imaps://user@host:port/`, read once and read-only."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from urllib.parse import unquote, urlsplit

from auditor.errors import UsageError
from auditor.mailbox.account import Account
from auditor.mailbox.found import Archived
from auditor.mailbox.once import scan_account
from auditor.scan.request import Request

_SCHEME = "imaps://"
_PORT = 993


def is_account(source: str) -> bool:
    """Whether a source names an account instead of a path."""
    return "://" in source


def login_of(source: str) -> tuple[str, str, int]:
    """The user, host and port of an account's address.

    Raises:
        UsageError: it is not of the form imaps://user@host:port/.
    """
    try:
        parts = urlsplit(source)
        host, port, user = parts.hostname, parts.port or _PORT, unquote(parts.username or "")
    except ValueError:
        host, port, user = None, _PORT, ""
    if not source.startswith(_SCHEME) or not host or not user:
        raise UsageError(f"{source}: write an account as imaps://user@host/ (a user's @ as %40, or as it is)")
    if parts.password is not None:
        raise UsageError("a password in the address would stay in the shell's history; use --password-file")
    return user, host, port


async def read_account(
    source: str, request: Request, progress: Callable[[int, int], None]
) -> AsyncIterator[Archived]:
    """The messages of an account's Sent folder. `progress` is told the messages done and their total.

    Raises:
        MailboxError: wrong login, certificate or folder; with the next step.
        ConnectionLost: the server cannot be reached.
    """
    user, host, port = login_of(source)
    account = Account(host, port, user, request.password(f"{user} at {host}"), ca_file=request.ca_file)
    since = None if request.since is None else request.since.date()
    async with aclosing(scan_account(account, request.mailbox, since, progress=progress)) as messages:
        async for one in messages:
            yield one
