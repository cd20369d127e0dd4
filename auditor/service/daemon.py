"""Start, run, reload, stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from auditor import log, systemd
from auditor.config import Config, load
from auditor.errors import AuditorError
from auditor.publish.snapshot import ConfigFigure
from auditor.service import alerting, posting, publishing, tasks
from auditor.service.running import Running, company_of, config_hash, make

_logger = log.logger("auditor")

Started = Callable[[Running, int], None]


async def run(config: Config, path: Path) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Raises:
        AuditorError: it cannot start, or the store cannot be used any more.
    """
    log.configure(config.log.format, config.log.level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(config, path, stop, hang_up=signal.SIGHUP)


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
    running = make(config, path)
    async with _closing(running):
        await running.store.run(running.judge.load)
        running.health.ready = True
        async with publishing.serve_site(running) as site:
            await publishing.show(running)
            if hang_up is not None:
                asyncio.get_running_loop().add_signal_handler(hang_up, running.reload_wanted.set)
            systemd.notify(READY="1", STATUS="ready")
            _logger.info("started", port=site.port, mailboxes=len(running.watches))
            if started is not None:
                started(running, site.port)
            try:
                await _until(stop, running)
            finally:
                systemd.notify(STOPPING="1")
                _logger.info("stopped")


async def _until(stop: asyncio.Event, running: Running) -> None:
    """Run every task until `stop` is set, or until one of them fails, which ends all."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    work = [asyncio.create_task(one, name=name) for name, one in _tasks(running)]
    try:
        done, _ = await asyncio.wait([stopping, *work], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in (stopping, *work):
            task.cancel()
        await asyncio.gather(stopping, *work, return_exceptions=True)


def _tasks(running: Running) -> list[tuple[str, Coroutine[None, None, None]]]:
    return [
        *((f"watch {n}", tasks.watch(running, watched)) for n, watched in enumerate(running.watches, 1)),
        ("judge", tasks.judge(running)),
        ("keep house", tasks.keep_house(running)),
        ("alert", alerting.look_out(running)),
        ("post", posting.deliver(running)),
        ("publish", publishing.publish(running)),
        ("reload", _reload(running)),
        ("beat", tasks.beat(running)),
    ]


async def _reload(running: Running) -> None:
    """Read configuration and people again when asked; on an error everything stays as it was."""
    while True:
        await running.reload_wanted.wait()
        running.reload_wanted.clear()
        try:
            config = await asyncio.to_thread(load, running.path)
            company = await asyncio.to_thread(company_of, config)
        except AuditorError as error:
            running.config_figure = replace(running.config_figure, successful=False)
            _logger.error("reload_failed", problem=str(error))
        else:
            _take_over(running, config)
            running.company = running.intake.people = company
            running.metrics.know_teams(company.teams())
        running.changed.set()


def _take_over(running: Running, config: Config) -> None:
    """Use the parts of a new configuration that can change while running; say what needs a restart."""
    live = ("alerts", "smtp", "organisation")
    kept = [
        name
        for name in type(config).model_fields
        if name not in live and getattr(config, name) != getattr(running.config, name)
    ]
    running.config = running.config.model_copy(update={name: getattr(config, name) for name in live})
    running.config_figure = ConfigFigure(
        successful=True, read_at=time.time(), hash=config_hash(running.config)
    )
    _logger.info("reloaded", needs_restart=kept)


@contextlib.asynccontextmanager
async def _closing(running: Running) -> AsyncIterator[None]:
    try:
        yield
    finally:
        running.intake.close()
        await asyncio.get_running_loop().run_in_executor(None, running.store.close)
