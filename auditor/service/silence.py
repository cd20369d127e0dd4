"""A letter to the operator when mailboxes are silent for too long: once an episode, all of them in one."""

import asyncio
import json
import time
from collections.abc import Sequence

import sqlalchemy as sa

from auditor import log
from auditor.alert.incident import Occasion
from auditor.errors import StoreWaits
from auditor.post import letters
from auditor.post.house import house_of
from auditor.service.running import Running, Watch
from auditor.store.database.meta import read_meta, write_meta
from auditor.story.letter import Letter
from auditor.story.operator import write_operator_letter
from auditor.story.words import count, span

_logger = log.logger("auditor.alert")

_EVERY_SECONDS = 60.0
_GATHER_SECONDS = 600.0
"""Time between two letters: a server that goes away takes hundreds of mailboxes with it, one by one."""

_TOLD = "silence_told"
_NAMED = 10


async def look(running: Running) -> None:
    """Look every minute; letter and memory are one transaction, so that a restart repeats nothing."""
    written_at = -_GATHER_SECONDS
    while True:
        now = time.time()
        known = [watched for watched in running.watches if watched.id]
        silent = [watched for watched in known if is_silent(running, watched, now)]
        may_write = time.monotonic() - written_at >= _GATHER_SECONDS
        try:
            new = await _tell(running, known, silent, now, may_write)
        except StoreWaits:
            new = 0  # told of already; looked at again in a moment
        if new:
            written_at = time.monotonic()
            _logger.warning("mailboxes_silent", mailboxes=new, told=len(running.config.alerts.operator))
            running.changed.set()
        await asyncio.sleep(min(_EVERY_SECONDS, running.config.alerts.silent_after.total_seconds() / 2))


def is_silent(running: Running, watched: Watch, now: float) -> bool:
    """Whether nothing was heard of this mailbox for too long."""
    status = running.status_of(watched)
    heard = max(status.heard or 0.0, watched.since)
    return not status.state.up_to_date and now - heard >= running.config.alerts.silent_after.total_seconds()


def _has_spoken(running: Running, watched: Watch) -> bool:
    """Whether it was read in this run: then its episode is over, and another one is news."""
    return running.status_of(watched).heard is not None


async def _tell(
    running: Running, known: Sequence[Watch], silent: Sequence[Watch], now: float, may_write: bool
) -> int:
    """Write one letter about those not told of yet; how many these are."""
    config = running.config

    def transaction(connection: sa.Connection) -> int:
        told = set(json.loads(read_meta(connection, _TOLD) or b"[]"))
        recovered = {
            watched.id for watched in known if watched not in silent and _has_spoken(running, watched)
        }
        still = told - recovered
        new = [watched for watched in silent if watched.id not in still] if may_write else []
        if new:
            letters.put(
                connection,
                _letter(running, new),
                occasion=Occasion.OPERATOR,
                recipients=config.alerts.operator,
                sender=config.smtp.sender,
                now=now,
            )
        after = still | {watched.id for watched in new}
        if after != told:
            write_meta(connection, _TOLD, json.dumps(sorted(after)).encode())
        return len(new)

    return await running.judging.run(transaction)


def _letter(running: Running, silent: Sequence[Watch]) -> Letter:
    config = running.config
    many = count(len(silent), "mailbox is", "mailboxes are")
    what = (
        f"For over {span(round(config.alerts.silent_after.total_seconds()))} nothing could be read from "
        f"{'it' if len(silent) == 1 else 'them'}. No mail is lost: it is read as soon as the server lets us. "
        "Until then it is missing from every figure."
    )
    steps = [
        f"Mailbox {watched.id}, {watched.settings.username} at {watched.settings.host}: "
        f"{running.status_of(watched).reason or 'no answer'}."
        for watched in silent[:_NAMED]
    ]
    if len(silent) > _NAMED:
        steps.append(f"And {len(silent) - _NAMED} more: auditor mailbox list shows all.")
    steps.append(
        "auditor check tries every login and says what to do. After a change: systemctl reload auditor."
    )
    return write_operator_letter(f"{many} not being read", what, steps, house_of(config))
