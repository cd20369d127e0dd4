"""How fast others are asked: commands a host in mailbox/, letters a minute in post/. The only home of
asyncio-throttle."""

import asyncio

from asyncio_throttle import Throttler  # type: ignore[attr-defined]  # it publishes no types


class Pace:
    """At most `per_second` turns a second, over all the connections to one host.

    The throttle's waiters poll, so only one of them waits at it; the others queue on a lock, first come,
    first served.
    """

    def __init__(self, per_second: float) -> None:
        turns = max(1, round(per_second))
        self._throttle = Throttler(rate_limit=turns, period=turns / per_second)
        self._first = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until the next command may be sent."""
        async with self._first:
            await self._throttle.acquire()  # type: ignore[no-untyped-call]  # as above


class Paces:
    """One pace for each host."""

    def __init__(self) -> None:
        self._hosts: dict[str, Pace] = {}

    def of(self, host: str, per_second: float) -> Pace:
        """The pace that everybody who talks to `host` shares: the one that was first asked for."""
        return self._hosts.setdefault(host.lower(), Pace(per_second))
