"""Stopping in time: under five seconds from SIGTERM to the end, whatever still works or waits.

What is committed stays, and what is not is done again after the next start, as after a kill: no wait is
needed for the sake of the data. So each step has its time, and what is not done then is left behind: a mail
server that does not answer a goodbye, a long look into the store, a name server that holds a thread for half
a minute.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

from auditor import log

T = TypeVar("T")

_logger = log.logger("auditor")

TASKS_SECONDS = 1.5
"""For everything that runs, mailboxes and letters among it; the page has a second of its own."""

CLOSING_SECONDS = 1.5
"""For the transaction and the batch that are in work, and for the database's files."""


async def end(tasks: Collection[asyncio.Task[Any]], seconds: float | None) -> None:
    """Cancel tasks and wait until they have ended, at most so long; None: as long as it takes."""
    for task in tasks:
        task.cancel()
    done, waiting = await asyncio.wait(tasks, timeout=seconds)
    for task in done:
        if not task.cancelled():
            task.exception()  # seen: whoever waited for the first one raises what matters
    if waiting:
        _logger.warning("stop_unfinished", waits_for=sorted(task.get_name() for task in waiting))


async def close(*parts: Callable[[], None]) -> None:
    """Close parts beside each other, each in a thread, and wait for `CLOSING_SECONDS` at most."""
    closing = [asyncio.create_task(asyncio.to_thread(part), name=part.__qualname__) for part in parts]
    done, waiting = await asyncio.wait(closing, timeout=CLOSING_SECONDS)
    for task in done:
        task.result()
    if waiting:
        _logger.warning("stop_unfinished", waits_for=sorted(task.get_name() for task in waiting))


async def unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of `work`; None when `stop` is set before, and `work` is left to itself."""
    working, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        working.cancel()


def let_threads_go() -> None:
    """Have the event loop wait at its end for none of the threads that were given work until now."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))


def leave() -> NoReturn:
    """End the process with status 0 now. Python would first wait for every thread."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
