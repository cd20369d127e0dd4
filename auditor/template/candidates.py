"""Which texts may share wording with this one: an inverted index whose buckets are bounded.

A text is entered under its smallest features (bottom-k sampling: Broder, "On the resemblance and containment
of documents", 1997). A bucket keeps the latest few entries, so work per message does not grow with the
number of messages, and the content is a pure function of the entries and their order: an index loaded from
its entries is the same as one that grew.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from auditor.template.vectors import Features

BUCKETS = 1 << 20
DEPTH = 8
SAMPLE = 24
"""Features a text is entered under. Which these are depends on the key: a candidate that has little in common
with a text may be found under one key and not under another."""
PROBES = 48
"""Features a text is looked up by."""

LOADED_AT_ONCE = 1 << 12
"""Entries that are loaded at once, at most: a bucket and an entry's place fit in 32 bits, which sort fast."""


def sample(features: Features) -> Features:
    """The features that a text is entered under: its smallest, which any copy is likely to share."""
    return features[:SAMPLE]


class Candidates:
    """Numbers of texts by feature. Numbers are positive and below 2^32."""

    def __init__(self) -> None:
        self._slots = np.zeros((BUCKETS, DEPTH), dtype=np.uint32)  # of each bucket the latest first

    def enter(self, number: int, features: Features) -> None:
        """Enter a text under `features` (see `sample`)."""
        buckets = features % BUCKETS
        rows = self._slots.take(buckets, axis=0)
        rows[:, 1:] = rows[:, :-1]
        rows[:, 0] = number  # where two features share a bucket, once
        self._slots[buckets] = rows

    def rename(self, before: int, after: int, features: Features) -> None:
        """A text that was entered under `features` has another number from now on."""
        buckets = features % BUCKETS
        rows = self._slots[buckets]
        rows[rows == before] = after
        self._slots[buckets] = rows

    def find(self, features: Features, least: int = 1) -> list[tuple[int, int]]:
        """Numbers that stand under `features` at least so often, ascending, each with how often it does."""
        found = self._slots.take(features[:PROBES] % BUCKETS, axis=0).ravel()
        found.sort()
        found = found[found.searchsorted(1) :]  # 0 is an empty place
        last = found[least - 1 :]
        often: dict[int, int] = {}
        for number in last[last == found[: last.size]].tolist():  # once for each place from the least on
            often[number] = often.get(number, least - 1) + 1
        return list(often.items())

    def load(self, some: Iterable[Sequence[tuple[int, int, bytes]]]) -> None:
        """Enter many texts (see `Entry`) into an empty index, the latest first, in pieces."""
        taken = np.zeros(BUCKETS, dtype=np.uint8)  # places of each bucket
        for piece in some:
            for start in range(0, len(piece), LOADED_AT_ONCE):
                self._load(piece[start : start + LOADED_AT_ONCE], taken)

    def _load(self, entries: Sequence[tuple[int, int, bytes]], taken: NDArray[np.uint8]) -> None:
        """Enter texts, latest first, behind the `taken` places of each bucket."""
        _, numbers, packed = zip(*entries, strict=True)
        sizes = np.fromiter(map(len, packed), dtype=np.intp, count=len(packed)) // 4
        buckets = np.frombuffer(b"".join(packed), dtype=np.uint32) % BUCKETS
        places = np.arange(sizes.size, dtype=np.uint32).repeat(sizes)
        free = taken[buckets] < DEPTH
        if not free.any():
            return
        keys = np.sort(buckets[free] * np.uint32(LOADED_AT_ONCE) + places[free])
        keys = keys[np.append(True, keys[1:] != keys[:-1])]  # in a bucket a text stands once
        buckets, places = np.divmod(keys, np.uint32(LOADED_AT_ONCE))
        starts = np.append(True, buckets[1:] != buckets[:-1]).nonzero()[0]
        counts = np.diff(starts, append=buckets.size)
        behind = taken[buckets] + (np.arange(buckets.size) - starts.repeat(counts))
        kept = behind < DEPTH
        of_place = np.array(numbers, dtype=np.uint32)[places[kept]]
        self._slots[buckets[kept], behind[kept]] = of_place
        taken[buckets[starts]] = np.minimum(taken[buckets[starts]] + counts, DEPTH)
