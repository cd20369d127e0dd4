"""How much of a text was written for one recipient: words outside template wording and merge fields.

A word belongs to the template when it stands in a word 3-gram that recipients share. A line of which the
template has only a turn of phrase or two is none of its lines. Runs of other words up to a merge field's
length are merge fields; longer ones were written by hand, or generated (`generated.py` tells these apart).
Where the template has no slot at all, whatever was put in is the sender's own, a phrase of the house or not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from auditor.pseudonyms import RESERVED
from auditor.template.phrases import Phrases
from auditor.template.vectors import BEGIN, END, GRAM, NOTHING, Features, bridging, framed, hashes

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

_SHIFTS = tuple(
    sorted(
        ((first, last) for first in range(-EDGE, EDGE + 1) for last in range(-EDGE, EDGE + 1)),
        key=lambda shift: (abs(shift[0]) + abs(shift[1]), shift),
    )
)
"""How the edges of a passage may lie otherwise than it seems, the nearest first."""
_NEAREST = np.array([(first + EDGE) * (2 * EDGE + 1) + last + EDGE for first, last in _SHIFTS])
_EDGES = np.arange(-EDGE, EDGE + 1)
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


@dataclass(frozen=True, slots=True)
class Measured:
    """The handwritten passages of a text, and their share of all its words (0 to 1).

    `in_place` has the 3-grams of those that stand in place of wording; whether another recipient received
    them too, only other texts can tell. `rests_on` has all 3-grams that were looked for in the wording: while
    none of them comes or goes, the text measures the same.
    """

    own: tuple[Passage, ...] = ()
    share: float = 0.0
    in_place: tuple[Features, ...] = ()
    rests_on: Features = field(default_factory=lambda: NOTHING)


def measured(many: Sequence[bytes], wording: Wording, phrases: Phrases) -> list[Measured]:
    """What of each text was written for one recipient.

    Args:
        many: each text's words as bytes, line ends or not; none may be empty.
    """
    texts = _Texts(many, wording, phrases)
    if texts.usual.all():
        return texts.measure({})
    texts.uncover_turns_of_phrase()
    starts, ends = _edges(~texts.usual)
    if (ends - starts).max() < INSERTED:
        return texts.measure({})
    runs: dict[int, list[Run]] = {}
    of_text = np.searchsorted(texts.begins, starts, side="right") - 1
    for text, start, end in zip(of_text.tolist(), starts.tolist(), ends.tolist(), strict=True):
        runs.setdefault(text, []).append((start, end))
    long = {
        text: [run for run in _without_chance(some, CHANCE) if run[1] - run[0] >= INSERTED]
        for text, some in runs.items()
    }
    return texts.measure({text: some for text, some in long.items() if some})


class _Texts:
    """Texts one after the other, so that numpy is called as often for many as for one.

    Before and behind each text stands its frame, which is no word and counts as usual wording.
    """

    def __init__(self, many: Sequence[bytes], wording: Wording, phrases: Phrases) -> None:
        self._row = framed(many)
        self._is_word = self._row != 0
        self._words = self._row[self._is_word]
        self._frame = (self._words == BEGIN) | (self._words == END)
        self._grams = np.zeros(self._words.size, dtype=np.uint32)  # of each word and its two neighbours
        self._grams[1:-1] = hashes(self._words.astype(np.uint64))
        self._wording, self._phrases = wording, phrases
        self.usual = self._in_grams(contained(self._grams, wording.usual))

    @cached_property
    def begins(self) -> NDArray[np.intp]:
        """Where each text begins."""
        begins: NDArray[np.intp] = self._frame.nonzero()[0][1:-1:2] + 1
        return begins

    @cached_property
    def _finishes(self) -> NDArray[np.intp]:
        finishes: NDArray[np.intp] = self._frame.nonzero()[0][2::2]
        return finishes

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        return self._in_grams(contained(self._grams, self._wording.shared))

    @cached_property
    def _in_stock(self) -> NDArray[np.intp]:
        """How many words before each place stand in phrases of the house."""
        return _counted(self._in_grams(self._phrases.contain(self._grams)))

    def _in_grams(self, hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which words stand in a gram that is a hit; the frames count as such words."""
        hits[self._frame] = False
        covered: NDArray[np.bool_] = hits | self._frame
        covered[1:] |= hits[:-1]
        covered[:-1] |= hits[1:]
        return covered

    def uncover_turns_of_phrase(self) -> None:
        """Uncover what a line of somebody's own has of usual wording by chance."""
        begins = self._frame.copy()  # each mark of a frame is a line
        begins[1:] |= self._frame[:-1]
        line_ends = (~self._is_word).nonzero()[0]
        begins[line_ends - np.arange(line_ends.size)] = True
        lines = begins.nonzero()[0]
        sizes = lines[1:] - lines[:-1]
        hits = np.add.reduceat(self.usual, lines, dtype=np.intp)[:-1]
        foreign = (sizes >= INSERTED) & (hits > 0) & (hits <= FOREIGN * sizes)
        if not foreign.any():
            return
        by_chance = self.usual[:-1] & foreign.repeat(sizes)  # but for the last mark of a frame
        before = np.zeros(by_chance.size, dtype=bool)  # whether the word before is in the same run
        before[1:] = by_chance[:-1] & ~begins[1:-1]
        starts = (by_chance & ~before).nonzero()[0]
        behind = np.zeros(by_chance.size, dtype=bool)
        behind[:-1] = before[1:] & by_chance[1:]
        ends = (by_chance & ~behind).nonzero()[0] + 1
        short = ends - starts <= CHANCE_SHARED
        for start, end in zip(starts[short].tolist(), ends[short].tolist(), strict=True):
            self.usual[start:end] = False

    def measure(self, runs: dict[int, list[Run]]) -> list[Measured]:
        """What of each text is its sender's own; all of it is in `runs` outside usual wording."""
        begins, finishes = self.begins.tolist(), self._finishes.tolist()
        rests_on = [self._grams[a:b].copy() for a, b in zip(begins, finishes, strict=True)]
        found = [Measured(rests_on=features) for features in rests_on]
        if not runs:
            return found
        of_text = [text for text, some in runs.items() for _ in some]
        all_runs = [run for some in runs.values() for run in some]
        bridges, inserted = self._inserted(all_runs, np.array(of_text))
        gaps = self._gaps([run for run, part in zip(all_runs, inserted, strict=True) if part is None])
        start = 0
        for text, some in runs.items():
            end = start + len(some)
            parts = zip(some, inserted[start:end], strict=True)
            own, in_place = self._passages(begins[text], finishes[text], parts, gaps)
            share = sum(passage.words for passage in own) / (finishes[text] - begins[text])
            bridged = np.concatenate((rests_on[text], bridges[start:end].reshape(-1)))
            found[text] = Measured(own, share, in_place, bridged)
            start = end
        return found

    def _passages(
        self,
        begin: int,
        finish: int,
        runs: Iterable[tuple[Run, Run | None]],
        gaps: Mapping[Run, Sequence[Run]],
    ) -> tuple[tuple[Passage, ...], tuple[Features, ...]]:
        """The handwritten passages of a text, and the 3-grams of those that stand in place of wording."""
        found: list[Passage] = []
        in_place: list[Features] = []
        for (start, end), inserted in runs:
            if inserted is not None:
                own = list(self._own([inserted], INSERTED, in_slot=False))
            elif end - start > MERGE_FIELD:
                parts = _without_chance(gaps[start, end], CHANCE_SHARED)
                own = list(self._own(parts, MERGE_FIELD + 1, in_slot=True))
                in_place += [self._grams[a + 1 : b - 1] for a, b, _ in own]
            else:
                continue
            if own:
                before = int(self._grams[start - 2]) if start - begin > 1 else start - begin
                behind = int(self._grams[end + 1]) if end + 1 < finish else EDGE + finish - end
                found.append(Passage(sum(words for _, _, words in own), before, behind))
        return tuple(found), tuple(in_place)

    def _gaps(self, runs: Sequence[Run]) -> dict[Run, list[Run]]:
        """The parts of each run, longer than a merge field, that nobody else received."""
        within = np.zeros(self._words.size, dtype=bool)
        found: dict[Run, list[Run]] = {}
        for start, end in runs:
            if end - start > MERGE_FIELD:
                within[start:end] = True
                found[start, end] = []
        if not found:
            return found
        starts, ends = _edges(within & ~self._shared)
        gaps = zip(starts.tolist(), ends.tolist(), strict=True)
        gap = next(gaps, None)
        for run, some in found.items():  # ascending, as the gaps are
            while gap is not None and gap[1] <= run[1]:
                some.append(gap)
                gap = next(gaps, None)
        return found

    @cached_property
    def _written(self) -> NDArray[np.intp]:
        """How many words before each place are no masks."""
        return _counted(self._words >= RESERVED)

    def _own(self, parts: Iterable[Run], least: int, *, in_slot: bool) -> Iterator[tuple[int, int, int]]:
        """Parts with at least so many words, and these; in a slot, what is stock of the house is not own."""
        for start, end in parts:
            written = int(self._written[end] - self._written[start])
            if written < least:
                continue
            if in_slot and (self._in_stock[end] - self._in_stock[start]) / (end - start) >= STOCK:
                continue
            yield start, end, written

    def _inserted(self, runs: Sequence[Run], of_text: NDArray[np.intp]) -> tuple[Features, list[Run | None]]:
        """The part of each run behind which the wording goes on as if it were not there: it is no slot.

        Also gives, a row a run, the 3-grams that would stand there without it. A run's outermost words may be
        the template's, uncovered only because of what stands beside them; and words next to it may be the
        passage's, when it begins or ends like the template does there.
        """
        edges = np.array(runs)
        first, last = edges[:, :1] + _EDGES, edges[:, 1:] + _EDGES
        begin, finish = self.begins[of_text, np.newaxis], self._finishes[of_text, np.newaxis]
        possible = (first >= begin)[:, :, np.newaxis] & (last <= finish)[:, np.newaxis]
        possible &= last[:, np.newaxis] - first[:, :, np.newaxis] >= INSERTED
        wide = self._words.astype(np.uint64)
        two_before, before, at, behind = (
            wide.take(places, mode="clip") for places in (first - 2, first - 1, last, last + 1)
        )
        bridges = np.stack((bridging((two_before, before), (at,)), bridging((before,), (at, behind))))
        bridged = contained(bridges, self._wording.usual).any(axis=0) & possible
        nearest = bridged.reshape(len(runs), -1)[:, _NEAREST].argmax(axis=1)
        found: list[Run | None] = [None] * len(runs)
        for run in np.flatnonzero(bridged.any(axis=(1, 2))).tolist():
            (start, end), shift = runs[run], _SHIFTS[nearest[run]]
            found[run] = start + shift[0], end + shift[1]
        return bridges.swapaxes(0, 1), found


def _edges(marked: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs of true begin and end; neither the first nor the last may be true."""
    edges = (marked[1:] != marked[:-1]).nonzero()[0] + 1
    return edges[::2], edges[1::2]


def _counted(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many are marked before each place."""
    counts = np.zeros(marked.size + 1, dtype=np.intp)
    marked.cumsum(out=counts[1:])
    return counts


def _without_chance(runs: Sequence[Run], chance: int) -> list[Run]:
    """Join runs that a coincidence parts, where they are longer than merge fields."""
    joined = list(runs[:1])
    for start, end in runs[1:]:
        first, last = joined[-1]
        longest = max(last - first, end - start)
        if start - last <= chance and longest > MERGE_FIELD:
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined
