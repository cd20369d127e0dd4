"""What of one folder is to be read next: new mail first, then the past. Pure bookkeeping over UIDs.

The cursor says which UIDs are stored without a gap. The past lies above it (`above`, read upwards: a first
audit from its oldest message on, or what came while nobody watched) or below it (`below`, read downwards: a
first audit from its newest message on, or more of the past than was asked for before). News lies above
`top`. While a past above the cursor is being read, news is read ahead of the cursor and comes once more
after a restart: the store then knows it, by its identity.
"""

from array import array
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from auditor.mailbox.found import Cursor


@dataclass(frozen=True, slots=True)
class Step:
    """Some UIDs to be read in one go, and the cursor that is true once they are stored."""

    uids: tuple[int, ...]
    cursor: Cursor
    past: bool


class Agenda:
    """What is to be read of one folder under one UIDVALIDITY.

    Args:
        cursor: what is stored.
        above: UIDs above the cursor to be read before anything is news; ascending.
        below: UIDs below the cursor that are wanted; ascending.
        top: the highest UID that is no news; at least `cursor.high` and all of `above`.
    """

    def __init__(self, cursor: Cursor, above: Sequence[int], below: Sequence[int], top: int) -> None:
        self.cursor = cursor
        self.top = top
        self._above = array("I", above)
        self._below = array("I", below)
        self._done = 0  # of `above`
        self._news: Sequence[int] = ()

    @property
    def past(self) -> int:
        """How many messages of the past are still to be read."""
        return len(self._above) - self._done + len(self._below)

    @property
    def waiting(self) -> int:
        """How many messages are still to be read, as far as it is known."""
        return self.past + len(self._news)

    @property
    def has_gap(self) -> bool:
        """Whether something above the cursor is not stored."""
        return self._done < len(self._above) or bool(self._news)

    def tell(self, news: Sequence[int]) -> None:
        """These UIDs above `top` exist now; ascending."""
        self._news = news

    def next(self, size: int, alone: Set[int] = frozenset()) -> Step | None:
        """The next step of at most `size` messages; None when everything is read.

        UIDs in `alone` come in a step of their own.
        """
        if self._news:
            uids = _run(self._news, size, alone)
            cursor = self.cursor if self._done < len(self._above) else replace(self.cursor, high=uids[-1])
            return Step(uids, cursor, past=False)
        if self._done < len(self._above):
            uids = _run(self._above[self._done : self._done + size], size, alone)
            last = self._done + len(uids) == len(self._above)
            high = max(self.top, uids[-1]) if last else uids[-1]  # what was read ahead joins the rest
            return Step(uids, replace(self.cursor, high=high), past=True)
        if self._below:
            uids = _run(self._below[-size:][::-1], size, alone)[::-1]
            return Step(uids, replace(self.cursor, low=uids[0]), past=True)
        return None

    def others(self, uid: int, number: int = 20) -> list[int]:
        """A few UIDs that are not `uid`, some of which the server should be able to show."""
        near = [*self._news[:number], *self._above[self._done : self._done + number], *self._below[-number:]]
        stored = [self.cursor.high] if self.cursor.high >= self.cursor.low else []
        return [one for one in dict.fromkeys([*near, *stored]) if one != uid]

    def done(self, step: Step) -> None:
        """The step is stored."""
        self.cursor = step.cursor
        if not step.past:
            self.top = max(self.top, step.uids[-1])
            self._news = self._news[len(step.uids) :]
        elif self._done < len(self._above):
            self._done += len(step.uids)
            if self._done == len(self._above):
                self._above, self._done = array("I"), 0  # thousands of mailboxes keep theirs for ever
        else:
            del self._below[-len(step.uids) :]


def _run(uids: Sequence[int], size: int, alone: Set[int]) -> tuple[int, ...]:
    """The first of `uids`, cut before one that comes alone."""
    some = tuple(uids[:size])
    if some[0] in alone:
        return some[:1]
    return some[: next((n for n, uid in enumerate(some) if uid in alone), len(some))]
