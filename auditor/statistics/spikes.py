"""Where templated volume is beyond what is usual: several windows, sends and deliveries, one threshold each.

Next to volume there are signs with a plain count: many sends at night or of a new sender. All pure: counts
and usual values in, readings out; thousands of series, or a whole day of looks, are read at once.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.scatter import (
    DELIVERIES_SCATTER,
    SCATTER,
    Channel,
    Limits,
    bands,
    residuals,
)
from auditor.statistics.series import DAY, HOUR, MINUTE, Series, Unit
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Expected
from auditor.statistics.volumes import SCOPES, Floats, Integers, Volumes

FAINT = 0.6
"""From this part of a threshold on a reading is handed out: it keeps an open incident open."""

FRESH = 10 * MINUTE
"""A series is read when something came into it within this time."""

REMEMBERED = 12 * DAY
"""How long an ended incident still explains longer windows that reach back over it."""

NIGHT_SENDS = {15 * MINUTE: 25, HOUR: 40}
"""So many sends in hours in which the sender is asleep are a blast, whatever the chances."""

NEW_SENDER_SENDS = {15 * MINUTE: 28, HOUR: 80}
"""So many sends of somebody without a history are news; before, the first weeks of anybody look alike."""

_DELIVERIES_APART = 1.5
"""Deliveries are judged by themselves only where they are clearly more than the sends."""


class Way(StrEnum):
    """Whether a reading lies above what is usual or below."""

    UP = "up"
    DOWN = "down"


class Cause(StrEnum):
    """Why a reading counts as a spike."""

    ABOVE_USUAL = "above_usual"
    BELOW_USUAL = "below_usual"
    NIGHT_BLAST = "night_blast"
    NEW_SENDER = "new_sender"
    NEW_TEMPLATE = "many_senders_new_template"
    SINGLE_SEND = "single_send"
    SUSTAINED = "sustained"

    @property
    def way(self) -> Way:
        """Whether it points up or down."""
        return Way.DOWN if self is Cause.BELOW_USUAL else Way.UP


CAUSES = tuple(Cause)
"""Causes by number, as columns hold them."""

IMMEDIATE = frozenset({Cause.NIGHT_BLAST, Cause.NEW_TEMPLATE, Cause.SINGLE_SEND})
"""These do not wait to see whether they last."""


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
    residual: float  # as large as it strayed, whichever way
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
        """How much was sent beyond the usual; of a drop, how much is missing."""
        return abs(self.observed - self.usual)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Many readings of one channel and unit, in columns."""

    channel: Channel
    unit: Unit
    place: Integers  # of the series
    start: Floats
    end: Floats
    observed: Integers
    mean: Floats
    spread: Floats
    residual: Floats
    threshold: Floats
    cause: Integers  # in CAUSES

    @property
    def strength(self) -> Floats:
        """The residuals as parts of their thresholds."""
        return np.asarray(self.residual / self.threshold)

    def only(self, wanted: NDArray[np.bool_]) -> "Readings":
        """Some of them."""
        return Readings(
            self.channel, self.unit, self.place[wanted], self.start[wanted], self.end[wanted],
            self.observed[wanted], self.mean[wanted], self.spread[wanted], self.residual[wanted],
            self.threshold[wanted], self.cause[wanted],
        )  # fmt: skip

    def spikes(self, series: Sequence[Series]) -> tuple[Spike, ...]:
        """Those that are at least faint, as values. Of what is above usual, only what leaves the range."""
        kept = self.only(self.strength >= FAINT)
        if not len(kept.place):
            return ()
        low, high = bands(kept.mean, kept.spread)
        found = []
        for n in range(len(kept.place)):
            cause, observed = CAUSES[kept.cause[n]], int(kept.observed[n])
            inside = low[n] <= observed <= high[n]
            if inside and cause in {Cause.ABOVE_USUAL, Cause.BELOW_USUAL}:
                continue
            found.append(
                Spike(
                    series[kept.place[n]], self.unit, self.channel.window, float(kept.start[n]),
                    float(kept.end[n]), observed, float(kept.mean[n]), float(low[n]), float(high[n]),
                    float(kept.residual[n]), float(kept.threshold[n]), cause,
                )
            )  # fmt: skip
        return tuple(found)


