"""Where templated volume is beyond what is usual: several windows, sends and deliveries, one threshold each.

Next to volume there are signs with a plain count: many sends at night or of a new sender, many senders on a
new template, one single send to very many people. All pure: counts and usual values in, spikes out.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.statistics.series import DAY, HOUR, MINUTE, Mixed, Recent, Series, Unit
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Band, Usual, band, residual, variance

WINDOWS = (15 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY)
LATE_WINDOWS = WINDOWS[:3]
"""The windows that are also judged at the time of late mail, while five-minute counts reach back for them."""

NEW_TEMPLATE_AGE = 7 * DAY
NEW_TEMPLATE_WINDOW = 2 * HOUR
NEW_TEMPLATE_SENDERS = 8
FAINT = 0.6
"""From this part of a threshold on a reading is handed out: it keeps an open incident open."""


class Cause(StrEnum):
    """Why a reading counts as a spike."""

    ABOVE_USUAL = "above_usual"
    NIGHT_BLAST = "night_blast"
    NEW_SENDER = "new_sender"
    NEW_TEMPLATE = "many_senders_new_template"
    SINGLE_SEND = "single_send"


IMMEDIATE = frozenset({Cause.NIGHT_BLAST, Cause.NEW_TEMPLATE, Cause.SINGLE_SEND})
"""These do not wait to see whether they last."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """How counts of one scope and window scatter, when they alarm, and how many they must be at least.

    `phi` and `k` make the variance; `threshold` is a residual.
    """

    phi: float
    k: float
    threshold: float
    least: int


SCATTER: Mapping[Scope, tuple[Scatter, ...]] = {
    Scope.SENDER: (
        Scatter(1.5, 0.5, 7.8, 20),
        Scatter(5.0, 0.5, 6.1, 25),
        Scatter(8.0, 2.0, 5.7, 40),
        Scatter(8.0, 1.0, 4.1, 60),
        Scatter(8.0, 4.0, 4.6, 100),
    ),
    Scope.TEMPLATE: (
        Scatter(1.5, 0.5, 12.0, 25),
        Scatter(1.5, 0.5, 9.8, 35),
        Scatter(5.0, 0.5, 6.3, 50),
        Scatter(8.0, 0.5, 3.1, 80),
        Scatter(14.0, 0.5, 2.3, 120),
    ),
    Scope.TEAM: (
        Scatter(5.0, 2.0, 5.0, 30),
        Scatter(5.0, 4.0, 5.2, 40),
        Scatter(3.0, 4.0, 4.6, 60),
        Scatter(4.0, 8.0, 4.4, 100),
        Scatter(4.0, 8.0, 3.5, 200),
    ),
    Scope.ORGANISATION: (
        Scatter(14.0, 8.0, 3.9, 60),
        Scatter(14.0, 20.0, 4.2, 80),
        Scatter(14.0, 20.0, 4.2, 120),
        Scatter(14.0, 8.0, 2.3, 200),
        Scatter(14.0, 8.0, 2.1, 400),
    ),
}
"""Shipped defaults, in the order of WINDOWS: fitted to simulated companies of 200 people in ten teams, so
that each window alone alarms falsely about once in ten months."""

TAIL = 0.1
"""By what part a threshold rises for a spike e times rarer: the exponential tail of daily maxima."""

NIGHT_SENDS = {15 * MINUTE: 25, HOUR: 40}
"""So many sends in hours in which the sender is asleep are a blast, whatever the chances."""

NEW_SENDER_SENDS = {15 * MINUTE: 40, HOUR: 100}
"""So many sends of somebody without a history are news; before, the first weeks of anybody look alike."""

_TYPICAL_PEOPLE = {Scope.ORGANISATION: 200.0, Scope.TEAM: 20.0}
_DELIVERIES_SCATTER = 3.0
_DELIVERIES_APART = 1.5
"""Deliveries are judged by themselves only where they are clearly more than the sends."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a company sets, and how large it is: that decides how many series there are to be wrong about."""

    at_most_per_month: float = 1.0
    single_send_recipients: int = 200
    people: int = 200
    teams: int = 10

    def threshold(self, scope: Scope, scatter: Scatter) -> float:
        """The shipped threshold, moved: more people raise it, more accepted alarms lower it.

        A small company has fewer series, yet single people weigh more in it: it is not lowered for that.
        """
        many = max(self.people / 200, 1.0)
        return scatter.threshold * max(1 + TAIL * math.log(many / self.at_most_per_month), 0.5)

    def spread(self, scope: Scope, unit: Unit, scatter: Scatter, mean: float, weeks: float) -> float:
        """The variance of a count: the fewer people stand behind a series, the more it strays."""
        people = {Scope.ORGANISATION: self.people, Scope.TEAM: self.people / max(self.teams, 1)}.get(scope, 1)
        crowd = min(max(people / _TYPICAL_PEOPLE.get(scope, 1.0), 0.1), 1.0)
        wider = 1.0 if unit is Unit.SENDS else _DELIVERIES_SCATTER
        return variance(mean, scatter.phi * wider, scatter.k * crowd / wider, weeks)

    def hour(self, scope: Scope, usual: Usual, end: float) -> Band:
        """The sends that are usual in the hour that ends at `end`, with their 95 % range."""
        mean = usual.expected(Unit.SENDS, end - HOUR, end)
        scatter = SCATTER[scope][WINDOWS.index(HOUR)]
        return band(mean, self.spread(scope, Unit.SENDS, scatter, mean, usual.weeks))

    def around(self, scope: Scope, unit: Unit, usual: Usual, start: float, end: float) -> Band:
        """What is usual between two moments up to a day apart, with its 95 % range."""
        mean = usual.expected(unit, start, end)
        scatter = SCATTER[scope][WINDOWS.index(DAY)]
        return band(mean, self.spread(scope, unit, scatter, mean, usual.weeks))


