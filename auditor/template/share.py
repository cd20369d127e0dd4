"""How much of a text was written for one recipient: words outside template wording and merge fields.

A word belongs to the template when it stands in a word 3-gram that recipients share. A line of which the
template has only a turn of phrase or two is none of its lines. Runs of other words up to a merge field's
length are merge fields; longer ones were written by hand, or generated (`generated.py` tells these apart).
Where the template has no slot at all, whatever was put in is the sender's own, a phrase of the house or not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from auditor.pseudonyms import RESERVED
from auditor.template.phrases import Phrases
from auditor.template.vectors import BEGIN, END, GRAM, Features, framed, hashes, hashes_of_rows

MERGE_FIELD = 6
"""Words of the longest merge field."""
INSERTED = 4
"""Words of the shortest passage that counts where the template has no slot at all."""
STOCK = 0.8
"""Share of a passage's words that the company's stock of phrases must have for it to be none of one's own."""
EDGE = 2
"""Words at either side of a passage's edges that may belong to the other side."""
CHANCE = GRAM + 1
"""An island of at most this many usual words between handwritten runs is a coincidence of language."""
CHANCE_SHARED = 8
"""So is one of at most this many words that a few others received: a turn of phrase, not a sentence."""

FOREIGN = 0.6
"""Share of a line's words up to which what it has of usual wording, in small pieces, is a coincidence."""

_SHIFTS = np.array(
    sorted(
        ((first, last) for first in range(-EDGE, EDGE + 1) for last in range(-EDGE, EDGE + 1)),
        key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift),
    )
)
_AROUND = np.array([-2, -1, 0, 1])  # two words before a part, and two behind it
Run = tuple[int, int]
"""Where a run of words begins, and where it ends."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that only this recipient received, and their place: the template's 3-grams around their run."""

    words: int
    before: int
    behind: int

    @property
    def anchors(self) -> tuple[int, int]:
        """What tells the place: one of them stays when the other was taken for a part of the passage."""
        return self.before, self.behind


def contained(features: Features, known: Features) -> NDArray[np.bool_]:
    """Which of `features` are among `known` (ascending)."""
    if known.size == 0:
        return np.zeros(features.size, dtype=bool)
    found: NDArray[np.bool_] = known.take(known.searchsorted(features), mode="clip") == features
    return found


@dataclass(frozen=True, slots=True)
class Wording:
    """A template's features, ascending: `usual` that many of its recipients received, `shared` any two."""

    usual: Features
    shared: Features

    def same(self, other: "Wording") -> bool:
        """Whether both have the same features."""
        return np.array_equal(self.usual, other.usual) and np.array_equal(self.shared, other.shared)


@dataclass(frozen=True, slots=True)
class Measured:
    """The handwritten passages of a text, and their share of all its words (0 to 1).

    `in_place` has the 3-grams of those that stand in place of wording; whether another recipient received
    them too, only other texts can tell.
    """

    own: tuple[Passage, ...] = ()
    share: float = 0.0
    in_place: tuple[Features, ...] = ()


_COPY = Measured()


def measured(many: Sequence[bytes], wording: Wording, phrases: Phrases) -> list[Measured]:
    """What of each text was written for one recipient.

    Args:
        many: each text's words as bytes, line ends or not; none may be empty.
    """
    found = [_COPY] * len(many)
    texts = _Texts(many, wording, phrases)
    if texts.usual.all():
        return found
    texts.uncover_turns_of_phrase()
    starts, ends = _edges(~texts.usual)
    if (ends - starts).max() < INSERTED:
        return found
    runs: dict[int, list[Run]] = {}
    of_text = np.searchsorted(texts.begins, starts, side="right") - 1
    for text, start, end in zip(of_text.tolist(), starts.tolist(), ends.tolist(), strict=True):
        runs.setdefault(text, []).append((start, end))
    for text, some in runs.items():
        long = [run for run in _without_chance(some, CHANCE) if run[1] - run[0] >= INSERTED]
        if long:
            found[text] = texts.measure(text, long)
    return found


