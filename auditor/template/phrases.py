"""The company's stock of phrases: wording of any template. A phrase from the stock is not one's own words.

A sentence moved from one template into another, by hand or by a tool, was received by many: it does not count
as handwritten although the template at hand does not have it.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from auditor.template.vectors import Features

BITS = 1 << 25
"""Places of a bit table (4 MB): at four million features one in nine is found by chance, a phrase hardly."""


class Phrases:
    """A set of features that only grows; it answers yes for a few features that it does not have."""

    def __init__(self) -> None:
        self._table = np.zeros(BITS // 8, dtype=np.uint8)
        self._fresh: list[bytes] = []
        self.changes = 0
        """How often wording came in: what was measured before may measure otherwise now."""

    def add(self, features: Features) -> None:
        """Take in a template's wording."""
        self._fresh.append(features.tobytes())
        self._set(features)

    def load(self, features: Iterable[bytes]) -> None:
        """Take in what `fresh` gave."""
        for some in features:
            self._set(np.frombuffer(some, dtype=np.uint32))

    def fresh(self) -> bytes:
        """What came in since this was last asked: 4 bytes a feature."""
        fresh, self._fresh = b"".join(self._fresh), []
        return fresh

    def _set(self, features: Features) -> None:
        self.changes += 1
        places = features % BITS
        np.bitwise_or.at(self._table, places >> 3, (1 << (places & 7)).astype(np.uint8))

    def contain(self, grams: Features) -> NDArray[np.bool_]:
        """Which of `grams` are in the stock."""
        places = grams % BITS
        found: NDArray[np.bool_] = (self._table[places >> 3] >> (places & 7).astype(np.uint8)) & 1 != 0
        return found
