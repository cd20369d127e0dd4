"""How often outreach is answered: of people who had not answered before, and never of a few.

One touch is one send that reached one person. A person counts once in each group that is compared (a class, a
template, a band of the handwritten share), as answered when one of these sends was: the follow-ups to one
person are no independent trials. Only touches whose time to be answered is over count. Nothing here says why.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from auditor.answer.arrival import Sort
from auditor.statistics.agreement import Ratio, wilson
from auditor.statistics.figures import Window
from auditor.vocabulary import RATED, Class, Kind

ENOUGH_PEOPLE = 30
"""Below so many nobody is told a rate."""

WINDOWS = (Window.WEEK, Window.MONTH)
"""The spans that rates are told of; each ended when the time to answer began that is over now."""

BANDS = ((0.0, "under 12%"), (0.12, "12 to 40%"), (0.4, "40 to 80%"), (0.8, "80% or more"))
"""Handwritten share: from which share on, and how the band is called."""

G = TypeVar("G", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Touch:
    """One send of outreach that reached one person outside who had not answered anything before."""

    team: str
    kind: Kind
    class_: Class
    template: str | None
    share: float | None  # handwritten, 0..1
    person: bytes  # keyed
    sent_at: float  # seconds since the epoch
    answered: bool  # by that person, in time


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the people reached answered."""

    people: int
    answered: int

    @property
    def ratio(self) -> Ratio | None:
        """The rate with its 95% interval (Wilson); None where too few were reached."""
        if self.people < ENOUGH_PEOPLE:
            return None
        return wilson(self.answered / self.people, self.people)


@dataclass(frozen=True, slots=True)
class Joined:
    """An answer that has found its send."""

    sort: Sort
    live: bool
    team: str
    kind: Kind
    class_: Class


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back beside replies, by the class of the send; sends of any kind."""

    sort: Sort
    team: str
    class_: Class
    count: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back on what was sent in one span."""

    by_class: Mapping[Class, Rate] = field(default_factory=dict)
    by_team: Mapping[tuple[str, Class], Rate] = field(default_factory=dict)
    by_kind: Mapping[tuple[str, Kind, Class], Rate] = field(default_factory=dict)
    by_template: Mapping[str, Rate] = field(default_factory=dict)
    by_band: Mapping[str, Rate] = field(default_factory=dict)
    everybody: Rate = Rate(0, 0)
    returned: tuple[Returned, ...] = ()
    deliveries: int = 0  # of all outreach of the span, whoever had answered before

    def count(self, sort: Sort, class_: Class | None = None) -> int:
        """How much of one sort came back, on sends of one class or of all."""
        return sum(one.count for one in self.returned if one.sort is sort and class_ in {None, one.class_})


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """What metrics and pages say of answers, by window."""

    at: float  # seconds since the epoch
    within: float  # seconds in which a first answer counts
    windows: Mapping[Window, Answers]
    before: Mapping[Window, Answers] = field(default_factory=dict)  # of the span as long before each


def rates(touches: Iterable[Touch], group: Callable[[Touch], G | None]) -> dict[G, Rate]:
    """The rate of each group; touches whose group is None are left out."""
    people: dict[G, set[bytes]] = {}
    answered: dict[G, set[bytes]] = {}
    for touch in touches:
        key = group(touch)
        if key is None:
            continue
        people.setdefault(key, set()).add(touch.person)
        if touch.answered:
            answered.setdefault(key, set()).add(touch.person)
    return {key: Rate(len(of), len(answered.get(key, ()))) for key, of in people.items()}


def difference(one: Rate, other: Rate) -> Ratio | None:
    """By how much `one` lies above `other`, with its 95% interval; None where one of them is told of nobody.

    R. G. Newcombe 1998, Statistics in Medicine 17:873, method 10, from Wilson's intervals.
    """
    a, b = one.ratio, other.ratio
    if a is None or b is None:
        return None
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    return Ratio(value, low, value + math.hypot(a.high - a.value, b.value - b.low))


def answers(touches: Iterable[Touch], returned: Iterable[Returned] = (), deliveries: int = 0) -> Answers:
    """The touches of one span, compared in every way that is shown."""
    rated = [touch for touch in touches if touch.class_ in RATED]
    return Answers(
        rates(rated, lambda touch: touch.class_),
        rates(rated, lambda touch: (touch.team, touch.class_)),
        rates(rated, lambda touch: (touch.team, touch.kind, touch.class_)),
        rates(rated, lambda touch: touch.template),
        rates(rated, band),
        rates(rated, lambda _: True).get(True, Rate(0, 0)),
        tuple(returned),
        deliveries,
    )


def band(touch: Touch) -> str | None:
    """The band of a touch's handwritten share."""
    if touch.share is None:
        return None
    return next(name for least, name in reversed(BANDS) if touch.share >= least)


def span_of(window: Window, now: float, within: float) -> tuple[float, float]:
    """When the sends of a window were sent, in seconds since the epoch: their time to be answered is over."""
    end = now - within
    return end - window.seconds, end