class _Texts:
    """Texts one after the other, so that numpy is called as often for many as for one.

    Before and behind each text stands its frame, which is no word and counts as usual wording.
    """

    def __init__(self, many: Sequence[bytes], wording: Wording, phrases: Phrases) -> None:
        self._row = framed(many)
        self._words = self._row[self._row != 0]
        self._frame = (self._words == BEGIN) | (self._words == END)
        self._grams = np.zeros(self._words.size, dtype=np.uint32)  # of each word and its two neighbours
        self._grams[1:-1] = hashes(self._words.astype(np.uint64))
        self._wording, self._phrases = wording, phrases
        self.usual = self._in_grams(contained(self._grams, wording.usual))

    @cached_property
    def begins(self) -> NDArray[np.intp]:
        """Where each text begins."""
        begins: NDArray[np.intp] = np.flatnonzero(self._words == BEGIN)[:-1] + 1
        return begins

    @cached_property
    def _finishes(self) -> NDArray[np.intp]:
        finishes: NDArray[np.intp] = np.flatnonzero(self._words == END)[1:]
        return finishes

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        return self._in_grams(contained(self._grams, self._wording.shared))

    @cached_property
    def _stock(self) -> NDArray[np.bool_]:
        return self._in_grams(self._phrases.contain(self._grams))

    def _in_grams(self, hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which words stand in a gram that is a hit; the frames count as such words."""
        hits[self._frame] = False
        covered: NDArray[np.bool_] = hits | self._frame
        covered[1:] |= hits[:-1]
        covered[:-1] |= hits[1:]
        return covered

    def uncover_turns_of_phrase(self) -> None:
        """Uncover what a line of somebody's own has of usual wording by chance."""
        begins = np.append(True, (self._row[:-1] == 0) | (self._row[:-1] == BEGIN))
        begins |= (self._row == END) | (self._row == BEGIN)  # each mark of a frame is a line
        lines = np.flatnonzero(begins[self._row != 0])
        sizes = np.diff(lines, append=self._words.size)
        hits = np.add.reduceat(self.usual, lines, dtype=np.intp)
        foreign = (sizes >= INSERTED) & (hits > 0) & (hits <= FOREIGN * sizes)
        for start, size in zip(lines[foreign].tolist(), sizes[foreign].tolist(), strict=True):
            line = self.usual[start : start + size]
            for first, last in _runs(line):
                if last - first <= CHANCE_SHARED:
                    line[first:last] = False

    def measure(self, text: int, runs: Sequence[Run]) -> Measured:
        """What of a text's runs outside usual wording is its sender's own."""
        begin, finish = int(self.begins[text]), int(self._finishes[text])
        found: list[Passage] = []
        in_place: list[Features] = []
        for (start, end), inserted in zip(runs, self._inserted(runs, begin, finish), strict=True):
            if inserted is not None:
                own = list(self._own([inserted], INSERTED, in_slot=False))
            elif end - start > MERGE_FIELD:
                gaps = [(start + a, start + b) for a, b in _runs(~self._shared[start:end])]
                own = list(self._own(_without_chance(gaps, CHANCE_SHARED), MERGE_FIELD + 1, in_slot=True))
                in_place += [self._grams[a + 1 : b - 1] for a, b, _ in own]
            else:
                continue
            if own:
                before = int(self._grams[start - 2]) if start - begin > 1 else start - begin
                behind = int(self._grams[end + 1]) if end + 1 < finish else EDGE + finish - end
                found.append(Passage(sum(words for _, _, words in own), before, behind))
        share = sum(passage.words for passage in found) / (finish - begin)
        return Measured(tuple(found), share, tuple(in_place))

    def _own(self, parts: Iterable[Run], least: int, *, in_slot: bool) -> Iterator[tuple[int, int, int]]:
        """Parts with at least so many words, and these; in a slot, what is stock of the house is not own."""
        for start, end in parts:
            written = int(np.count_nonzero(self._words[start:end] >= RESERVED))
            if written >= least and not (in_slot and self._stock[start:end].mean() >= STOCK):
                yield start, end, written

    def _inserted(self, runs: Sequence[Run], begin: int, finish: int) -> list[Run | None]:
        """The part of each run behind which the wording goes on as if it were not there: it is no slot.

        A run's outermost words may be the template's, uncovered only because of what stands beside them; and
        words next to it may be the passage's, when it begins or ends like the template does there.
        """
        parts = (np.array(runs)[:, np.newaxis] + _SHIFTS).reshape(-1, 2)
        first, last = parts[:, 0], parts[:, 1]
        possible = (first >= begin) & (last <= finish) & (last - first >= INSERTED)
        around = self._words.take(np.repeat(parts, 2, axis=1) + _AROUND, mode="clip")
        wide = around.astype(np.uint64)
        grams = hashes_of_rows(np.concatenate((wide[:, :GRAM], wide[:, 1:])))
        bridged = contained(grams, self._wording.usual).reshape(2, -1).any(axis=0) & possible
        found: list[Run | None] = []
        for of_run, some in zip(bridged.reshape(len(runs), -1), parts.reshape(len(runs), -1, 2), strict=True):
            start, end = some[of_run.argmax()].tolist()
            found.append((start, end) if of_run.any() else None)
        return found


def _edges(marked: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs of true begin and end; neither the first nor the last may be true."""
    edges = np.flatnonzero(marked[1:] != marked[:-1]) + 1
    return edges[::2], edges[1::2]


def _runs(marked: NDArray[np.bool_]) -> list[Run]:
    """Where runs of true begin and end."""
    edged = np.zeros(marked.size + 2, dtype=bool)
    edged[1:-1] = marked
    edges = np.flatnonzero(edged[1:] != edged[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _without_chance(runs: list[Run], chance: int) -> list[Run]:
    """Join runs that a coincidence parts, where they are longer than merge fields."""
    joined = runs[:1]
    for start, end in runs[1:]:
        first, last = joined[-1]
        longest = max(last - first, end - start)
        if start - last <= chance and longest > MERGE_FIELD:
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined
