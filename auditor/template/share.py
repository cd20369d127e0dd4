"""How much of a text was written for one recipient: words outside template wording and merge fields.

A word belongs to the template when it stands in a word 3-gram that recipients share. A line of which the
template has only a turn of phrase or two is none of its lines. Runs of other words up to a merge field's
length are merge fields; longer ones were written by hand, or generated (`generated.py` tells these apart).
Where the template has no slot at all, whatever was put in is the sender's own, a phrase of the house or not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.pseudonyms import RESERVED
from auditor.template.phrases import Phrases
from auditor.template.vectors import BEGIN, END, GRAM, Features, Text, Words, hashes_of_rows

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
_AROUND = np.arange(4)
_BEFORE, _BEHIND = np.full(2, BEGIN, dtype=np.uint32), np.full(2, END, dtype=np.uint32)


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
    places = np.minimum(np.searchsorted(known, features), known.size - 1)
    found: NDArray[np.bool_] = known[places] == features
    return found


@dataclass(frozen=True, slots=True)
class Wording:
    """A template's features, ascending: `usual` that many of its recipients received, `shared` any two."""

    usual: Features
    shared: Features


def all_usual(grams: Features, starts: NDArray[np.intp], wording: Wording) -> list[bool]:
    """Of texts whose grams stand one after the other: whether every word of a text is usual wording."""
    hits = np.zeros(grams.size + 2 * starts.size, dtype=bool)
    places = np.ones(hits.size, dtype=bool)
    first = starts + 2 * np.arange(starts.size)
    places[first] = places[np.append(first[1:], hits.size) - 1] = False
    hits[places] = contained(grams, wording.usual)
    covered = _in_grams(hits)[places]
    usual: list[bool] = np.logical_and.reduceat(covered, starts).tolist()
    return usual


@dataclass(frozen=True, slots=True)
class Measured:
    """The handwritten passages of a text, and their share of all its words (0 to 1).

    `in_place` has the 3-grams of those that stand in place of wording; whether another recipient received
    them too, only other texts can tell.
    """

    own: tuple[Passage, ...] = ()
    share: float = 0.0
    in_place: tuple[Features, ...] = ()


def measured(text: Text, wording: Wording, phrases: Phrases) -> Measured:
    """What of a text was written for one recipient."""
    usual = _in_grams(contained(text.grams, wording.usual))
    if usual.all():
        return Measured()
    _without_turns_of_phrase(text, usual)
    stock = _in_grams(phrases.contain(text.grams))
    shared = _in_grams(contained(text.grams, wording.shared))
    found: list[Passage] = []
    in_place: list[Features] = []
    for start, end in _without_chance(_runs(~usual), CHANCE):
        if end - start < INSERTED:
            continue
        inserted = _inserted(text.words, start, end, wording.usual)
        if inserted is not None:
            own = list(_own(text, [inserted], None, INSERTED))
        elif end - start > MERGE_FIELD:
            parts = _without_chance(_runs(~shared[start:end]), CHANCE_SHARED)
            own = list(_own(text, [(start + a, start + b) for a, b in parts], stock, MERGE_FIELD + 1))
            in_place += [text.grams[a + 1 : b - 1] for a, b, _ in own]
        else:
            continue
        if own:
            before = int(text.grams[start - 2]) if start > 1 else start
            behind = int(text.grams[end + 1]) if end + 1 < text.grams.size else EDGE + text.grams.size - end
            found.append(Passage(sum(words for _, _, words in own), before, behind))
    share = sum(passage.words for passage in found) / text.words.size
    return Measured(tuple(found), share, tuple(in_place))


def _without_turns_of_phrase(text: Text, usual: NDArray[np.bool_]) -> None:
    """Uncover what a line of somebody's own has of usual wording by chance; `usual` is changed."""
    first = np.append(0, text.starts)
    behind = np.append(text.starts, usual.size)
    counts = np.append(0, np.cumsum(usual))
    hits, sizes = counts[behind] - counts[first], behind - first
    foreign = (sizes >= INSERTED) & (hits > 0) & (hits <= FOREIGN * sizes)
    for place in np.flatnonzero(foreign).tolist():
        line = usual[first[place] : behind[place]]
        for start, end in _runs(line):
            if end - start <= CHANCE_SHARED:
                line[start:end] = False


def _own(
    text: Text, parts: Iterable[tuple[int, int]], stock: NDArray[np.bool_] | None, least: int
) -> Iterator[tuple[int, int, int]]:
    """Parts with at least so many words that are no phrases of a stock, if one is given; and their words."""
    for start, end in parts:
        written = int((text.words[start:end] >= RESERVED).sum())
        if written >= least and (stock is None or stock[start:end].mean() < STOCK):
            yield start, end, written


def _in_grams(hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which words stand in a gram that is a hit: gram `i` is word `i` and its neighbours."""
    covered = hits.copy()
    covered[1:] |= hits[:-1]
    covered[:-1] |= hits[1:]
    return covered


def _runs(uncovered: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of true begin and end."""
    framed = np.zeros(uncovered.size + 2, dtype=bool)
    framed[1:-1] = uncovered
    edges = np.flatnonzero(framed[1:] != framed[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _inserted(words: Words, start: int, end: int, usual: Features) -> tuple[int, int] | None:
    """The part of a run behind which the template's wording goes on as if it were not there: it is no slot.

    A run's outermost words may be the template's, uncovered only because of what stands beside them; and
    words next to it may be the passage's, when it begins or ends like the template does there.
    """
    parts = np.add(_SHIFTS, (start, end))
    first, last = parts[:, 0], parts[:, 1]
    parts = parts[(first >= 0) & (last <= words.size) & (last - first >= INSERTED)]
    framed = np.concatenate((_BEFORE, words, _BEHIND)).astype(np.uint64)  # framed[k + 2] is words[k]
    around = framed[np.repeat(parts, 2, axis=1) + _AROUND]  # two words before the part, and two behind it
    grams = hashes_of_rows(np.concatenate((around[:, :GRAM], around[:, 1:])))
    bridged = contained(grams, usual).reshape(2, -1).any(axis=0)
    if not bridged.any():
        return None
    start, end = parts[bridged.argmax()].tolist()
    return start, end


def _without_chance(runs: list[tuple[int, int]], chance: int) -> list[tuple[int, int]]:
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
