"""How far counts stray from what is usual, and from where on that is news.

Counts scatter around their mean like a negative binomial: phi m + m^2/k, each kind of series and each
window with its own phi and k.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.statistics.series import DAY, HOUR, MINUTE, Unit
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Band
from auditor.statistics.volumes import Floats

FINE_WINDOWS = (15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR)
"""Counted in buckets of five minutes."""

COARSE_WINDOWS = (DAY,)
"""Counted in whole hours, and looked at once an hour. What takes longer is read by `statistics.sustained`."""

WINDOWS = FINE_WINDOWS + COARSE_WINDOWS

DROP_WINDOWS = (2 * HOUR, 8 * HOUR, DAY)
"""In which it is read whether somebody has fallen silent; counted as the others."""


class Channel(NamedTuple):
    """One way of looking: a kind of series, a window, up or down. Each has one threshold."""

    scope: Scope
    window: int  # seconds
    down: bool = False


@dataclass(frozen=True, slots=True)
class Scatter:
    """How counts of one scope and window scatter, when they alarm, and how many they must be at least.

    `phi` and `k` make the variance; `threshold` is a residual. Of a drop `least` is what must be usual.
    """

    phi: float
    k: float
    threshold: float
    least: int = 0


SCATTER: Mapping[Channel, Scatter] = {
    Channel(Scope.SENDER, 15 * MINUTE): Scatter(1.5, 8.0, 12.0, 20),
    Channel(Scope.SENDER, 30 * MINUTE): Scatter(8.0, 2.0, 5.3, 20),
    Channel(Scope.SENDER, HOUR): Scatter(3.0, 1.0, 7.6, 25),
    Channel(Scope.SENDER, 4 * HOUR): Scatter(5.0, 8.0, 9.8, 30),
    Channel(Scope.SENDER, DAY): Scatter(12.0, 8.0, 6.2, 50),
    Channel(Scope.TEMPLATE, 15 * MINUTE): Scatter(1.5, 0.5, 14.5, 25),
    Channel(Scope.TEMPLATE, 30 * MINUTE): Scatter(1.5, 0.5, 13.5, 30),
    Channel(Scope.TEMPLATE, HOUR): Scatter(1.5, 0.5, 11.0, 35),
    Channel(Scope.TEMPLATE, 4 * HOUR): Scatter(5.0, 0.5, 6.4, 50),
    Channel(Scope.TEMPLATE, DAY): Scatter(8.0, 0.5, 4.5, 80),
    Channel(Scope.TEAM, 15 * MINUTE): Scatter(5.0, 2.0, 5.6, 30),
    Channel(Scope.TEAM, 30 * MINUTE): Scatter(5.0, 3.0, 5.0, 35),
    Channel(Scope.TEAM, HOUR): Scatter(5.0, 4.0, 5.2, 40),
    Channel(Scope.TEAM, 4 * HOUR): Scatter(3.0, 4.0, 5.5, 60),
    Channel(Scope.TEAM, DAY): Scatter(14.0, 16.0, 4.5, 100),
    Channel(Scope.ORGANISATION, 15 * MINUTE): Scatter(14.0, 8.0, 4.5, 60),
    Channel(Scope.ORGANISATION, 30 * MINUTE): Scatter(14.0, 14.0, 4.3, 70),
    Channel(Scope.ORGANISATION, HOUR): Scatter(14.0, 20.0, 4.3, 80),
    Channel(Scope.ORGANISATION, 4 * HOUR): Scatter(14.0, 20.0, 4.3, 120),
    Channel(Scope.ORGANISATION, DAY): Scatter(14.0, 8.0, 2.9, 200),
    Channel(Scope.TEAM, 2 * HOUR, down=True): Scatter(8.0, 40.0, 4.8, 30),
    Channel(Scope.TEAM, 8 * HOUR, down=True): Scatter(14.0, 40.0, 4.6, 50),
    Channel(Scope.TEAM, DAY, down=True): Scatter(14.0, 40.0, 4.0, 80),
    Channel(Scope.ORGANISATION, 2 * HOUR, down=True): Scatter(14.0, 40.0, 3.4, 60),
    Channel(Scope.ORGANISATION, 8 * HOUR, down=True): Scatter(14.0, 40.0, 3.3, 100),
    Channel(Scope.ORGANISATION, DAY, down=True): Scatter(14.0, 40.0, 2.6, 150),
}
"""Shipped defaults: fitted to simulated companies of 200 people in ten teams, so that all of them together
alarm falsely about once in two months.

