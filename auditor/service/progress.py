"""How far the first audit is, for whoever started the daemon at a terminal."""

import asyncio
import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from auditor import log
from auditor.service.publishing import progress
from auditor.service.running import Running

_EVERY_SECONDS = 1.0


async def show(running: Running) -> None:
    """Draw a bar on stderr while a past is being read; never ends, and does nothing without a terminal."""
    while sys.stderr.isatty():
        _, left = progress(running)
        if left:
            await _draw(running)
        await asyncio.sleep(_EVERY_SECONDS)
    await asyncio.Event().wait()


async def _draw(running: Running) -> None:
    """One bar, from now until nothing of the past is left."""
    config = running.config.log
    columns = (TextColumn("First audit"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
            log.configure(config.format, config.level)  # through the bar, which stays below what is written
            task = bar.add_task("")
            while True:
                read, left = progress(running)
                bar.update(task, completed=read, total=read + (left or 0))
                if not left:
                    return
                await asyncio.sleep(_EVERY_SECONDS)
    finally:
        log.configure(config.format, config.level)
