"""Reading one message again from its mailbox, for somebody who may see it. It is written down who looked."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from auditor.errors import AuditorError, UsageError
from auditor.mailbox.entries import expand
from auditor.mailbox.found import Found
from auditor.mailbox.reread import Reread, reread
from auditor.message.reading import outgoing
from auditor.message.shown import Shown, shown
from auditor.message.values import Outgoing, Skipped
from auditor.question.house import House
from auditor.store import audit
from auditor.store.audit import Look
from auditor.store.reading import places


@dataclass(frozen=True, slots=True)
class Seen:
    """One message, read again: its words as they are compared, and itself as a reader sees it."""

    outgoing: Outgoing
    shown: Shown


def demand_permission(house: House) -> None:
    """Words are shown only where that is switched on.

    Raises:
        UsageError: it is not; the message says how.
    """
    if not house.config.privacy.show_words:
        raise UsageError(
            "words are not shown here: set privacy.show_words = true in the configuration and reload"
        )


async def see(house: House, send: sa.Row[Any], what: Look) -> Seen:
    """Read a send again, after an entry in the audit log.

    Raises:
        UsageError: showing words is not switched on.
        AuditorError: it is not there any more, may not be read, or its mailbox cannot be opened.
    """
    demand_permission(house)
    await house.store.run(lambda connection: audit.note(connection, what, house.by, send.id, time.time()))
    found = await _from_anywhere(house, send)
    read = await asyncio.to_thread(_same, house, send, found)
    return Seen(read, await asyncio.to_thread(shown, found.raw, in_report=found.journal))


async def read_again(house: House, send: sa.Row[Any]) -> Outgoing:
    """A send read again, for nobody's eyes.

    Raises:
        AuditorError: it is not there any more, may not be read, or its mailbox cannot be opened.
    """
    return await asyncio.to_thread(_same, house, send, await _from_anywhere(house, send))


class _Private(AuditorError):
    """Its text may not be read, whatever copy has it."""

    def __init__(self) -> None:
        super().__init__("its text may not be read: privacy.never_read, or internal mail")


async def _from_anywhere(house: House, send: sa.Row[Any]) -> Reread:
    """The message from the first place that still has it."""
    if send.private:
        raise _Private
    entries = {entry.key: entry.mailbox for entry in expand(house.config, house.company)}
    known = await house.store.read(lambda connection: places.places(connection, send.id))
    problem = "the message is not in its mailbox any more; it was deleted or moved"
    for place in known:
        mailbox = entries.get(place.mailbox)
        if mailbox is None:
            problem = "the mailbox that has the message is not in the configuration any more"
            continue
        pace = house.paces.of(mailbox.host, house.config.imap.pace(mailbox.preset))
        try:
            found = await reread(
                mailbox, place, house.tokens, house.config.imap, pace, partial(_demand_readable, house)
            )
        except _Private:
            raise
        except AuditorError as error:
            problem = str(error)
            continue
        if found is not None:
            return found
    raise AuditorError(problem)


def _demand_readable(house: House, found: Found) -> None:
    """By its headers: the text of what is private is not even fetched."""
    read = _read(house, found.header, journal=found.journal)
    if isinstance(read, Outgoing) and not read.readable:
        raise _Private


def _read(house: House, raw: bytes, *, journal: bool) -> Outgoing | Skipped:
    read_internal = house.config.privacy.read_internal
    return outgoing(raw, None, house.company, read_internal=read_internal, journal=journal, archive=True)


def _same(house: House, send: sa.Row[Any], found: Reread) -> Outgoing:
    read = _read(house, found.raw, journal=found.journal)
    if not isinstance(read, Outgoing) or house.pseudonyms.identity(*read.identity) != send.identity:
        raise AuditorError("at its place in the mailbox is another message now; it was moved")
    return read
