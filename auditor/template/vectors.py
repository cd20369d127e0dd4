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
from itertools import pairwise

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


def significant(keyed: Sequence[int]) -> Words:
    """Drop repeated masks ("‹name› ‹name›" of a full name is one place); line ends stay."""
    kept: Words = np.asarray(keyed, dtype=np.uint32)
    words = kept[kept != 0]
    if words.size > 1:
        repeated = (words[1:] == words[:-1]) & (words[1:] < RESERVED)
        if repeated.any():
            places = np.flatnonzero(kept)[1:][repeated]
            kept = np.delete(kept, places)
    return kept


def hashes(wide: NDArray[np.uint64], length: int = GRAM) -> Features:
    """Hash every run of `length` numbers, in order."""
    count = wide.size - length + 1
    mixed = wide[:count] * _MIX[0]
    for place in range(1, length):
        mixed += wide[place : place + count] * _MIX[place]
    mixed ^= mixed >> _SHIFT
    mixed *= _FINALS[length]
    hashed: Features = (mixed >> _SHIFT).astype(np.uint32)
    return hashed


def hashes_of_rows(rows: NDArray[np.uint64]) -> Features:
    """Hash each row of `GRAM` numbers, as `hashes` does with a run of them."""
    mixed = rows @ _MIX  # modulo 2^64
    mixed ^= mixed >> _SHIFT
    mixed *= _FINALS[GRAM]
    hashed: Features = (mixed >> _SHIFT).astype(np.uint32)
    return hashed


def distinct(hashed: Features) -> Features:
    """Each once, ascending; for the few of one text this is several times faster than `numpy.unique`."""
    ordered = np.sort(hashed)
    if ordered.size < 2:
        return ordered
    first = np.empty(ordered.size, dtype=bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


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
    """Hash the words of many texts in one go, line ends or not.

    A text's beginning and end count as a word each, the end of a line as none.
    """
    if not many:
        return []
    bare = [keyed[keyed != 0] for keyed in many]
    wide = np.concatenate([part for words in bare for part in (_BEGIN, words, _END)]).astype(np.uint64)
    triples, pairs = hashes(wide, GRAM), hashes(wide, 2)
    texts = []
    start = 0
    for keyed, words in zip(many, bare, strict=True):
        end = start + words.size
        own = triples[start:end]
        if 0 < words.size < PAIRS_BELOW:
            own = np.concatenate((own, pairs[start : end + 1]))
        texts.append(Text(keyed, words, distinct(own)))
        start = end + 2
    return texts


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
