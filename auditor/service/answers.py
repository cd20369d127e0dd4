"""What comes back: joined with the sends that were judged meanwhile, and counted now and then."""

import asyncio
import contextlib
import time
from functools import partial

import sqlalchemy as sa

from auditor.answer.rates import WINDOWS, AnswerFigures, span_of
from auditor.errors import StoreWaits
from auditor.service.running import Running
from auditor.store.ledger.answers import settle_judged
from auditor.store.reading.answers import read_answers

_SETTLE_EVERY_SECONDS = 2.0
_COUNT_AT_MOST_EVERY_SECONDS = 5.0
_COUNT_AT_LEAST_EVERY_SECONDS = 600.0
_REST_FOR_WORK = 100
"""A hundredth of the time at most: it looks at every send of six weeks."""


async def settle(running: Running) -> None:
    """Join answers that were read before the sends they answer; nothing to do where no inbox is read."""
    while True:
        joined = None
        if _is_on(running):
            try:
                joined = await running.judging.run(partial(settle_judged, now=time.time()))
            except StoreWaits:
                joined = None  # the intake tells of it
        if joined:
            running.metrics.count_answers(joined)
        if joined is None:
            await asyncio.sleep(_SETTLE_EVERY_SECONDS)


async def count(running: Running) -> None:
    """Count who answered, now and then."""
    while True:
        began = time.monotonic()
        if _is_on(running):
            with contextlib.suppress(StoreWaits):  # counted again in a moment
                running.answers = await running.store.read(partial(_read, running=running, now=time.time()))
                running.changed.set()
        rest = _REST_FOR_WORK * (time.monotonic() - began)
        await asyncio.sleep(min(max(rest, _COUNT_AT_MOST_EVERY_SECONDS), _COUNT_AT_LEAST_EVERY_SECONDS))


def _is_on(running: Running) -> bool:
    return any(watched.answers for watched in running.watches)


def _read(connection: sa.Connection, running: Running, now: float) -> AnswerFigures:
    within = running.config.answers.within.total_seconds()
    senders = read_inboxes(running)
    now_, before = (
        {
            window: read_answers(connection, span_of(window, then, within), within, senders)
            for window in WINDOWS
            for then in (now - window.seconds * ago,)
        }
        for ago in (0, 1)
    )
    return AnswerFigures(now, within, now_, before)


def read_inboxes(running: Running) -> frozenset[str]:
    """Whose inbox has been read to its end."""
    return frozenset(
        running.company.resolve(watched.login)
        for watched in running.watches
        if watched.answers and running.status_of(watched).last_sync is not None
    )
