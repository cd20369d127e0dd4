"""Keyed words as TF-IDF vectors of word sequences. The only home of scikit-learn.

A text's features are its word 3-grams, and its word pairs besides when it is short. Weights are those of
scikit-learn's `TfidfTransformer`, with two differences that were measured to matter: the inverse document
frequency is capped, because a merge field's words are rare and would be loudest; and frequency is counted
once a template, not once a message, because a campaign would make its own words common.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from auditor.pseudonyms import RESERVED

Words = NDArray[np.uint32]
"""Keyed words in order; masks are numbers below `RESERVED`. 0 ends a line where line ends are kept."""
Features = NDArray[np.uint32]
"""Hashes of word sequences."""
Weights = NDArray[np.float32]

COLUMNS = 1 << 18
"""Columns that frequencies are counted in; features share one when they agree in the low 18 bits. Which do so
depends on the key: under another one a cosine is another in its third decimal or beyond."""
MAX_IDF = 4.0
"""Where the inverse document frequency is capped."""
PAIRS_BELOW = 40
"""Texts of fewer words than this have word pairs as features too."""
GRAM = 3

_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
BEGIN, END = 14, 15  # no mask has these numbers
_BEGIN, _END = np.array([BEGIN], dtype=np.uint32), np.array([END], dtype=np.uint32)
_FRAME = struct.pack("<II", END, BEGIN)
_FINALS = {GRAM: np.uint64(0xFF51AFD7ED558CCD), 2: np.uint64(0xC4CEB9FE1A85EC53)}  # pairs differ from triples
_SHIFT = np.uint64(32)


def significant(many: Sequence[Sequence[int]]) -> list[Words]:
    """Drop repeated masks ("‹name› ‹name›" of a full name is one place); line ends stay."""
    ends = np.cumsum([len(keyed) for keyed in many], dtype=np.intp)
    kept = np.fromiter(chain.from_iterable(many), dtype=np.uint32, count=int(ends[-1]) if many else 0)
    places = kept.nonzero()[0]
    words = kept[places]
    again = ((words[1:] == words[:-1]) & (words[1:] < RESERVED)).nonzero()[0] + 1
    if again.size:
        of_text = ends.searchsorted(places, side="right")
        repeated = places[again[of_text[again] == of_text[again - 1]]]
        kept = np.delete(kept, repeated)
        ends = ends - repeated.searchsorted(ends)
    return [kept[start:end].copy() for start, end in pairwise((0, *ends.tolist()))]


def hashes(wide: NDArray[np.uint64], length: int = GRAM) -> Features:
    """Hash every run of `length` numbers, in order."""
    count = wide.size - length + 1
    return _finished(_mixed([wide[place : place + count] for place in range(length)]), length)


def bridging(before: Sequence[NDArray[np.uint64]], behind: Sequence[NDArray[np.uint64]]) -> Features:
    """Hash `GRAM` numbers that may come to follow one another, as `hashes` does with a run of them.

    Args:
        before: the first of the numbers, each a row of places.
        behind: the others, each a row of other places.

    Returns:
        In each row, for every place of `before` (second axis) and every one of `behind` (third axis).
    """
    left, right = _mixed(before), _mixed(behind, len(before))
    return _finished(left[:, :, np.newaxis] + right[:, np.newaxis], GRAM)


def _mixed(numbers: Sequence[NDArray[np.uint64]], first: int = 0) -> NDArray[np.uint64]:
    """What the numbers that stand from `first` on in a run add to its hash, modulo 2^64."""
    mixed: NDArray[np.uint64] = numbers[0] * _MIX[first]
    for place, more in enumerate(numbers[1:], first + 1):
        mixed += more * _MIX[place]
    return mixed


def _finished(mixed: NDArray[np.uint64], length: int) -> Features:
    mixed ^= mixed >> _SHIFT
    mixed *= _FINALS[length]
    hashed: Features = (mixed >> _SHIFT).astype(np.uint32)
    return hashed


@dataclass(frozen=True, slots=True)
class Text:
    """Words, and what they are compared by."""

    keyed: Words  # with line ends
    words: Words  # without
    features: Features  # distinct, ascending


NOTHING = np.empty(0, dtype=np.uint32)
NO_TEXT = Text(NOTHING, NOTHING, NOTHING)


def framed(many: Iterable[bytes]) -> Words:
    """Keyed texts one after the other, between `END` and `BEGIN` each, line ends or not."""
    return np.frombuffer(_FRAME + b"".join(keyed + _FRAME for keyed in many), dtype=np.uint32)


def texts_of(many: Sequence[Words]) -> list[Text]:
    """Hash the words of many texts in one go, line ends or not; equal ones are one text, as copies often are.

    A text's beginning and end count as a word each, the end of a line as none.
    """
    keys = [words.tobytes() for words in many]
    distinct = dict(zip(keys, many, strict=True))
    if not distinct:
        return []
    texts = dict(zip(distinct, _distinct_texts(list(distinct.values())), strict=True))
    return [texts[key] for key in keys]


def _distinct_texts(many: Sequence[Words]) -> list[Text]:
    bare = [keyed[keyed != 0] for keyed in many]
    sizes = np.array([words.size for words in bare])
    row = np.concatenate([part for words in bare for part in (_BEGIN, words, _END)]).astype(np.uint64)
    place = np.arange(row.size) - (sizes + 2).cumsum().repeat(sizes + 2)  # from the end of its text: -1
    of_text = np.arange(sizes.size, dtype=np.uint64).repeat(sizes + 2) << _SHIFT
    keys = [(of_text[:-2] | hashes(row, GRAM))[place[:-2] < -2]]
    short = ((sizes > 0) & (sizes < PAIRS_BELOW)).repeat(sizes + 2)
    if short.any():
        keys.append((of_text[:-1] | hashes(row, 2))[(short & (place < -1))[:-1]])
    ordered = np.sort(np.concatenate(keys))
    first = np.empty(ordered.size, dtype=bool)
    first[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    ordered = ordered[first]
    ends = (ordered >> _SHIFT).searchsorted(np.arange(sizes.size), side="right")
    features = ordered.astype(np.uint32)  # the low half
    return [
        Text(keyed, words, features[start:end].copy())
        for keyed, words, (start, end) in zip(many, bare, pairwise((0, *ends.tolist())), strict=True)
    ]


class Weighting:
    """Turns features into TF-IDF weights, under frequencies that move only when told to."""

    def __init__(self) -> None:
        # Two seconds, and only who judges needs it.
        from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415

        self._founders = np.zeros(COLUMNS, dtype=np.uint32)
        self._counted = 0
        self._transformer = TfidfTransformer(norm="l2", smooth_idf=True, sublinear_tf=False)
        self._move()

    def count(self, texts: Sequence[Features]) -> None:
        """Count each founding text once and move the weights."""
        if texts:
            of_text = np.arange(len(texts)).repeat([text.size for text in texts])
            once = np.unique(of_text * COLUMNS + np.concatenate(texts) % COLUMNS)
            self._founders += np.bincount(once % COLUMNS, minlength=COLUMNS).astype(np.uint32)
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
        weights: Weights = self._transformer.idf_.take(features % COLUMNS)
        return weights

    def to_bytes(self) -> bytes:
        """Frequencies as bytes, for `from_bytes`."""
        return struct.pack("<I", self._counted) + zlib.compress(self._founders.tobytes(), 1)

    @classmethod
    def from_bytes(cls, state: bytes) -> "Weighting":
        """Restore what `to_bytes` gave."""
        weighting = cls()
        (weighting._counted,) = struct.unpack_from("<I", state)
        weighting._founders[:] = np.frombuffer(zlib.decompress(state[4:]), dtype=np.uint32)
        weighting._move()
        return weighting

    def _move(self) -> None:
        idf = np.log((1.0 + self._counted) / (1.0 + self._founders)) + 1.0
        self._transformer.idf_ = np.minimum(idf, MAX_IDF).astype(np.float32)