@dataclass(frozen=True, slots=True)
class Spike:
    """One reading of a series over a window, at or beyond `FAINT` of its threshold."""

    series: Series
    unit: Unit
    window: int  # seconds
    start: float  # seconds since the epoch
    end: float
    observed: int
    usual: float
    low: float
    high: float
    residual: float
    threshold: float
    cause: Cause

    @property
    def strength(self) -> float:
        """The residual as a part of its threshold; 1 and more is a spike."""
        return self.residual / self.threshold

    @property
    def alarming(self) -> bool:
        """Whether it is a spike, not just a faint reading."""
        return self.residual >= self.threshold

    @property
    def excess(self) -> float:
        """How much was sent beyond the usual."""
        return self.observed - self.usual


def find(
    recent: Recent, usual: Usual, now: float, limits: Limits, late: Iterable[float] = ()
) -> tuple[Spike, ...]:
    """Read one series over every window that ends at `now`, and shorter ones that end where late mail came.

    Args:
        recent: its five-minute counts of at least the last three days.
        usual: what is usual for it, from history that ends before these windows.
        now: seconds since the epoch; the running bucket counts up to here.
        limits: what the company accepts.
        late: ends of buckets into which mail came late.

    Returns:
        For each unit and window the strongest reading, when it is at least faint.
    """
    ends = [(now, window) for window in WINDOWS]
    ends += [(min(end, now), window) for end in sorted(set(late)) for window in LATE_WINDOWS]
    strongest: dict[tuple[Unit, int], Spike] = {}
    for end, window in ends:
        for spike in _read(recent, usual, end, window, limits):
            best = strongest.get((spike.unit, window))
            if best is None or spike.strength > best.strength:
                strongest[spike.unit, window] = spike
    return tuple(strongest.values())


def _read(recent: Recent, usual: Usual, end: float, window: int, limits: Limits) -> Iterator[Spike]:
    sends, deliveries = volume(recent, end, window)
    least = SCATTER[recent.series.scope][WINDOWS.index(window)].least
    counts: dict[Unit, tuple[int, float]] = {Unit.SENDS: (sends, least)}
    counts[Unit.DELIVERIES] = deliveries, max(least * _DELIVERIES_SCATTER, sends * _DELIVERIES_APART)
    for unit, (observed, enough) in counts.items():
        spike = (
            _judge(recent.series, usual, unit, observed, end, window, limits) if observed >= enough else None
        )
        if spike is not None:
            yield spike


def volume(recent: Recent, end: float, window: int) -> tuple[int, int]:
    """Sends and deliveries of a window, in whole buckets: from `window_start` to the bucket holding `end`."""
    start = window_start(end, window)
    pairs = [pair for bucket, pair in recent.buckets.items() if start <= bucket < end]
    return sum(sends for sends, _ in pairs), sum(deliveries for _, deliveries in pairs)


def window_start(end: float, window: int) -> int:
    """Where a window begins that takes in the bucket holding `end`: a bucket's start."""
    return (math.ceil(end / FINE_SECONDS) * FINE_SECONDS) - window


