"""The counts of many series side by side, and sums of them over any windows at once.

Columns instead of one mapping a series: a look at thousands of series is a handful of array operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.series import Counts, Series
from auditor.statistics.tally import Scope

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SCOPES = tuple(Scope)
_SPAN = np.int64(1) << 40
"""More seconds than any moment since the epoch has: a series and a moment make one sortable number."""


@dataclass(frozen=True, slots=True, eq=False)
class Volumes:
    """Counts of `series` over time, sparse: one entry for each series and start that has any.

    `scopes[n]` is the scope of the n-th series, by its place in `SCOPES`. Entry n belongs to the series
    `places[n]`, starts at `starts[n]` (seconds since the epoch), and counts `counts[:, n]`, sends and
    deliveries. `keys` are places and starts as one sorted number; `sums[u, n]` is what the unit `u` counts
    before entry n, over all series.
    """

    series: tuple[Series, ...]
    scopes: Integers
    places: Integers
    starts: Integers
    counts: Integers
    keys: Integers
    sums: Integers

    @classmethod
    def of(cls, series: Sequence[Series], places: Integers, starts: Integers, counts: Integers) -> "Volumes":
        """From unsorted columns; entries of one series and start may repeat: they add up."""
        keys = places.astype(np.int64) * _SPAN + starts
        order = np.argsort(keys, kind="stable")
        sorted_keys = keys[order]
        first = np.nonzero(np.diff(sorted_keys, prepend=-1))[0]
        counts = np.add.reduceat(counts[:, order], first, axis=1) if len(first) else counts[:, order]
        sums = np.zeros((2, len(first) + 1), dtype=np.int64)
        np.cumsum(counts, axis=1, out=sums[:, 1:])
        scopes = np.array([SCOPES.index(one.scope) for one in series], dtype=np.int64)
        keys = sorted_keys[first]
        return cls(tuple(series), scopes, keys // _SPAN, keys % _SPAN, counts, keys, sums)

    @classmethod
    def of_mappings(cls, counts: Mapping[Series, Counts], unit_seconds: int = 1) -> "Volumes":
        """From one mapping a series; its keys count `unit_seconds` each."""
        series = sorted(counts)
        sizes = [len(counts[one]) for one in series]
        places = np.repeat(np.arange(len(series)), sizes)
        starts = np.fromiter((at for one in series for at in counts[one]), np.int64, sum(sizes))
        pairs = [pair for one in series for pair in counts[one].values()]
        columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return cls.of(series, places, starts * unit_seconds, columns)

    def between(self, places: Integers, starts: Integers, ends: Integers) -> Integers:
        """What each asked series counts from its start (included) to its end (not), in two rows."""
        places = places.astype(np.int64)
        first = np.searchsorted(self.keys, places * _SPAN + starts)
        last = np.searchsorted(self.keys, places * _SPAN + ends)
        return self.sums[:, last] - self.sums[:, first]