def window_start(end: float, window: int) -> int:
    """Where a window begins that takes in the bucket holding `end`; from a day on buckets are hours."""
    return math.ceil(end / bucket_of(window)) * bucket_of(window) - window


def bucket_of(window: int) -> int:
    """In what buckets (seconds) a window is counted."""
    return FINE_SECONDS if window < DAY else HOUR


def read(
    volumes: Volumes,
    expected: Expected,
    places: Integers,
    ends: Floats,
    windows: Iterable[int],
    limits: Limits,
) -> tuple[Readings, ...]:
    """Read series over windows: question n asks about the windows of `places[n]` that end at `ends[n]`.

    Args:
        volumes: counts; of windows from a day on by the hour, of shorter ones by five minutes.
        expected: what is usual for the same series, over all the time asked about.
        places: of the series asked about, in `volumes` and `expected` alike.
        ends: seconds since the epoch; the running bucket counts up to here.
        windows: in seconds.
        limits: what the company accepts.
    """
    found: list[Readings] = []
    if not len(places):
        return ()
    for window in windows:
        bucket = bucket_of(window)
        ceiling = np.ceil(ends / bucket).astype(np.int64) * bucket
        counts = volumes.between(places, ceiling - window, ceiling)
        for number, scope in enumerate(SCOPES):
            channel = Channel(scope, window)
            if channel not in SCATTER:
                continue
            least = SCATTER[channel].least
            enough = (volumes.scopes[places] == number) & (counts[1] >= least)
            if enough.any():
                asked = np.nonzero(enough)[0]
                found += _judged(
                    channel, expected, places[asked], (ceiling - window)[asked], ends[asked],
                    counts[:, asked], limits,
                )  # fmt: skip
    return tuple(found)


def _judged(
    channel: Channel,
    expected: Expected,
    places: Integers,
    starts: Integers,
    ends: Floats,
    counts: Integers,
    limits: Limits,
) -> list[Readings]:
    plain = means = expected.between(places, starts, ends)
    if channel.scope is Scope.SENDER and channel.window <= HOUR:
        means = _an_hour_about(expected, places, starts, ends)
    weeks = expected.weeks[places]
    least = SCATTER[channel].least
    found = []
    for unit in Unit:
        observed, mean = counts[unit.place], means[unit.place]
        enough = observed >= least
        if unit is Unit.DELIVERIES:
            enough = observed >= np.maximum(least * DELIVERIES_SCATTER, counts[0] * _DELIVERIES_APART)
        spread = limits.spread(channel, unit, mean, weeks)
        readings = Readings(
            channel, unit, places, starts.astype(np.float64), ends, observed, mean, spread,
            residuals(observed.astype(np.float64), mean, spread),
            np.full(len(places), limits.threshold(channel)),
            np.full(len(places), CAUSES.index(Cause.ABOVE_USUAL)),
        )  # fmt: skip
        if channel.scope is Scope.SENDER and unit is Unit.SENDS:
            _see_signs(readings, expected, plain[unit.place], weeks)
        found.append(readings.only(enough))
    return found


def _an_hour_about(expected: Expected, places: Integers, starts: Integers, ends: Floats) -> Floats:
    """What is usual within an hour of it: what a person does every week begins now early, now late."""
    around = [expected.between(places, starts + shift, ends + shift) for shift in (-HOUR, 0, HOUR)]
    return np.asarray(np.maximum.reduce(around))


def _see_signs(readings: Readings, expected: Expected, mean: Floats, weeks: Floats) -> None:
    """Where a sign says more than the chances, count by it: a sender asleep, or one without a history."""
    window = readings.channel.window
    level = expected.levels[Unit.SENDS.place][readings.place]
    asleep = mean * HOUR < 0.1 * level * (readings.end - readings.start)
    new = (weeks < 0.5) & (expected.whole_weeks >= 2)
    signs = (
        (Cause.NIGHT_BLAST, NIGHT_SENDS.get(window), asleep),
        (Cause.NEW_SENDER, NEW_SENDER_SENDS.get(window), new),
    )
    for cause, enough, there in signs:
        if enough is None:
            continue
        says_more = there & (readings.observed / enough > readings.strength)
        readings.residual[says_more] = readings.observed[says_more]
        readings.threshold[says_more] = enough
        readings.cause[says_more] = CAUSES.index(cause)