def _judge(
    series: Series, usual: Usual, unit: Unit, observed: int, end: float, window: int, limits: Limits
) -> Spike | None:
    start = window_start(end, window)
    mean = usual.expected(unit, start, end)
    scatter = SCATTER[series.scope][WINDOWS.index(window)]
    spread = limits.spread(series.scope, unit, scatter, mean, usual.weeks)
    strayed, threshold = residual(observed, mean, spread), limits.threshold(series.scope, scatter)
    cause, part = Cause.ABOVE_USUAL, strayed / threshold
    if series.scope is Scope.SENDER and unit is Unit.SENDS:
        for sign, enough in _signs(usual, mean, start, end, window):
            if observed / enough > part:
                cause, part, strayed, threshold = sign, observed / enough, observed, enough
    if part < FAINT:
        return None
    expected = band(mean, spread)
    if cause is not Cause.ABOVE_USUAL and observed <= expected.high:
        return None
    return Spike(
        series, unit, window, start, end, observed, mean, expected.low, expected.high,
        strayed, threshold, cause,
    )  # fmt: skip


def _signs(usual: Usual, mean: float, start: float, end: float, window: int) -> Iterator[tuple[Cause, int]]:
    """Signs beside the chances, and their least sends: a sender asleep, or one without a history."""
    asleep = mean * HOUR < 0.1 * usual.level(Unit.SENDS) * (end - start)
    if asleep and window in NIGHT_SENDS:
        yield Cause.NIGHT_BLAST, NIGHT_SENDS[window]
    if usual.weeks < 0.5 and usual.whole_weeks >= 2 and window in NEW_SENDER_SENDS:
        yield Cause.NEW_SENDER, NEW_SENDER_SENDS[window]


def find_single_sends(
    mix: Iterable[Mixed], usuals: Mapping[Series, Usual], limits: Limits
) -> tuple[Spike, ...]:
    """Single sends to at least `single_send_recipients` people, unless that is usual for the sender then.

    A weekly newsletter becomes usual for its hour after some weeks; a first one does not pass unseen.
    """
    spikes = []
    for one in mix:
        series = Series(Scope.SENDER, one.sender)
        if one.largest < limits.single_send_recipients or series not in usuals:
            continue
        usual, end = usuals[series], one.bucket + FINE_SECONDS
        hour = one.bucket // HOUR * HOUR
        mean = usual.expected(Unit.DELIVERIES, hour, hour + HOUR)
        scatter = SCATTER[Scope.SENDER][1]
        expected = band(mean, limits.spread(Scope.SENDER, Unit.DELIVERIES, scatter, mean, usual.weeks))
        if one.largest > expected.high:
            spikes.append(
                Spike(
                    series, Unit.DELIVERIES, FINE_SECONDS, one.bucket, end, one.largest,
                    mean, expected.low, expected.high,
                    one.largest, limits.single_send_recipients, Cause.SINGLE_SEND,
                )
            )  # fmt: skip
    return tuple(spikes)


def find_new_templates(
    mix: Iterable[Mixed], first_sent: Mapping[str, float], usuals: Mapping[Series, Usual], now: float
) -> tuple[Spike, ...]:
    """Templates younger than a week that at least eight people sent within the last two hours."""
    senders: dict[str, set[str]] = {}
    messages: dict[str, int] = {}
    start = window_start(now, NEW_TEMPLATE_WINDOW)
    for one in mix:
        if start <= one.bucket < now and now - first_sent.get(one.template, 0.0) < NEW_TEMPLATE_AGE:
            senders.setdefault(one.template, set()).add(one.sender)
            messages[one.template] = messages.get(one.template, 0) + one.messages
    spikes = []
    for template, who in senders.items():
        series = Series(Scope.TEMPLATE, template)
        if len(who) < NEW_TEMPLATE_SENDERS or series not in usuals:
            continue
        usual = usuals[series]
        mean = usual.expected(Unit.SENDS, start, now)
        scatter = SCATTER[Scope.TEMPLATE][1]
        expected = band(mean, variance(mean, scatter.phi, scatter.k, usual.weeks))
        spikes.append(
            Spike(
                series, Unit.SENDS, NEW_TEMPLATE_WINDOW, start, now, messages[template],
                mean, expected.low, expected.high,
                len(who), NEW_TEMPLATE_SENDERS, Cause.NEW_TEMPLATE,
            )
        )  # fmt: skip
    return tuple(spikes)
