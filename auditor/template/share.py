"""How much of a text was written for one recipient: words outside template wording and merge fields.

A word belongs to the template when it stands in a word 3-gram that recipients share. Runs of other words up
to a merge field's length are merge fields; longer ones were written by hand, or generated (`template.py`
tells these apart).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.pseudonyms import RESERVED
from auditor.template.vectors import GRAM, Features, Words, grams

MERGE_FIELD = 6
"""Words of the longest merge field."""
CHANCE = GRAM + 1
"""An island of at most this many shared words inside a handwritten run is a coincidence of language."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of words that only this recipient received; `anchor` is the template's 3-gram before it."""

    words: int
    anchor: int  # 0 at the beginning of the text


def shared_words(words: Words, shared: Features) -> NDArray[np.bool_]:
    """Which words stand in a 3-gram that is in `shared` (ascending)."""
    covered = np.zeros(max(words.size, GRAM), dtype=bool)
    hashed = grams(words)
    hits = np.flatnonzero(contained(hashed, shared))
    for place in range(GRAM):
        covered[hits + place] = True
    inside: NDArray[np.bool_] = covered[: words.size]
    return inside


def contained(features: Features, known: Features) -> NDArray[np.bool_]:
    """Which of `features` are among `known` (ascending)."""
    if known.size == 0:
        return np.zeros(features.size, dtype=bool)
    places = np.minimum(np.searchsorted(known, features), known.size - 1)
    found: NDArray[np.bool_] = known[places] == features
    return found


def passages(words: Words, shared: Features) -> tuple[list[Passage], float]:
    """The handwritten passages of a text, and their share of all its words (0 to 1)."""
    covered = shared_words(words, shared)
    if covered.all():
        return [], 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (~covered).astype(np.int8), [0]))))
    runs = _without_chance([(int(a), int(b)) for a, b in edges.reshape(-1, 2)])
    found = []
    own = 0
    for start, end in runs:
        written = int((words[start:end] >= RESERVED).sum())
        if written <= MERGE_FIELD:
            continue
        before = words[max(0, start - GRAM) : start]
        anchor = int(grams(before)[0]) if start else 0
        found.append(Passage(written, anchor))
        own += written
    return found, own / words.size


def _without_chance(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs that a coincidence parts, where they are longer than merge fields."""
    joined = [runs[0]]
    for start, end in runs[1:]:
        first, last = joined[-1]
        longest = max(last - first, end - start)
        if start - last <= CHANCE and longest > MERGE_FIELD:
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined
