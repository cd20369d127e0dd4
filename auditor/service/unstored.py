"""The batches of one mailbox that are fetched and not stored yet: read side by side, stored one by one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine

MOST = 2
"""Batches that wait at one time, beside the one that is being fetched: one is read, one is stored."""

MOST_BYTES = 8 << 20
"""Of their texts together; a single batch may be larger, and then waits alone."""

Store = Callable[[Awaitable[None] | None], Coroutine[None, None, None]]
"""Reads a batch, waits for the one before, if there is one, and stores it."""


class Unstored:
    """A short queue of tasks, each of which ends when its batch is stored.

    When one of them fails, so do all after it: nothing is stored behind a gap.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Task[None], int]] = deque()

    async def room(self, size: int) -> None:
        """Wait until a batch whose texts have `size` bytes may join; raises what storing raises."""
        while self._waiting:
            task, _ = self._waiting[0]
            full = len(self._waiting) >= MOST or size + sum(held for _, held in self._waiting) > MOST_BYTES
            if not (full or task.done()):
                return
            await task
            self._waiting.popleft()

    def add(self, store: Store, size: int) -> asyncio.Task[None]:
        """Have a batch stored after those that wait already."""
        before = self._waiting[-1][0] if self._waiting else None
        task = asyncio.create_task(store(before), name="store")
        self._waiting.append((task, size))
        return task

    async def give_up(self) -> None:
        """What is not stored yet will be found again."""
        tasks = [task for task, _ in self._waiting]
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
