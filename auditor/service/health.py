"""Whether the daemon does its work, and telling systemd of it.

Unhealthy is a batch that has worked for over two minutes, and a loop that no longer turns: then nobody sends
the watchdog its beat, and systemd starts us anew. Waiting for a disk, a database or a server is healthy and
visible: a wait takes no processor time, and starting anew would not shorten it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from auditor import log, systemd

_logger = log.logger("auditor")

WORKS_AT_MOST_SECONDS = 120.0
_WAIT_WORTH_TELLING_SECONDS = 10.0
_LATE_WORTH_TELLING_SECONDS = 2.0
_HEARTBEAT_SECONDS = 5.0


@dataclass(slots=True)
class Health:
    """Read by the watchdog and by /-/healthy. `store_writable` is False while the disk is full or away."""

    store_writable: bool = True
    ready: bool = False
    _began: float | None = None  # monotonic seconds: the batch in work began
    _processor: Callable[[], float] = time.process_time  # seconds that its thread has used
    _used_before: float = 0.0

    @contextmanager
    def batch(self, processor: Callable[[], float]) -> Iterator[None]:
        """One batch is in work while the block runs. `processor`: seconds that its thread has used."""
        self._began, self._processor, self._used_before = time.monotonic(), processor, processor()
        try:
            yield
        finally:
            self._began = None

    def worked(self) -> float:
        """Seconds of a processor that the batch in work has used; 0 without one."""
        return 0.0 if self._began is None else self._processor() - self._used_before

    def waited(self) -> float:
        """Seconds that the batch in work has waited for a disk, a database or a processor."""
        return 0.0 if self._began is None else time.monotonic() - self._began - self.worked()

    def is_stuck(self) -> bool:
        """Whether one batch has worked for too long."""
        return self.worked() > WORKS_AT_MOST_SECONDS

    def remarks(self) -> tuple[str, ...]:
        """What is not as it should be, for the status line."""
        told = []
        if not self.store_writable:
            told.append("store takes nothing, reading stopped")
        if (waited := self.waited()) > _WAIT_WORTH_TELLING_SECONDS:
            told.append(f"a batch has waited {waited:.0f} s for the store")
        return tuple(told)


async def beat(health: Health, status: Callable[[], str]) -> None:
    """Tell systemd that the loop turns and no batch is stuck; silence makes systemd start us anew."""
    every = min(_HEARTBEAT_SECONDS, (systemd.watchdog_seconds() or 2 * _HEARTBEAT_SECONDS) / 2)
    while True:
        if health.is_stuck():
            systemd.notify(STATUS=f"one batch has worked for {health.worked():.0f} s")
        else:
            systemd.notify(WATCHDOG="1", STATUS=status())
        before = time.monotonic()
        await asyncio.sleep(every)
        late = time.monotonic() - before - every
        if late > _LATE_WORTH_TELLING_SECONDS:
            _logger.warning("loop_late", seconds=round(late, 1))
