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
_COUNT = struct.Struct("<I")


class Phrases:
    """Sets of features that only grow; they answer yes for a few features that they do not have."""

    def __init__(self) -> None:
        self._stock = np.zeros(BITS // 8, dtype=np.uint8)
        self._met = np.zeros(BITS // 8, dtype=np.uint8)
        self._fresh: tuple[list[bytes], list[bytes]] = ([], [])
        self.changes = 0
        """How often the stock grew: what was measured before may measure otherwise now."""

    def add(self, features: Features) -> None:
        """Take in a template's wording."""
        if features.size:
            self.changes += 1
            self._fresh[0].append(features.tobytes())
            _set(self._stock, features)

    def meet(self, passage: Features) -> None:
        """Take note of a passage that one recipient received; met again, it belongs to the stock."""
        met = _has(self._met, passage)
        if met.sum() >= max(LEAST, SAME * passage.size):
            self.add(passage[met & ~_has(self._stock, passage)])
        self._fresh[1].append(passage[~met].tobytes())
        _set(self._met, passage)

    def load(self, some: Iterable[bytes]) -> None:
        """Take in what `fresh` gave."""
        for one in filter(None, some):
            end = _COUNT.size + 4 * _COUNT.unpack_from(one)[0]
            _set(self._stock, np.frombuffer(one[_COUNT.size : end], dtype=np.uint32))
            _set(self._met, np.frombuffer(one[end:], dtype=np.uint32))

    def fresh(self) -> bytes:
        """What came in since this was last asked: 4 bytes a feature; nothing for nothing."""
        stock, met = (b"".join(features) for features in self._fresh)
        self._fresh = ([], [])
        return _COUNT.pack(len(stock) // 4) + stock + met if stock or met else b""

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
