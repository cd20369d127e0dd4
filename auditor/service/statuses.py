"""What the store keeps of how mailboxes are, for the next start and for commands beside the daemon.

Whether a first audit was finished decides what is news after a restart: mail that came since is, the rest of
an audit that was broken off is not. So that is kept at once; everything else now and then, and at the end.
"""

import asyncio
from collections.abc import Sequence

from auditor import log
from auditor.errors import StoreError, StoreWaits
from auditor.mailbox.status import State, Status
from auditor.service.running import Running, Watch
from auditor.store.mailboxes import Kept, keep_statuses

_logger = log.logger("auditor.mailbox")

_IN_TROUBLE = frozenset({State.FAILING, State.REFUSED, State.THROTTLED})
_CONFIRMED_AT_LEAST_EVERY_SECONDS = 60.0
_LAST_SECONDS = 0.75
"""So long a stop waits for the last states."""


def changed(watches: Sequence[Watch]) -> list[Watch]:
    """Those whose status is worth a write."""
    return [watched for watched in watches if watched.id and _is_news(watched.reader.status, watched.kept)]


async def keep(running: Running, watches: Sequence[Watch]) -> bool:
    """Write how these are; whether the store took it."""
    if not running.health.store_writable:
        return False
    told = [watched.reader.status for watched in watches]
    kept = [_kept(watched.id, status) for watched, status in zip(watches, told, strict=True)]
    try:
        if kept:
            await running.store.run(lambda connection: keep_statuses(connection, kept))
    except StoreWaits:
        return False  # the intake tells of it; the states are written when there is room again
    for watched, status in zip(watches, told, strict=True):
        _tell(watched, status)
        watched.kept = status
    return True


async def keep_last(running: Running) -> None:
    """Write all that has changed since it was kept: the next start goes on from it."""
    last = [one for one in running.own if one.id and one.reader.status is not one.kept]
    try:
        async with asyncio.timeout(_LAST_SECONDS):
            await keep(running, last)
    except (StoreError, TimeoutError) as error:
        _logger.warning("states_not_kept", mailboxes=len(last), problem=type(error).__name__)


def _tell(watched: Watch, status: Status) -> None:
    """Log that a mailbox cannot be read now, and that it can again."""
    if status.state in _IN_TROUBLE and (watched.kept is None or watched.kept.state is not status.state):
        watched.in_trouble = True
        _logger.warning("mailbox_unread", mailbox=watched.id, state=str(status.state), reason=status.reason)
    elif watched.in_trouble and status.state.up_to_date:
        watched.in_trouble = False
        _logger.info("mailbox_read_again", mailbox=watched.id)


def _kept(mailbox_id: int, status: Status) -> Kept:
    return Kept(
        mailbox_id, status.folder or "", status.state, status.reason, status.last_sync, status.backlog
    )


def _is_news(status: Status, kept: Status | None) -> bool:
    """Whether a status is worth a write: a confirmation alone is, once a minute."""
    if kept is None:
        return True
    shown = (status.state, status.reason, status.folder, status.backlog)
    if shown != (kept.state, kept.reason, kept.folder, kept.backlog):
        return True
    return (status.last_sync or 0.0) - (kept.last_sync or 0.0) >= _CONFIRMED_AT_LEAST_EVERY_SECONDS
