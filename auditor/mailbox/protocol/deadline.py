"""A deadline that whatever arrives puts off, thousands of times in a command: that costs an addition."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `missed` after so many seconds, unless it is put off or ended before.

    The loop's timer is set anew only when it has run out. `asyncio.Timeout.reschedule` sets it each time,
    which took a twentieth of a fetch.
    """

    def __init__(self, seconds: float, missed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._missed = missed
        self._when = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._when, self._look)

    def put_off(self, seconds: float) -> None:
        """Let it strike so much later."""
        self._when += seconds

    def end(self) -> None:
        """What it was for is done, or failed otherwise."""
        self._timer.cancel()

    def _look(self) -> None:
        if self._loop.time() < self._when:
            self._timer = self._loop.call_at(self._when, self._look)
        else:
            self._missed()
