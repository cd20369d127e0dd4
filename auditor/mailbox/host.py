"""What all mailboxes of one server share: how many connections it bears, and when it needs rest."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

RESTS = (5.0, 300.0)
"""Seconds without new connections after a server asked for fewer: at first, and at most; doubled between."""


class Host:
    """One server, as all who connect to it see it. Belongs to one event loop.

    `connections` and `per_login` bound the connections at one time (0: no bound). A rest holds up new
    connections only: whoever is connected goes on.
    """

    def __init__(self, connections: int = 0, per_login: int = 0) -> None:
        self._total = _Places(connections)
        self._per_login = per_login
        self._logins: dict[str, _Places] = {}
        self._rest_until = 0.0  # monotonic seconds
        self._rests = 0  # in a row, with nobody let in between

    @contextlib.asynccontextmanager
    async def place(self, login: str) -> AsyncIterator[None]:
        """Wait for a free place and for the end of a rest; the place is held while the block runs."""
        own = self._logins.setdefault(login, _Places(self._per_login))
        async with own.one(), self._total.one():
            await self._rested()
            yield

    def is_crowded(self, login: str) -> bool:
        """Whether somebody waits for a place that `login` could free."""
        own = self._logins.get(login)
        return self._total.waiting > 0 or (own is not None and own.waiting > 0)

    def is_full(self, login: str) -> bool:
        """Whether another connection of `login` would have to wait."""
        own = self._logins.get(login)
        return self._total.taken or (own is not None and own.taken)

    @property
    def resting(self) -> bool:
        """Whether nobody connects for the moment."""
        return time.monotonic() < self._rest_until

    def rest(self, seconds: float | None = None) -> None:
        """The server asked for fewer connections: nobody connects for `seconds`, or for longer each time."""
        if self.resting and seconds is None:
            return  # others heard the same; it is one event
        pause = min(RESTS[1], RESTS[0] * 2 ** min(self._rests, 20)) if seconds is None else seconds
        self._rests += 1
        self._rest_until = max(self._rest_until, time.monotonic() + min(pause, RESTS[1]))

    def welcomed(self) -> None:
        """The server let somebody in: the next rest begins short again."""
        if not self.resting:
            self._rests = 0

    async def _rested(self) -> None:
        while (left := self._rest_until - time.monotonic()) > 0:  # noqa: ASYNC110  # it may be prolonged
            # Jitter: thousands who waited together shall not come back in one instant.
            await asyncio.sleep(left * random.uniform(1.0, 1.5))  # noqa: S311  # no secret depends on it


class Hosts:
    """One `Host` for each server."""

    def __init__(self, connections: int = 0, per_login: int = 0) -> None:
        self._bounds = (connections, per_login)
        self._hosts: dict[tuple[str, int], Host] = {}

    def of(self, name: str, port: int) -> Host:
        """The host that everybody who talks to this server shares."""
        return self._hosts.setdefault((name.lower(), port), Host(*self._bounds))


class _Places:
    """Places for connections; `waiting` is how many want one that is not free."""

    def __init__(self, number: int) -> None:
        self._free = asyncio.Semaphore(number) if number else None
        self.waiting = 0

    @property
    def taken(self) -> bool:
        return self._free is not None and self._free.locked()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        if self._free is None:
            yield
            return
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()
