"""Opening a folder: is it the one that was read before, numbered as it was, and what is to be read of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from auditor.config.sections import BackfillOrder
from auditor.mailbox.agenda import Agenda
from auditor.mailbox.found import Cursor, Earlier
from auditor.mailbox.protocol.criteria import sent_since
from auditor.mailbox.session import Examined, Session


@dataclass(frozen=True, slots=True)
class Backfill:
    """How a mailbox is to be read for the first time: from which day on (None: all), and in which order."""

    since: date | None = None
    order: BackfillOrder = "oldest_first"


def is_same(cursor: Cursor, examined: Examined, folder: str, earlier: Earlier) -> bool:
    """Whether the folder is still numbered as the cursor says.

    A server that was set back, as by a restored backup, gives known numbers again. Some servers give every
    folder the same UIDVALIDITY, so another folder's name is another numbering.
    """
    if cursor.uidvalidity != examined.uidvalidity:
        return False
    if examined.uidnext is not None and cursor.high >= examined.uidnext:
        return False
    return earlier.folder in {"", folder}


async def agenda_anew(session: Session, examined: Examined, backfill: Backfill, earlier: Earlier) -> Agenda:
    """What to read of a folder whose numbers are new to us.

    The store recognises the sends it knows by their identity. What came since the last confirmation is
    read even where the backfill would leave it out.
    """
    since = backfill.since
    if since is not None and earlier.last_sync is not None:
        since = min(since, datetime.fromtimestamp(earlier.last_sync, UTC).date() - timedelta(days=1))
    top = await _top(session, examined)
    wanted = [uid for uid in await session.search(_criteria(since)) if uid <= top]
    if backfill.order == "newest_first":
        return Agenda(Cursor(examined.uidvalidity, top + 1, top), (), wanted, top)
    low = wanted[0] if wanted else top + 1
    return Agenda(Cursor(examined.uidvalidity, low, low - 1), wanted, (), top)


async def agenda_resumed(
    session: Session, examined: Examined, backfill: Backfill, earlier: Earlier, cursor: Cursor
) -> Agenda:
    """What to read of a folder that an earlier run has read up to `cursor`.

    Until the first audit is finished, what lies above the cursor is its rest, and only what the backfill
    wants is read. Below the cursor lies the rest of an audit from the newest message on, or what a longer
    backfill wants now.
    """
    top, above = cursor.high, list[int]()
    if earlier.last_sync is None:
        top = max(top, await _top(session, examined))
        above = await _between(session, cursor.high + 1, top, backfill.since)
    below = await _between(session, 1, cursor.low - 1, backfill.since)
    return Agenda(cursor, above, below, top)


async def _between(session: Session, first: int, last: int, since: date | None) -> list[int]:
    if first > last:
        return []
    found: Sequence[int] = await session.search(f"UID {first}:{last} {_criteria(since)}")
    return [uid for uid in found if first <= uid <= last]


async def _top(session: Session, examined: Examined) -> int:
    if examined.uidnext is not None:
        return examined.uidnext - 1
    older = await session.search()
    return older[-1] if older else 0


def _criteria(since: date | None) -> str:
    return "ALL" if since is None else sent_since(since)
