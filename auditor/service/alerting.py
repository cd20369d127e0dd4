"""Looking for spikes every minute, once the first audit is finished."""

import asyncio
import contextlib
import math
import time
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import sqlalchemy as sa

from auditor import log
from auditor.alert.incident import OPENED, Decision, Reason
from auditor.config import Config
from auditor.errors import StoreWaits
from auditor.lookout.absence import READ_WITHIN
from auditor.lookout.tick import Lookout
from auditor.mailbox.status import State
from auditor.post.coaching import Coach
from auditor.post.digests import Digests
from auditor.post.unfilled import Proofreader
from auditor.service.answers import read_inboxes
from auditor.service.running import Running
from auditor.statistics.tally import Scope
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.ledger import judgement
from auditor.story.letter import Coverage

_logger = log.logger("auditor.alert")

_LONGEST_PAUSE_SECONDS = 30.0
_ARMED = "armed_at"
_NOT_READ = frozenset({State.REFUSED, State.FAILING, State.THROTTLED})


async def look_out(running: Running) -> None:
    """Look, decide and write letters, each time in one transaction with the decision."""
    for scope, reason in product(Scope, OPENED):
        running.metrics.expect_alert(scope, reason)
    watch, config = _made(running)
    while True:
        if running.config is not config:
            watch, config = _made(running)
        now = time.time()
        looked = await _look(running, watch, now)
        for decision in looked.decisions:
            _tell(running, decision)
        pause = min(_LONGEST_PAUSE_SECONDS, max(1.0, config.alerts.hold.total_seconds() / 4))
        if looked.armed:
            await asyncio.sleep(pause)
        else:
            await _until_it_may_arm(running, pause)


@dataclass(frozen=True, slots=True)
class _Watch:
    """Those who look and write, under one configuration."""

    lookout: Lookout
    digests: Digests
    proofreader: Proofreader
    coach: Coach


def _made(running: Running) -> tuple[_Watch, Config]:
    config, company = running.config, running.company
    watch = _Watch(
        Lookout(config, company),
        Digests(config, company),
        Proofreader(config, company),
        Coach(config, company),
    )
    return watch, config


class _Looked(NamedTuple):
    """What one look came to; `armed`: the first audit is finished, as the store knows now."""

    armed: bool
    decisions: tuple[Decision, ...]


async def _until_it_may_arm(running: Running, seconds: float) -> None:
    """Wait so long at most; less once the first audit is finished, for what is sent from then on is news."""
    for _ in range(math.ceil(seconds)):
        await asyncio.sleep(1.0)
        if not _is_caught_up(running):
            continue
        with contextlib.suppress(StoreWaits):
            if not await running.judging.run(judgement.is_waiting):
                return


async def _look(running: Running, watch: _Watch, now: float) -> _Looked:
    lookout = watch.lookout
    caught_up, coverage = _is_caught_up(running), coverage_of(running)
    unread = _unread(running, now)

    def transaction(connection: sa.Connection) -> _Looked:
        running.usual = lookout.usual_now(connection, now)
        running.usual_of_all = lookout.usual_of_all(now)
        running.usual_today = lookout.usual_today(now)
        armed_at = _armed_at(connection, now, caught_up)
        if armed_at is not None:
            watch.digests.write_due(connection, now, coverage, running.answers)
            watch.proofreader.tell_news(connection, now, coverage)
            watch.coach.write_due(connection, now, read_inboxes(running))
        return _Looked(armed_at is not None, lookout.tick(connection, now, armed_at, coverage, unread))

    try:
        return await running.judging.run(transaction)
    except StoreWaits:
        return _Looked(True, ())  # looked at again in a moment; the intake has told of it already


def coverage_of(running: Running) -> Coverage | None:
    """How many of our people are watched, as the page says it; None before it was counted."""
    if running.snapshot is None:
        return None
    people = running.snapshot.people
    watched = sum(count for (_, state), count in people.items() if state == "watched")
    return Coverage(watched, sum(people.values()))


def _armed_at(connection: sa.Connection, now: float, caught_up: bool) -> float | None:
    """When the first audit was finished: kept, so that a restart stays armed. None until then."""
    kept = read_meta(connection, _ARMED)
    if kept is not None:
        return float(kept)
    if not caught_up or judgement.is_waiting(connection):
        return None
    write_meta(connection, _ARMED, str(now).encode())
    return now


def _unread(running: Running, now: float) -> frozenset[str]:
    """The people whose mailbox has not been read for some minutes: everybody, when a journal has not."""
    behind = [
        watched
        for watched in running.sent
        if (running.status_of(watched).last_sync or 0.0) < now - READ_WITHIN
    ]
    if any(watched.settings.kind == "journal" for watched in behind):
        return frozenset(running.company.persons)
    return frozenset(running.company.resolve(watched.login) for watched in behind)


def _is_caught_up(running: Running) -> bool:
    """Whether every mailbox that can be read has been read to its end."""
    statuses = [running.status_of(watched) for watched in running.sent]
    unread = [status for status in statuses if status.last_sync is None or status.past != 0]
    return len(unread) < len(statuses) and all(status.state in _NOT_READ for status in unread)


def _tell(running: Running, decision: Decision) -> None:
    series = decision.incident.series if decision.incident is not None else None
    # A spike that goes on is met at every look: only a letter makes that news.
    if decision.reason is not Reason.ATTACHED or decision.letter is not None:
        _logger.info(
            "incident_decided",
            reason=str(decision.reason),
            scope=None if series is None else str(series.scope),
            letter_for=None if decision.letter is None else str(decision.letter),
        )
    if series is not None and decision.reason in OPENED:
        running.metrics.count_alert(str(series.scope), str(decision.reason))
    running.changed.set()
