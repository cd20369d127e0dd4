"""Start, run, reload, stop."""

import asyncio
import contextlib
import faulthandler
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path

from auditor import log, systemd
from auditor.config import Config, sources
from auditor.config.secrets import exposed
from auditor.errors import StoreWaits
from auditor.service import (
    alerting,
    answers,
    health,
    leasing,
    posting,
    progress,
    publishing,
    reloading,
    rewording,
    silence,
    statuses,
    stopping,
    tasks,
    watching,
)
from auditor.service.running import Running, make
from auditor.store.leases import LeaseLost
from auditor.store.upgrade import use_format

_logger = log.logger("auditor")

_HAND_OVER_SECONDS = 0.001  # Python's own 0.005 kept the reading process idle a quarter of a first audit
_START_AGAIN_SECONDS = 2.0
_START_AGAIN_USEC = 60_000_000  # so long may one more try take (sd_notify(3))

Started = Callable[[Running, int], None]
Work = Sequence[tuple[str, Coroutine[None, None, None]]]


async def run(config: Config, path: Path) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Raises:
        ConfigError: no mailbox is named in the configuration.
        AuditorError: it cannot start, or the store cannot be used any more.
    """
    sources.require(config, path)
    log.configure(config.log.format, config.log.level)
    faulthandler.enable()  # the watchdog's SIGABRT says where each thread stood: functions' names, no values
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await serve(config, path, stop, started=lambda *_: settle(), hang_up=signal.SIGHUP)
    finally:
        stopping.let_threads_go()


def settle() -> None:
    """Take what start-up made out of the garbage collector's sight, and have it look less often; have threads
    hand over sooner.

    It stays until the end anyway, and looking through it stops everything: 0.2 s with 10,000 mailboxes. What
    a backlog makes stays too, mostly, or goes by itself: looking for the rest cost 6% of a first audit.

    A thread that computes, as judgement does, keeps all others waiting for as long as it may: the event loop,
    and the one that feeds the process which reads.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    sys.setswitchinterval(_HAND_OVER_SECONDS)


async def serve(
    config: Config,
    path: Path,
    stop: asyncio.Event,
    started: Started | None = None,
    hang_up: signal.Signals | None = None,
) -> None:
    """Serve until `stop` is set. `started` is called once with the parts and the port of the page.

    Ready means: configuration valid, store open, index loaded, HTTP bound. It never means that mailboxes
    are connected: a mail server that is down must not keep the service from starting.

    Raises:
        AuditorError: it cannot start, or the store cannot be used any more.
    """
    loop = asyncio.get_running_loop()
    if hang_up is not None:
        loop.add_signal_handler(hang_up, lambda: None)  # it is just being read: no reason to end
    running = await _made(config, path, stop)
    if running is None:
        return
    async with _closing(running):
        if running.replica is None:  # a replica loads it when it comes to judge
            await stopping.unless(stop, running.store.run(running.judge.load))
            if stop.is_set():
                return
            running.leading.set()
        running.health.ready = True
        async with publishing.serve_site(running) as site:
            running.page_url = publishing.page_url(running.config, site.port)
            await publishing.show(running)
            if hang_up is not None:
                loop.add_signal_handler(hang_up, running.reload_wanted.set)
            systemd.notify(READY="1", STATUS="ready")
            for notice in config.outdated:
                _logger.warning("config_outdated", notice=notice)
            for problem in exposed(config, path):
                _logger.warning("file_exposed", problem=problem)
            if nothing := sources.missing(config, len(running.watches)):
                _logger.warning("nothing_watched", problem=nothing)
            _logger.info("started", port=site.port, mailboxes=len(running.watches))
            if started is not None:
                started(running, site.port)
            try:
                await _until(stop, running)
            finally:
                systemd.notify(STOPPING="1")
                _logger.info("stopped")


async def _made(config: Config, path: Path, stop: asyncio.Event) -> Running | None:
    """Make every part, waiting for room on the disk or a database that is away; None when stopped before."""
    told = False
    while not stop.is_set():
        try:
            return await stopping.unless(stop, asyncio.to_thread(make, config, path))
        except StoreWaits as error:
            if not told:
                _logger.error("start_waits", problem=str(error))
            told = True
            systemd.notify(STATUS=f"waiting to start: {error}", EXTEND_TIMEOUT_USEC=str(_START_AGAIN_USEC))
            await tasks.rung(stop, _START_AGAIN_SECONDS)
    return None


async def _until(stop: asyncio.Event, running: Running) -> None:
    """Run every task until `stop` is set, or until one of them fails, which ends all."""
    await _run(
        stop,
        [
            ("share", leasing.share(running)),
            ("watch", watching.keep_watching(running)),
            ("lead", _lead(running)),
            ("publish", publishing.publish(running)),
            ("reload", reloading.reload(running)),
            ("progress", progress.show(running)),
            ("beat", health.beat(running.health, lambda: tasks.status_line(running))),
        ],
        stopping.TASKS_SECONDS,
    )


async def _lead(running: Running) -> None:
    """While this daemon judges, do what one alone does; alone it always does."""
    while True:
        await running.leading.wait()
        running.deposed.clear()
        if running.leads:
            try:
                if running.replica is not None:
                    await running.judging.run(use_format)
                await _run(running.deposed, _leaders_tasks(running))
            except LeaseLost:
                _logger.warning("leadership_lost")
            running.judge.drop()
        running.leading.clear()


async def _run(end: asyncio.Event, named: Work, seconds: float | None = None) -> None:
    """Run these until `end` is set, or one of them fails; then wait so long at most until all have ended."""
    ending = asyncio.create_task(end.wait(), name="end")
    work = [asyncio.create_task(one, name=name) for name, one in named]
    try:
        done, _ = await asyncio.wait([ending, *work], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {ending}:
            task.result()
    finally:
        await stopping.end((ending, *work), seconds)


def _leaders_tasks(running: Running) -> Work:
    return [
        ("judge", tasks.judge(running)),
        ("keep house", tasks.keep_house(running)),
        ("alert", alerting.look_out(running)),
        ("post", posting.deliver(running)),
        ("answers", answers.settle(running)),
        ("answer figures", answers.count(running)),
        ("template senders", publishing.count_template_senders(running)),
        ("silence", silence.look(running)),
        ("reword", rewording.reword(running)),
    ]


@contextlib.asynccontextmanager
async def _closing(running: Running) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await statuses.keep_last(running)
        parts = [running.intake.close, running.inbox.close, running.store.close]
        if running.replica is not None:
            await leasing.leave(running.replica)
            parts.append(running.replica.store.close)
        await stopping.close(*parts)
