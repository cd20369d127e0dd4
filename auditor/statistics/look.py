"""One look at some series: plain counts in, spikes out."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from auditor.statistics.days_off import DaysOff
from auditor.statistics.drops import Gap, lasting, read_drops
from auditor.statistics.scatter import Limits
from auditor.statistics.series import HOUR, Counts, Series, Unit
from auditor.statistics.spikes import Spike, read
from auditor.statistics.usual import Usual, expect
from auditor.statistics.volumes import Volumes


def look(
    counts: Mapping[Series, Counts],
    ends: Mapping[Series, Collection[float]],
    usual: Usual,
    windows: tuple[int, ...],
    limits: Limits,
) -> tuple[Spike, ...]:
    """Read each series over the windows that end at its `ends`.

    Args:
        counts: keyed by the start of buckets, in seconds since the epoch; of windows from a day on buckets
            may be hours. They reach back far enough for every window.
        ends: seconds since the epoch; the running bucket counts up to there.
        usual: what is usual for all of them.
        windows: in seconds, the longest last.
        limits: what the company accepts.

    Returns:
        For each series, unit and window the strongest reading, when it is at least faint.
    """
    series = sorted(counts)
    asked = [(place, end) for place, one in enumerate(series) for end in sorted(ends[one])]
    if not asked:
        return ()
    places = np.array([place for place, _ in asked], dtype=np.int64)
    moments = np.array([end for _, end in asked], dtype=np.float64)
    first = int((moments.min() - windows[-1]) // HOUR) - 1
    expected = expect(usual, series, first, int(moments.max() // HOUR) + 2 - first)
    readings = read(Volumes.of_mappings(counts), expected, places, moments, windows, limits)
    return strongest(spike for some in readings for spike in some.spikes(series))


def strongest(spikes: Iterable[Spike]) -> tuple[Spike, ...]:
    """Of each series, unit and window the strongest: late mail is read over several ends."""
    best: dict[tuple[Series, Unit, int], Spike] = {}
    for spike in spikes:
        key = spike.series, spike.unit, spike.window
        if key not in best or spike.strength > best[key].strength:
            best[key] = spike
    return tuple(best.values())


def look_for_drops(
    counts: Mapping[Series, Counts],
    usual: Usual,
    end: float,
    since: float,
    limits: Limits,
    days_off: DaysOff,
    gaps: Mapping[tuple[Series, int], Gap],
    dropped: Collection[Series],
) -> tuple[Spike, ...]:
    """Read the organisation and its teams for drops in the windows that end at `end`.

    Args:
        counts: keyed by the start of five-minute buckets, over the last two days and more.
        usual: what is usual for all of them.
        end: seconds since the epoch.
        since: windows that begin before it are not read: not all that was sent then is counted.
        limits: what the company accepts.
        days_off: on which nobody is missed.
        gaps: by series and window what has not been read.
        dropped: those of which a drop is told already; it lasts until they have come back.
    """
    series = sorted(counts)
    volumes = Volumes.of_mappings(counts)
    expected = expect(usual, series, int(end // HOUR) - 50, 52)
    readings = read_drops(volumes, expected, np.array([end]), limits, days_off, gaps)
    spikes = [spike for some in readings for spike in some.spikes(series) if spike.start >= since]
    still = [
        lasting(volumes, expected, place, end, limits) for place, one in enumerate(series) if one in dropped
    ]
    return (*spikes, *(spike for spike in still if spike is not None))
