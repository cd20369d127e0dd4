"""How one send counts, and how a changed verdict moves what it counted.

`send.class` is the truth. The tally is kept beside it by deltas, and equals one GROUP BY over the sends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.vocabulary import Class, Direction, Kind

FINE_SECONDS = 300
COARSE_SECONDS = 3600
FINE_FOR_SECONDS = 72 * 3600
"""Five-minute buckets for three days, hours beyond."""


class Scope(StrEnum):
    """What a series is a series of."""

    ORGANISATION = "organisation"
    TEAM = "team"
    SENDER = "sender"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Counted:
    """One send as it counts: what the tally knows of it."""

    sender: str
    team: str
    template: str | None
    sent_at: float
    direction: Direction
    kind: Kind
    class_: Class
    deliveries: int
    words: int
    share: float | None
    merge_failure: bool


@dataclass(frozen=True, slots=True)
class TallyKey:
    """One row of the tally: a series, a bucket of time, and what was sent in it."""

    scope: Scope
    series: str
    bucket: int  # start, seconds since the epoch
    width: int  # seconds
    direction: Direction
    kind: Kind
    class_: Class


@dataclass(slots=True)
class Amounts:
    """What a row holds, or by how much it changes."""

    messages: int = 0
    deliveries: int = 0
    own_words: int = 0
    words: int = 0
    merge_failures: int = 0

    def __bool__(self) -> bool:
        return bool(self.messages or self.deliveries or self.own_words or self.words or self.merge_failures)


def bucket(sent_at: float, fine_from: float) -> tuple[int, int]:
    """The bucket of a moment and its width: fine from `fine_from` on, hours before."""
    width = FINE_SECONDS if sent_at >= fine_from else COARSE_SECONDS
    return int(sent_at // width) * width, width


def changes(
    moves: Iterable[tuple[Counted | None, Counted | None]], fine_from: float
) -> dict[TallyKey, Amounts]:
    """By how much the rows change when sends stop counting as the first and count as the second.

    A new send has no first; a forgotten one no second. Rows that do not change are left out.
    """
    rows: dict[TallyKey, Amounts] = {}
    for before, after in moves:
        if before == after:
            continue
        for counted, sign in ((before, -1), (after, 1)):
            if counted is not None:
                _add(rows, counted, sign, fine_from)
    return {key: amounts for key, amounts in rows.items() if amounts}


def _add(rows: dict[TallyKey, Amounts], counted: Counted, sign: int, fine_from: float) -> None:
    start, width = bucket(counted.sent_at, fine_from)
    own = round((counted.share or 0.0) * counted.words)
    for scope, series in _series(counted):
        key = TallyKey(scope, series, start, width, counted.direction, counted.kind, counted.class_)
        amounts = rows.setdefault(key, Amounts())
        amounts.messages += sign
        amounts.deliveries += sign * counted.deliveries
        amounts.own_words += sign * own
        amounts.words += sign * (counted.words if counted.share is not None else 0)
        amounts.merge_failures += sign * counted.merge_failure


def _series(counted: Counted) -> Iterable[tuple[Scope, str]]:
    yield Scope.ORGANISATION, ""
    yield Scope.TEAM, counted.team
    if counted.sender:  # of a send that founded a template and is older than the horizon it is not kept
        yield Scope.SENDER, counted.sender
    if counted.template is not None:
        yield Scope.TEMPLATE, counted.template
