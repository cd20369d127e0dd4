"""Keyed words as TF-IDF vectors of word sequences. The only home of scikit-learn.

A text's features are its word 3-grams, and its word pairs besides when it is short. Weights are those of
scikit-learn's `TfidfTransformer`, with two differences that were measured to matter: the inverse document
frequency is capped, because a merge field's words are rare and would be loudest; and frequency is counted
once a template, not once a message, because a campaign would make its own words common.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer

from auditor.pseudonyms import RESERVED

Words = NDArray[np.uint32]
"""Keyed words in order, without line ends; masks are numbers below `RESERVED`."""
Features = NDArray[np.uint32]
"""Hashes of word sequences."""
Weights = NDArray[np.float32]

COLUMNS = 1 << 18
"""Columns that frequencies are counted in; features share one when they agree in the low 18 bits."""
MAX_IDF = 4.0
"""Where the inverse document frequency is capped."""
PAIRS_BELOW = 40
"""Texts of fewer words than this have word pairs as features too."""
GRAM = 3

_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
BEGIN, END = 14, 15  # no mask has these numbers
_FINAL = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)


def significant(keyed: Sequence[int]) -> Words:
    """Drop line ends and repeated masks ("‹name› ‹name›" of a full name is one place)."""
    words: Words = np.asarray(keyed, dtype=np.uint32)
    words = words[words != 0]
    if words.size > 1:
        repeated = (words[1:] == words[:-1]) & (words[1:] < RESERVED)
        if repeated.any():
            words = words[np.concatenate(([True], ~repeated))]
    return words


def grams(words: Words, length: int = GRAM) -> Features:
    """Hash every run of `length` words, in order; the text's beginning and end count as a word each.

    Gram `i` begins at word `i - 1`.
    """
    wide = np.empty(max(words.size + 2, length), dtype=np.uint64)
    wide[0], wide[1 : words.size + 1], wide[words.size + 1 :] = BEGIN, words, END
    return hashes(wide, length)


def hashes(wide: NDArray[np.uint64], length: int = GRAM) -> Features:
    """Hash every run of `length` numbers, in order."""
    count = wide.size - length + 1
    mixed = np.full(count, length, dtype=np.uint64)
    for place in range(length):
        mixed += wide[place : place + count] * _MIX[place]
        mixed ^= mixed >> np.uint64(29)
    mixed *= _FINAL
    hashed: Features = (mixed >> _SHIFT).astype(np.uint32)
    return hashed


def features(words: Words) -> Features:
    """The distinct features of a text, ascending."""
    hashed = grams(words)
    if words.size < PAIRS_BELOW:
        hashed = np.concatenate((hashed, grams(words, 2)))
    return np.unique(hashed)


class Weighting:
    """Turns features into TF-IDF weights, under frequencies that move only when told to."""

    def __init__(self) -> None:
        self._founders = np.zeros(COLUMNS, dtype=np.uint32)
        self._counted = 0
        self._transformer = TfidfTransformer(norm="l2", smooth_idf=True, sublinear_tf=False)
        self._move()

    def count(self, texts: Sequence[Features]) -> None:
        """Count each founding text once and move the weights."""
        for text in texts:
            self._founders[np.unique(text % COLUMNS)] += 1
        self._counted += len(texts)
        self._move()

    def weigh(self, texts: Sequence[Features]) -> list[Weights]:
        """Weights of unit length, one array a text, parallel to its features."""
        ends = np.cumsum([0, *(text.size for text in texts)])
        if ends[-1] == 0:
            return [np.empty(0, dtype=np.float32) for _ in texts]
        columns = np.concatenate(texts) % COLUMNS
        counts = np.ones(columns.size, dtype=np.float32)
        matrix = csr_array((counts, columns.astype(np.int32), ends), shape=(len(texts), COLUMNS))
        data = self._transformer.transform(matrix, copy=False).data
        return [data[start:end] for start, end in pairwise(ends)]

    def idf(self, features: Features) -> Weights:
        """The inverse document frequency of each feature."""
        weights: Weights = self._transformer.idf_[features % COLUMNS]
        return weights

    def to_bytes(self) -> bytes:
        """Frequencies as bytes, for `from_bytes`."""
        used = np.flatnonzero(self._founders).astype(np.uint32)
        head = np.array([self._counted, used.size], dtype=np.uint32)
        return head.tobytes() + used.tobytes() + self._founders[used].tobytes()

    @classmethod
    def from_bytes(cls, state: bytes) -> "Weighting":
        """Restore what `to_bytes` gave."""
        weighting = cls()
        numbers = np.frombuffer(state, dtype=np.uint32)
        weighting._counted, size = int(numbers[0]), int(numbers[1])
        weighting._founders[numbers[2 : 2 + size]] = numbers[2 + size : 2 + 2 * size]
        weighting._move()
        return weighting

    def _move(self) -> None:
        idf = np.log((1.0 + self._counted) / (1.0 + self._founders)) + 1.0
        self._transformer.idf_ = np.minimum(idf, MAX_IDF).astype(np.float32)
