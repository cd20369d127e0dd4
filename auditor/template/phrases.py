"""The company's stock of phrases: wording of any template. A phrase from the stock is not one's own words.

A sentence moved from one template into another, by hand or by a tool, was received by many: it does not count
as handwritten although the template at hand does not have it. Neither does a passage that a second recipient
received, in whatever mail, in place of a template's wording; the stock remembers in which template the first
one was, who was judged long before.
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
WAITING = 1 << 16
"""Passages of which it is remembered where they were met; of more, the latest."""
_COUNTS = struct.Struct("<III")


class Phrases:
    """Sets of features that only grow; they answer yes for a few features that they do not have.

    What comes into the stock counts from the next `move` on, so that between two moves the same text is
    measured alike.
    """

    def __init__(self) -> None:
        self._stock = np.zeros(BITS // 8, dtype=np.uint8)
        self._met = np.zeros(BITS // 8, dtype=np.uint8)
        self._coming: list[Features] = []
        self._where: dict[int, int] = {}  # the middle of a passage: the template in which it was met first
        self._fresh: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])  # moved, coming, met
        self._fresh_where: list[tuple[int, int]] = []  # since the last move
        self.moved = 0
        """How often the stock moved: what was measured before may measure otherwise now."""

    def add(self, features: Features) -> None:
        """Take in a template's wording."""
        if features.size:
            self._coming.append(features)
            self._fresh[1].append(features.tobytes())

    def meet(self, passage: Features, template: int) -> None:
        """Take note of a passage that one recipient received; met again, it belongs to the stock.

        `passage` has its features in order; `template` is the number of the one in place of whose wording
        it stands.
        """
        met = _has(self._met, passage)
        if met.sum() >= max(LEAST, SAME * passage.size):
            self.add(passage[met & ~_has(self._stock, passage)])
        self._fresh[2].append(passage[~met].tobytes())
        _set(self._met, passage)
        if passage.size:
            self._wait(int(passage[passage.size // 2]), template)

    def _wait(self, middle: int, template: int) -> None:
        if middle in self._where:
            return
        self._where[middle] = template
        self._fresh_where.append((middle, template))
        if len(self._where) > WAITING:
            del self._where[next(iter(self._where))]

    def move(self) -> set[int]:
        """Let what came in since the last move count.

        Returns:
            The numbers of templates in which some of it was met before.
        """
        found: set[int] = set()
        for features in self._coming:
            _set(self._stock, features)
            for feature in self._where.keys() & features.tolist():
                found.add(self._where.pop(feature))
        moved, coming, met = self._fresh
        self._coming, self._fresh, self._fresh_where = [], (moved + coming, [], met), []
        self.moved += 1
        return found

    def hand_over(self, younger: int, older: int) -> None:
        """What was met in a template was met in the one that it was merged into."""
        for middle, template in self._where.items():
            if template == younger:
                self._where[middle] = older

    def where(self) -> Features:
        """Where passages were met, as the last move left it; for `load`."""
        return np.array(list(self._where.items()), dtype=np.uint32).reshape(-1)

    def load(self, some: Iterable[tuple[int, bytes]], moved: int, where: Features) -> None:
        """Take in what `fresh` gave, each with how many sends were judged then; `moved`: at the last move,
        which left `where`."""
        self._where = dict(zip(where[::2].tolist(), where[1::2].tolist(), strict=True))
        stock: list[Features] = []
        met: list[Features] = []
        for judged, one in some:
            if not one:
                continue
            features = np.frombuffer(one, dtype=np.uint32, offset=_COUNTS.size)
            ends = np.cumsum(_COUNTS.unpack_from(one))
            came, coming, met_here, met_in = np.split(features, ends)
            stock.append(came)
            met.append(met_here)
            if judged <= moved:
                stock.append(coming)
                continue
            self._coming.append(coming)
            for middle, template in met_in.reshape(-1, 2).tolist():
                self._wait(middle, template)
        self._fresh_where = []
        for table, many in ((self._stock, stock), (self._met, met)):
            if many:
                _set(table, np.sort(np.concatenate(many) % BITS))  # one stretch of memory after the other

    def fresh(self) -> bytes:
        """What came in since this was last asked: 4 bytes a feature; nothing for nothing."""
        moved, coming, met = (b"".join(features) for features in self._fresh)
        met_in = np.array(self._fresh_where, dtype=np.uint32).tobytes()
        self._fresh, self._fresh_where = ([], [], []), []
        if not (moved or coming or met or met_in):
            return b""
        return _COUNTS.pack(*(len(one) // 4 for one in (moved, coming, met))) + moved + coming + met + met_in

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
