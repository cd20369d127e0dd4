"""One message read once more, read-only, from the place where it was found."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.config.sections import Imap, Mailbox
from auditor.mailbox import needed
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.found import Found
from auditor.mailbox.login import log_in
from auditor.mailbox.sent import sent_folder
from auditor.pace import Pace


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies: the mailbox's key, its folder's numbering, and the number there."""

    mailbox: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Reread:
    """A message with its texts; `journal` as in `found.Found`."""

    raw: bytes
    journal: bool


async def reread(
    mailbox: Mailbox, place: Place, tokens: Tokens, imap: Imap, pace: Pace, examine: Callable[[Found], None]
) -> Reread | None:
    """The message, or None when it is not there any more: deleted, moved, or numbered anew.

    Its text is fetched when `examine` has seen its headers and raised nothing.

    Raises:
        MailboxError: the mailbox cannot be opened; with the next step.
        ConnectionLost: the server cannot be reached.
    """
    seconds = imap.command_timeout.total_seconds()
    async with await log_in(mailbox, tokens, seconds=seconds, pace=pace) as session:
        sent = sent_folder(await session.list_folders(), mailbox.folder_to_open)
        examined = await session.examine(sent.folder)
        if examined.uidvalidity != place.uidvalidity:
            return None
        journal = mailbox.kind == "journal"
        found = await needed.headers(session, [place.uid], journal=journal)
        for one in found:
            examine(one)
        texts = await needed.texts(session, found, imap.message_limit)
        if place.uid not in texts:
            return None
        return Reread(texts[place.uid], found[0].journal)