They do not find a person who for half an hour sends ten times as much as in a busy one: for some such half
hours are ordinary. Even a classifier trained on thirty figures of them, at three false alarms in ten months,
found a fifth of those by people who send 200 a week and more, and none of the others.
"""

TAIL = 0.1
"""By what part a threshold rises for a spike e times rarer: the exponential tail of daily maxima."""

DELIVERIES_SCATTER = 3.0
_TYPICAL_PEOPLE = {Scope.ORGANISATION: 200.0, Scope.TEAM: 20.0}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a company sets, and how large it is: the shipped thresholds are moved by it.

    Thresholds are not taken from the company's own past: tails fitted to the daily maxima of its first two to
    four weeks gave up to ten times as many false alarms as the shipped ones in simulated companies. What the
    past does teach, day by day, is what is usual.
    """

    at_most_per_month: float = 1.0
    single_send_recipients: int = 200
    people: int = 200
    teams: int = 10

    def threshold(self, channel: Channel) -> float:
        """The residual from which on a reading of this channel is a spike."""
        return self.moved(SCATTER[channel].threshold)

    def moved(self, threshold: float) -> float:
        """A threshold that was shipped for 200 people and one alarm a month, as it is for this company.

        More people raise it, more accepted alarms lower it. A small company has fewer series, yet single
        people weigh more in it: it is not lowered for that.
        """
        many = max(self.people / 200, 1.0)
        rarer = math.log(many / self.at_most_per_month)
        return threshold * max(1 + TAIL * rarer, 0.5)

    def spread(self, channel: Channel, unit: Unit, mean: Floats, weeks: Floats) -> Floats:
        """The variance of counts: the fewer people stand behind a series, the more it strays."""
        scatter, scope = SCATTER[channel], channel.scope
        people = {Scope.ORGANISATION: self.people, Scope.TEAM: self.people / max(self.teams, 1)}.get(scope, 1)
        crowd = min(max(people / _TYPICAL_PEOPLE.get(scope, 1.0), 0.1), 1.0)
        wider = 1.0 if unit is Unit.SENDS else DELIVERIES_SCATTER
        return variance(mean, scatter.phi * wider, scatter.k * crowd / wider, weeks)

    def band(self, channel: Channel, unit: Unit, mean: float, weeks: float) -> Band:
        """The usual range around one mean."""
        means, known = np.array([mean]), np.array([weeks])
        low, high = bands(means, self.spread(channel, unit, means, known))
        return Band(mean, float(low[0]), float(high[0]))


def variance(mean: Floats, phi: float, k: float, weeks: Floats) -> Floats:
    """How far counts stray from `mean`: phi m + m^2/k, and more while a series is hardly known."""
    cold = 0.25 / (weeks + 0.5)
    return np.asarray(phi * mean + mean * mean / k + cold * mean * mean)


def bands(mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The ends of the 95 % range of negative binomials with these means and variances, in whole numbers.

    A variance is greater than its mean; where nothing is expected the range is 0 to 0.
    """
    from scipy.special import nbdtrik  # noqa: PLC0415  # most commands load this module and draw no band

    expected = np.maximum(mean, 1e-9)
    size = expected * expected / np.maximum(spread - expected, 1e-9)
    success = size / (size + expected)
    low, high = nbdtrik(0.025, size, success), nbdtrik(0.975, size, success)
    return _whole(np.where(mean > 0, low, 0.0)), _whole(np.where(mean > 0, high, 0.0))


def _whole(quantiles: Floats) -> Floats:
    """The smallest whole number at or above each continuous quantile; 0 where there is none."""
    return np.asarray(np.maximum(np.ceil(np.nan_to_num(quantiles, nan=0.0, posinf=0.0, neginf=0.0)), 0.0))


def residuals(observed: Floats, mean: Floats, spread: Floats) -> Floats:
    """Signed deviance residuals of negative binomials; about standard normal where nothing happened.

    McCullagh and Nelder, Generalized Linear Models, section 2.4; positive above the mean.
    """
    mean = np.maximum(mean, 1e-6)
    size = mean * mean / np.maximum(spread - mean, 1e-9)
    counted = np.maximum(observed, 1e-300)
    part = np.where(observed > 0, observed * np.log(counted / mean), 0.0)
    deviance = part - (observed + size) * np.log((observed + size) / (mean + size))
    return np.asarray(np.sign(observed - mean) * np.sqrt(2 * np.maximum(deviance, 0.0)))
