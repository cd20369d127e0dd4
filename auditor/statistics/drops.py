"""Where templated volume is below what is usual: a team or the whole organisation has fallen silent.

A drop is judged over the mailboxes that have been read past the window, against what is usual for THEM,
and not at all when they carry too little of the whole: a mailbox that cannot be read sends nothing either.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from auditor.statistics.scatter import Channel, Limits, residuals
from auditor.statistics.series import DAY, HOUR, Series, Unit
from auditor.statistics.spikes import CAUSES, Cause, Readings, bucket_of
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Expected
from auditor.statistics.volumes import SCOPES, Floats, Integers, Volumes

DROP_WINDOWS = (2 * HOUR, 8 * HOUR, DAY)
COVERAGE = 0.8
"""The part of the usual volume that the mailboxes read must carry."""


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """What the mailboxes that were not read past a window would usually carry, and what is known of them.

    By team (and the organisation) and window: expected sends of theirs, and their sends that are known.
    """

    expected: float = 0.0
    observed: int = 0


def read_drops(
    volumes: Volumes,
    expected: Expected,
    places: Integers,
    ends: Floats,
    limits: Limits,
    gaps: Mapping[tuple[Series, int], Gap] | None = None,
) -> tuple[Readings, ...]:
    """Read teams and the organisation: question n asks about `places[n]` and the windows ending at `ends[n]`.

    Args:
        volumes: five-minute counts over the last day and more.
        expected: what is usual for the same series.
        places: of the series asked about, in `volumes` and `expected` alike.
        ends: seconds since the epoch.
        limits: what the company accepts.
        gaps: by series and window what has not been read.
    """
    found = []
    for window in DROP_WINDOWS:
        for scope in (Scope.TEAM, Scope.ORGANISATION):
            mine = volumes.scopes[places] == SCOPES.index(scope)
            if not mine.any():
                continue
            at, end = places[mine], ends[mine]
            bucket = bucket_of(window)
            start = np.ceil(end / bucket).astype(np.int64) * bucket - window
            mean = expected.between(at, start, end)[Unit.SENDS.place]
            observed = volumes.between(at, start, np.ceil(end).astype(np.int64))[Unit.SENDS.place]
            read_mean = mean
            if gaps:
                missing = [gaps.get((volumes.series[place], window), Gap()) for place in at]
                read_mean = np.maximum(mean - np.array([gap.expected for gap in missing]), 0.0)
                observed = np.maximum(observed - np.array([gap.observed for gap in missing]), 0)
            covered = read_mean >= COVERAGE * mean
            channel = Channel(scope, window, down=True)
            spread = limits.spread(channel, Unit.SENDS, read_mean, expected.weeks[at])
            strayed = -residuals(observed.astype(np.float64), read_mean, spread)
            readings = Readings(
                channel, Unit.SENDS, at, start.astype(np.float64), end, observed, read_mean, spread, strayed,
                np.full(len(at), limits.threshold(channel)),
                np.full(len(at), CAUSES.index(Cause.BELOW_USUAL)),
            )  # fmt: skip
            found.append(readings.only(covered & (strayed > 0)))
    return tuple(found)
