"""The demo's company, with the real daemon that audits it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from auditor.config import load
from auditor.demo.performance import AFTER, Performance
from auditor.demo.postbox import Postbox
from auditor.demo.run import write_config
from auditor.demo.server import MailServer
from auditor.service.daemon import serve
from auditor.service.running import Running
from auditor.store.ledger import judgement
from tests.components import require

_AUDIT_SECONDS = 900
PASSWORD = "reading only"


@dataclass(frozen=True)
class Company:
    """Hollin Air after the first audit: nothing is sent until it begins."""

    config: Path
    port: int  # of /metrics and the page
    token: str
    performance: Performance
    postbox: Postbox
    running: Running
    tasks: list["asyncio.Task[None]"]

    def begin(self) -> None:
        """Let live mail flow: by hand, after a quarter of a minute a blast, then by hand again."""
        self.tasks.append(asyncio.create_task(self.performance.go_on()))

    async def until_letter(self, seconds: float = 120) -> None:
        """Wait until the blast is over and its alert mail has arrived."""
        async with asyncio.timeout(seconds):
            while self.performance.act != AFTER or not self.postbox.letters:  # noqa: ASYNC110  # the postbox has no bell
                await asyncio.sleep(0.3)

    async def command(self, *arguments: str) -> str:
        """Run `auditor ...` beside the daemon, and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "auditor", *arguments, "--config", self.config),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode(errors="replace")
        return told.decode(errors="replace")

    async def load_history(self, data: Path) -> None:
        """Write the past as Prometheus would have scraped it, and make blocks of it in the folder `data`."""
        written = data.with_name("history.om")
        instance = f"127.0.0.1:{self.port}"
        await self.command("history", "--output", str(written), "--job", "auditor", "--instance", instance)
        process = await asyncio.create_subprocess_exec(
            *(require("promtool", "prometheus"), "tsdb", "create-blocks-from", "--max-block-duration=48h"),
            *("openmetrics", written, data),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode(errors="replace")


@asynccontextmanager
async def company(folder: Path, days: int = 16) -> AsyncIterator[Company]:
    """Let the company send and be audited until the block ends; `days` of its past are filed before."""
    performance = Performance(days=days)
    await asyncio.to_thread(performance.file_history)
    stop, up = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        accounts = {login: (performance.inboxes[login], sent) for login, sent in performance.folders.items()}
        server = await stack.enter_async_context(MailServer(accounts, PASSWORD).listening())
        postbox = await stack.enter_async_context(Postbox(folder / "letters").listening())
        path = write_config(folder, server.port, postbox.port, 0)
        for name in ("password", "page.token"):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(PASSWORD + "\n")

        def started(running: Running, port: int) -> None:
            performance.watch(running)
            up.set_result((running, port))

        tasks = [asyncio.create_task(serve(load(path), path, stop, started))]
        try:
            async with asyncio.timeout(_AUDIT_SECONDS):
                running, port = await _first_of(up, tasks[0])
                audited = partial(_is_audited, running)
                while not await running.store.run(audited):  # noqa: ASYNC110  # nothing tells of the last one
                    await asyncio.sleep(0.5)
            yield Company(path, port, PASSWORD, performance, postbox, running, tasks)
        finally:
            stop.set()
            for task in tasks[1:]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _is_audited(running: Running, connection: sa.Connection) -> bool:
    """Whether every mailbox was read to its end, and everything read was judged."""
    statuses = [watched.reader.status for watched in running.watches]
    read = all(status.last_sync is not None and not status.past for status in statuses)
    return read and not judgement.is_waiting(connection)


async def _first_of(
    up: "asyncio.Future[tuple[Running, int]]", daemon: "asyncio.Task[None]"
) -> tuple[Running, int]:
    await asyncio.wait([up, daemon], return_when=asyncio.FIRST_COMPLETED)
    if daemon.done():
        daemon.result()
    return up.result()
