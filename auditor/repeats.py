"""What repeats is counted: a fault that occurs a thousand times a minute is a few lines, and a number."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

AT_ONCE = 5
"""So many of one event are let through in `SECONDS`; the rest is counted."""
SECONDS = 60.0
_MOST = 1_000
"""Events that are remembered; with more of them nothing is held back that is new."""


class Dated(Protocol):
    """Anything that has a time, in seconds since the epoch."""

    created: float


D = TypeVar("D", bound=Dated)
E = TypeVar("E", bound=Hashable)


@dataclass(slots=True)
class _Run(Generic[D]):
    first: D
    passed: int = 1
    held: int = 0


class Repeats(Generic[E, D]):
    """Counts one kind of event apart from another."""

    def __init__(self) -> None:
        self._runs: dict[E, _Run[D]] = {}

    def passes(self, event: E, one: D) -> bool:
        """Whether it is to be let through; otherwise it is counted, and `ended` tells how many there were."""
        run = self._runs.get(event)
        if run is None:
            if len(self._runs) < _MOST:
                self._runs[event] = _Run(one)
            return True
        if run.passed < AT_ONCE:
            run.passed += 1
            return True
        run.held += 1
        return False

    def ended(self, now: float) -> list[tuple[E, int, D]]:
        """Events that began `SECONDS` ago or earlier and of which some were held: how many, and the first."""
        over = [event for event, run in self._runs.items() if not 0 <= now - run.first.created < SECONDS]
        runs = [(event, self._runs.pop(event)) for event in over]
        return [(event, run.held, run.first) for event, run in runs if run.held]
