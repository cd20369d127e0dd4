"""Messages that a server cannot hand over: suspected, proven, set aside, and tried again once a day.

A connection may be lost for many reasons, so nothing is set aside on suspicion alone. Whatever was asked
for when a connection was lost is asked for in smaller batches, down to one message. When that one failed
`TRIES` times, the server must first show another message; if it then fails on the suspect in the same
session, the suspect is set aside.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

TRIES = 3
MOST_IN_A_ROW = 10
"""So many are set aside with nothing read in between; then it is the server, and a person must look."""

AGAIN_SECONDS = 24 * 3600.0
"""A message that was set aside is tried again so often, and after each start."""


class Suspects:
    """The suspects of one folder. `unreadable` were set aside before; they are tried again at once."""

    def __init__(self, unreadable: Iterable[int] = ()) -> None:
        self._failures: Counter[int] = Counter()
        self._alibi: int | None = None  # the suspect that was asked for after the server had shown another
        self._in_a_row = 0
        self._aside = dict.fromkeys(unreadable, 0.0)  # when to try again, monotonic seconds

    @property
    def alone(self) -> frozenset[int]:
        """UIDs that must not be asked for together with others."""
        return frozenset(self._aside).union(uid for uid, n in self._failures.items() if n >= TRIES)

    def is_aside(self, uid: int) -> bool:
        """Whether it is proven that the server cannot hand it over."""
        return uid in self._aside

    def begin_session(self) -> int | None:
        """The suspect to be decided about in a new session, if there is one."""
        self._alibi = None
        return next((uid for uid, n in self._failures.items() if n >= TRIES and uid not in self._aside), None)

    def tries(self, uid: int) -> int:
        """How often a connection was lost over this message alone."""
        return self._failures[uid]

    def confront(self, uid: int) -> None:
        """The server has shown another message: if `uid` fails now, it is the message."""
        if self._in_a_row < MOST_IN_A_ROW:
            self._alibi = uid

    def accuse(self, uid: int) -> None:
        """The server refused this message by name."""
        self._failures[uid] = max(TRIES, self._failures[uid])

    def blame(self, uids: Sequence[int], now: float) -> None:
        """The connection was lost while these were asked for."""
        if len(uids) != 1:
            return
        self._failures[uids[0]] += 1
        if self._alibi == uids[0]:
            self.set_aside(uids[0], now)

    def set_aside(self, uid: int, now: float) -> None:
        """It is proven."""
        self._failures.pop(uid, None)
        self._in_a_row += 1
        self._aside[uid] = now + AGAIN_SECONDS

    def clear(self, uids: Iterable[int]) -> None:
        """These were handed over, or are gone."""
        for uid in uids:
            self._failures.pop(uid, None)
            self._aside.pop(uid, None)
            self._in_a_row = 0

    def due(self, now: float) -> int | None:
        """One that is to be tried again; the next try is in a day. `now` in monotonic seconds."""
        uid = next((uid for uid, when in self._aside.items() if when <= now), None)
        if uid is not None:
            self._aside[uid] = now + AGAIN_SECONDS
        return uid
