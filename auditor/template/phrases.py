"""The company's stock of phrases: wording of any template. A phrase from the stock is not one's own words.

A sentence moved from one template into another, by hand or by a tool, was received by many: it does not count
as handwritten although the template at hand does not have it. Neither does a passage that a second recipient
received, in whatever mail, in place of a template's wording.
"""

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from auditor.template.vectors import Features

BITS = 1 << 25
"""Places of a bit table (4 MB): at four million features one in nine is found by chance, a phrase hardly."""


SAME = 0.8
"""Share of a passage's features that were met before from which it is the same passage."""
LEAST = 4
"""Features of the shortest passage of which that is said."""
_COUNTS = struct.Struct("<II")


class Phrases:
    """Sets of features that only grow; they answer yes for a few features that they do not have.

    What comes into the stock counts from the next `move` on, so that between two moves the same text is
    measured alike.
    """

    def __init__(self) -> None:
        self._stock = np.zeros(BITS // 8, dtype=np.uint8)
        self._met = np.zeros(BITS // 8, dtype=np.uint8)
        self._coming: list[Features] = []
        self._fresh: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])  # moved, coming, met
        self.moved = 0
        """How often the stock moved: what was measured before may measure otherwise now."""

    def add(self, features: Features) -> None:
        """Take in a template's wording."""
        if features.size:
            self._coming.append(features)
            self._fresh[1].append(features.tobytes())

    def meet(self, passage: Features) -> None:
        """Take note of a passage that one recipient received; met again, it belongs to the stock."""
        met = _has(self._met, passage)
        if met.sum() >= max(LEAST, SAME * passage.size):
            self.add(passage[met & ~_has(self._stock, passage)])
        self._fresh[2].append(passage[~met].tobytes())
        _set(self._met, passage)

    def move(self) -> None:
        """Let what came in since the last move count."""
        for features in self._coming:
            _set(self._stock, features)
        moved, coming, met = self._fresh
        self._coming, self._fresh = [], (moved + coming, [], met)
        self.moved += 1

    def load(self, some: Iterable[tuple[int, bytes]], moved: int) -> None:
        """Take in what `fresh` gave, each with how many sends were judged then; `moved`: at the last move."""
        stock: list[Features] = []
        met: list[Features] = []
        for judged, one in some:
            if not one:
                continue
            features = np.frombuffer(one, dtype=np.uint32, offset=_COUNTS.size)
            came, coming = _COUNTS.unpack_from(one)
            stock.append(features[:came])
            (stock if judged <= moved else self._coming).append(features[came : came + coming])
            met.append(features[came + coming :])
        for table, many in ((self._stock, stock), (self._met, met)):
            if many:
                _set(table, np.sort(np.concatenate(many) % BITS))  # one stretch of memory after the other

    def fresh(self) -> bytes:
        """What came in since this was last asked: 4 bytes a feature; nothing for nothing."""
        moved, coming, met = (b"".join(features) for features in self._fresh)
        self._fresh = ([], [], [])
        if not moved and not coming and not met:
            return b""
        return _COUNTS.pack(len(moved) // 4, len(coming) // 4) + moved + coming + met

    def contain(self, grams: Features) -> NDArray[np.bool_]:
        """Which of `grams` are in the stock."""
        return _has(self._stock, grams)


def _set(table: NDArray[np.uint8], features: Features) -> None:
    places = features % BITS
    np.bitwise_or.at(table, places >> 3, (1 << (places & 7)).astype(np.uint8))


def _has(table: NDArray[np.uint8], features: Features) -> NDArray[np.bool_]:
    places = features % BITS
    found: NDArray[np.bool_] = (table[places >> 3] >> (places & 7).astype(np.uint8)) & 1 != 0
    return found
