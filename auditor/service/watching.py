"""One task a mailbox, started and ended as the configuration names them while the daemon runs."""

import asyncio
from collections.abc import Iterable

from auditor.service import tasks
from auditor.service.running import Running


async def keep_watching(running: Running) -> None:
    """Run a task for each of `running.own`; when `rewatch` rings, follow what has changed in that list.

    A mailbox whose settings changed is let go before it is read anew: two readers never share a cursor.
    One that another replica took over ends by itself; `leasing` finds out what is ours.
    """
    work: dict[int, asyncio.Task[None]] = {}
    try:
        while True:
            running.rewatch.clear()
            wanted = {id(watched): watched for watched in running.own}
            await _end([work.pop(one) for one in set(work) - set(wanted)])
            for one in set(wanted) - set(work):
                work[one] = asyncio.create_task(tasks.watch(running, wanted[one]), name="watch")
            running.at_work = {wanted[one].reader.key for one in work}
            running.let_go.set()
            await _until_rung(running.rewatch, [task for task in work.values() if not task.done()])
    finally:
        await _end(work.values())


async def _until_rung(bell: asyncio.Event, work: Iterable[asyncio.Task[None]]) -> None:
    """Wait for the bell; a task that fails ends the daemon, as its error says."""
    ringing = asyncio.create_task(bell.wait(), name="rewatch")
    try:
        done, _ = await asyncio.wait([ringing, *work], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        ringing.cancel()


async def _end(work: Iterable[asyncio.Task[None]]) -> None:
    ending = list(work)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
