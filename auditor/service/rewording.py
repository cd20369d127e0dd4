"""Wordings of templates whose copies came through other replicas: some of these are read again.

Clear words wait only in the memory of the process that read a mail. Where another process judges, it reads
a few copies of a template again from their mailboxes, under the same k rule, and keeps what they share.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from auditor import log
from auditor.clear_words import Copy, may_be_shown
from auditor.errors import AuditorError, StoreWaits
from auditor.question.rereading import read_again
from auditor.service.answering import house_of
from auditor.service.running import Running
from auditor.store.ledger import templates
from auditor.template.wording import wording_in_clear

_logger = log.logger("auditor.fleet")

_EVERY_SECONDS = 15.0
_OURS = "the auditor"


async def reword(running: Running) -> None:
    """Look for templates without a wording, now and then; who reads everything has none to look for."""
    if running.replica is None:
        await asyncio.Event().wait()
    tried: dict[str, int] = {}  # sends of a template when it was tried
    while True:
        with contextlib.suppress(StoreWaits):  # tried again in a moment
            for id_, sends in await running.store.read(templates.unworded):
                if tried.get(id_, 0) * 2 <= sends:
                    tried[id_] = sends
                    await _reword(running, id_)
        await asyncio.sleep(_EVERY_SECONDS)


async def _reword(running: Running, template_id: str) -> None:
    """Read copies of one template again, and keep what they share when enough people received it."""
    rows = await running.store.read(lambda connection: templates.latest_sends(connection, template_id))
    copies = await _copies(running, rows)
    if not may_be_shown(copies, running.config.privacy.wording_recipients):
        return
    wording = wording_in_clear([copy.lines for copy in copies])
    if wording is not None:
        await running.judging.run(
            lambda connection: templates.write_wording(connection, template_id, wording)
        )
        running.changed.set()


async def _copies(running: Running, rows: Sequence[sa.Row[Any]]) -> tuple[Copy, ...]:
    """Those that can be read: a mailbox may be away, or a message gone."""
    house, copies = house_of(running, _OURS), []
    for row in rows:
        try:
            read = await read_again(house, row)
        except StoreWaits:
            raise
        except AuditorError as error:
            _logger.info("copy_not_read", problem=type(error).__name__)
            continue
        people = await running.store.read(partial(templates.people_of, send_id=row.id))
        copies.append(Copy(read.authored.text, people))
    return tuple(copies)
