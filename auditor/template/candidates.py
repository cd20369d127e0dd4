"""Which texts may share wording with this one: an inverted index whose buckets are bounded.

A text is entered under its smallest features (bottom-k sampling: Broder, "On the resemblance and containment
of documents", 1997). A bucket keeps the latest few entries, so work per message does not grow with the
number of messages, and the content is a pure function of the entries and their order: an index loaded from
its entries is the same as one that grew.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditor.template.values import Entry
from auditor.template.vectors import Features, distinct

BUCKETS = 1 << 20
DEPTH = 8
SAMPLE = 24
"""Features a text is entered under. Which these are depends on the key: a candidate that has little in common
with a text may be found under one key and not under another."""
PROBES = 48
"""Features a text is looked up by."""

_LOADED_AT_ONCE = 20_000
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


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

    def find(self, features: Features, least: int = 1) -> tuple[list[int], list[int]]:
        """Numbers that stand under `features` at least so often, ascending, and how often each does."""
        found = self._slots[features[:PROBES] % BUCKETS].ravel()
        found.sort()
        last = found[least - 1 :]
        often = last[last == found[: last.size]]  # each as often as there are places from its first on
        if not often.size or not often[-1]:
            return [], []
        numbers = sorted(set(often.tolist()) - {0})
        ends = np.searchsorted(found, numbers, side="right")
        return numbers, (ends - np.searchsorted(found, numbers)).tolist()

    def load(self, entries: Sequence[Entry]) -> None:
        """Enter many at once, ascending by when they were entered, into an empty index."""
        taken = np.zeros(BUCKETS, dtype=np.int64)
        for end in range(len(entries), 0, -_LOADED_AT_ONCE):  # the latest first: they stay
            self._load(entries[max(0, end - _LOADED_AT_ONCE) : end][::-1], taken)

    def _load(self, entries: Sequence[Entry], taken: NDArray[np.int64]) -> None:
        """Enter texts, latest first, behind the `taken` places of each bucket."""
        features = np.frombuffer(b"".join(entry.features for entry in entries), dtype=np.uint32)
        sizes = np.array([len(entry.features) // 4 for entry in entries])
        places = np.repeat(np.arange(len(entries), dtype=np.uint64), sizes)
        keys = (features % BUCKETS).astype(np.uint64) << _HALF | places
        keys.sort()
        keys = keys[np.append(True, keys[1:] != keys[:-1])]  # in a bucket a text stands once
        buckets, places = (keys >> _HALF).astype(np.intp), (keys & _LOW).astype(np.intp)
        starts = np.flatnonzero(np.append(True, buckets[1:] != buckets[:-1]))
        counts = np.diff(np.append(starts, buckets.size))
        behind = taken[buckets] + np.arange(buckets.size) - np.repeat(starts, counts)
        kept = behind < DEPTH
        numbers = np.array([entry.number for entry in entries], dtype=np.uint32)
        self._slots[buckets[kept], behind[kept]] = numbers[places[kept]]
        taken[buckets[starts]] += counts
