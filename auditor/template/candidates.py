"""Which texts may share wording with this one: an inverted index whose buckets are bounded.

A text is entered under its smallest features (bottom-k sampling: Broder, "On the resemblance and containment
of documents", 1997). A bucket keeps the latest few entries, so work per message does not grow with the
number of messages, and the content is a pure function of the entries and their order: an index loaded from
its entries is the same as one that grew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

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


@dataclass(frozen=True, slots=True)
class Found:
    """Texts that share entries with one text: their numbers, ascending, and how many each shares."""

    buckets: NDArray[np.intp]  # where they were looked up
    numbers: Sequence[int]
    hits: Sequence[int]


class Candidates:
    """Numbers of texts by feature. Numbers are positive and below 2^32.

    A bucket is a ring: what comes in takes the place of the oldest.
    """

    def __init__(self) -> None:
        self._slots = np.zeros((BUCKETS + 1, DEPTH), dtype=np.uint32)  # the last one stays empty
        self._next = np.zeros(BUCKETS, dtype=np.uint8)  # which place of each bucket is taken next
        self._changed = np.zeros(BUCKETS + 1, dtype=bool)
        self._changes: list[Features] = []

    def enter(self, number: int, features: Features) -> None:
        """Enter a text under `features` (see `sample`)."""
        buckets = features % BUCKETS
        places = self._next[buckets]
        self._slots[buckets, places] = number  # where two features share a bucket, once
        self._next[buckets] = (places + 1) % DEPTH
        self._change(buckets)

    def rename(self, before: int, after: int, features: Features) -> None:
        """A text that was entered under `features` has another number from now on."""
        buckets = features % BUCKETS
        rows = self._slots[buckets]
        rows[rows == before] = after
        self._slots[buckets] = rows
        self._change(buckets)

    def find(self, many: Sequence[Features], least: Sequence[int]) -> list[Found]:
        """For each of some texts those that stand under its features at least so often, of `least`."""
        buckets = np.full((len(many), PROBES), BUCKETS, dtype=np.intp)
        for row, features in zip(buckets, many, strict=True):
            probed = features[:PROBES]
            np.mod(probed, BUCKETS, out=row[: probed.size], casting="unsafe")
        rows = self._slots[buckets].reshape(len(many), PROBES * DEPTH)
        rows.sort(axis=1)
        width, found = rows.shape[1], rows.ravel()
        begins = np.empty(found.size, dtype=bool)  # of equal numbers in one text's row
        np.not_equal(found[1:], found[:-1], out=begins[1:])
        begins[::width] = True
        starts = begins.nonzero()[0]
        hits = np.diff(starts, append=found.size)
        texts, numbers = starts // width, found[starts]
        enough = (hits >= np.asarray(least)[texts]) & (numbers != 0)
        ends = np.searchsorted(texts[enough], np.arange(len(many)), side="right").tolist()
        all_numbers, all_hits = numbers[enough].tolist(), hits[enough].tolist()
        return [
            Found(row, all_numbers[start:end], all_hits[start:end])
            for row, (start, end) in zip(buckets, pairwise((0, *ends)), strict=True)
        ]

    def settle(self) -> None:
        """From now on it is noted what changes."""
        for buckets in self._changes:
            self._changed[buckets] = False
        self._changes = []

    def has_changed(self, found: Found) -> bool:
        """Whether what was found since `settle` may be found otherwise now."""
        return bool(self._changed[found.buckets].any())

    def _change(self, buckets: Features) -> None:
        self._changed[buckets] = True
        self._changes.append(buckets)

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
        self._slots[buckets[kept], DEPTH - 1 - behind[kept]] = of_place
        taken[buckets[starts]] = np.minimum(taken[buckets[starts]] + counts, DEPTH)
