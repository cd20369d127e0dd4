"""Conversation and velocity: with whom words went both ways, how often people are written to, and how fast.

Everything is a sum or a spread over people; nobody can be told from it, neither ours nor theirs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from auditor.vocabulary import OUTREACH, Class, Kind

ENOUGH = 30
"""People below whom nothing is said of people, and sends below whom nothing is said of sends."""

ENOUGH_SENDERS = 5
ENOUGH_IN_SEQUENCE = 10
SHOWN_SEQUENCES = 5
_DAY = 86_400.0
_WEEK = 7 * _DAY
_HIGH = 0.9


@dataclass(frozen=True, slots=True)
class Contacted:
    """One send that reached one person outside."""

    send: int
    person: bytes  # keyed
    sender: str
    at: float  # seconds since the epoch
    kind: Kind
    class_: Class
    template: str | None


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean, and what nine of ten do not exceed."""

    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Step:
    """Two templates that the same people get one after the other."""

    first: str
    then: str
    people: int
    days: float  # between the two, typically


@dataclass(frozen=True, slots=True)
class Contacts:
    """What is told of the contacts of one span; None where it would be told of a few."""

    contacts: int = 0  # people outside who were written to
    both_ways: int = 0  # of these, with whom words went both ways at least twice
    unanswered: Spread | None = None  # outreach to each who answered nothing
    personal_this_week: int = 0  # people outside who were written to personally in the last seven days
    sends: int = 0
    a_day: Spread | None = None  # sends of one sender on one day on which they sent anything
    recipients: Spread | None = None  # of one send
    touches: Spread | None = None  # outreach that one person got
    spacing_days: float | None = None  # typically between two of these
    sequences: tuple[Step, ...] = ()

    @property
    def both_ways_ratio(self) -> float | None:
        """Share of the contacts with whom words went both ways at least twice; None of a few."""
        return self.both_ways / self.contacts if self.contacts >= ENOUGH else None


def contacts(sends: Sequence[Contacted], answered: Mapping[bytes, int], end: float) -> Contacts:
    """What there is to tell of the sends of a span.

    Args:
        sends: of any kind but automatic ones, in any order.
        answered: how many answers of each person are known; our own answers prove theirs as well.
        end: of the span, seconds since the epoch.
    """
    by_person: dict[bytes, list[Contacted]] = defaultdict(list)
    for one in sends:
        by_person[one.person].append(one)
    from_them = {
        person: max(answered.get(person, 0), sum(one.kind is Kind.REPLY for one in theirs))
        for person, theirs in by_person.items()
    }
    outreach = {
        person: sorted((one for one in theirs if one.kind in OUTREACH), key=lambda one: one.at)
        for person, theirs in by_person.items()
    }
    touched = {person: theirs for person, theirs in outreach.items() if theirs}
    silent = [len(theirs) for person, theirs in touched.items() if not from_them[person]]
    personal = {one.person for one in sends if one.class_ is Class.PERSONAL and one.at >= end - _WEEK}
    gaps = [later.at - earlier.at for theirs in touched.values() for earlier, later in pairwise(theirs)]
    return Contacts(
        contacts=len(by_person),
        both_ways=sum(
            from_them[person] >= 2 and len({one.send for one in theirs}) >= 2
            for person, theirs in by_person.items()
        ),
        unanswered=_spread(silent),
        personal_this_week=len(personal),
        sends=len({one.send for one in sends}),
        a_day=_of_senders(sends),
        recipients=_spread(list(Counter(one.send for one in sends).values())),
        touches=_spread([len(theirs) for theirs in touched.values()]),
        spacing_days=median(gaps) / _DAY if len(gaps) >= ENOUGH else None,
        sequences=_sequences(touched.values()),
    )


def _of_senders(sends: Sequence[Contacted]) -> Spread | None:
    """Sends a sender and day; of fewer than five senders nothing, it would be told of them."""
    days = Counter((one.sender, int(one.at // _DAY)) for one in {one.send: one for one in sends}.values())
    return _spread(list(days.values())) if len({sender for sender, _ in days}) >= ENOUGH_SENDERS else None


def _spread(values: Sequence[int]) -> Spread | None:
    if len(values) < ENOUGH:
        return None
    ordered = sorted(values)
    return Spread(fmean(ordered), float(ordered[min(len(ordered) - 1, int(_HIGH * len(ordered)))]))


def _sequences(touched: Iterable[Sequence[Contacted]]) -> tuple[Step, ...]:
    """Which template follows which, at the same person and from the same sender; the most frequent first."""
    gaps: dict[tuple[str, str], list[float]] = defaultdict(list)
    for theirs in touched:
        for earlier, later in pairwise(theirs):
            if (
                earlier.template is not None
                and later.template is not None
                and earlier.template != later.template
                and earlier.sender == later.sender
            ):
                gaps[earlier.template, later.template].append(later.at - earlier.at)
    steps = [
        Step(first, then, len(found), median(found) / _DAY)
        for (first, then), found in gaps.items()
        if len(found) >= ENOUGH_IN_SEQUENCE
    ]
    return tuple(sorted(steps, key=lambda one: (-one.people, one.first, one.then))[:SHOWN_SEQUENCES])
