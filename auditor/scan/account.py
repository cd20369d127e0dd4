"""An account as a source: `imaps://user@host:port/`, read once and read-only."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

from auditor.mailbox.access.account import account_at
from auditor.mailbox.found import Archived
from auditor.mailbox.once import scan_account
from auditor.scan.request import Request


def is_account(source: str) -> bool:
    """Whether a source names an account instead of a path."""
    return "://" in source


async def read_account(
    source: str, request: Request, progress: Callable[[int, int], None]
) -> AsyncIterator[Archived]:
    """The messages of an account's Sent folder. `progress` is told the messages done and their total.

    Raises:
        UsageError: the address cannot be understood.
        MailboxError: wrong login, certificate or folder; with the next step.
        ConnectionLost: the server cannot be reached.
    """
    asked = account_at(source, "", request.ca_file)
    account = replace(asked, password=request.password(f"{asked.username} at {asked.host}"))
    since = None if request.since is None else request.since.date()
    async with aclosing(scan_account(account, request.mailbox, since, progress=progress)) as messages:
        async for one in messages:
            yield one
