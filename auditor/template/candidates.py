"""Which texts may share wording with this one: an inverted index whose buckets are bounded.

A text is entered under its smallest features (bottom-k sampling: Broder, "On the resemblance and containment
of documents", 1997). A bucket keeps the latest few entries, so work per message does not grow with the
number of messages, and the content is a pure function of the entries and their order: an index loaded from
its entries is the same as one that grew.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from auditor.template.vectors import Features, distinct

Entry = tuple[int, int, Features]
"""When it was entered (a judged number), the number of the text, and the features it stands under."""

BUCKETS = 1 << 20
DEPTH = 8
SAMPLE = 24
"""Features a text is entered under."""
PROBES = 48
"""Features a text is looked up by."""


def sample(features: Features) -> Features:
    """The features that a text is entered under: its smallest, which any copy is likely to share."""
    return features[:SAMPLE]


class Candidates:
    """Numbers of texts by feature. Numbers are positive and below 2^32."""

    def __init__(self) -> None:
        self._slots = np.zeros((BUCKETS, DEPTH), dtype=np.uint32)

    def enter(self, number: int, features: Features) -> None:
        """Enter a text under `features` (see `sample`)."""
        buckets = distinct(features % BUCKETS)
        rows = self._slots[buckets]
        rows[:, 1:] = rows[:, :-1].copy()
        rows[:, 0] = number
        self._slots[buckets] = rows

    def rename(self, before: int, after: int, features: Features) -> None:
        """A text that was entered under `features` has another number from now on."""
        buckets = distinct(features % BUCKETS)
        rows = self._slots[buckets]
        rows[rows == before] = after
        self._slots[buckets] = rows

    def find(self, features: Features, least: int = 1) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Numbers that stand under `features` at least so often, ascending, and how often each does."""
        found = self._slots[features[:PROBES] % BUCKETS].ravel()
        found.sort()
        edges = np.flatnonzero(found[1:] != found[:-1])
        starts, ends = np.append(-1, edges) + 1, np.append(edges + 1, found.size)
        hits = ends - starts
        often = hits >= least
        if found.size and not found[0]:
            often[0] = False  # an empty place
        return found[starts[often]], hits[often]

    def load(self, entries: Iterable[Entry]) -> None:
        """Enter many at once, in the order of their judged numbers, into an empty index."""
        buckets, numbers, order = [], [], []
        for judged, number, features in entries:
            unique = distinct(features % BUCKETS)
            buckets.append(unique)
            numbers.append(np.full(unique.size, number, dtype=np.uint32))
            order.append(np.full(unique.size, judged, dtype=np.uint64))
        if not buckets:
            return
        bucket = np.concatenate(buckets)
        by_bucket = np.lexsort((-np.concatenate(order).astype(np.int64), bucket))
        bucket = bucket[by_bucket]
        starts = np.flatnonzero(np.concatenate(([True], bucket[1:] != bucket[:-1])))
        place = np.arange(bucket.size) - np.repeat(starts, np.diff(np.append(starts, bucket.size)))
        kept = place < DEPTH
        self._slots[bucket[kept], place[kept]] = np.concatenate(numbers)[by_bucket][kept]
