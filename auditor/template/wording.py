"""A template's wording: the words that stand fixed, and the slots between them.

Keyed, from the first copies; in clear only from copies that are at hand, and only words that all of them
have at the same place. Whoever calls makes sure that the copies went to enough external recipients.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from auditor.template.vectors import Words
from auditor.vocabulary import Mask

SLOT = -1
"""What stands in the keyed wording where copies differ."""
SLOT_SHOWN = "…"
LEAST_COPIES = 3


class Votes:
    """How many of a template's copies have each word of the first one, in its order."""

    __slots__ = ("_copies", "_counted", "_fixed")

    def __init__(self) -> None:
        self._copies = 0
        self._counted: NDArray[np.uint16] = np.empty(0, dtype=np.uint16)
        self._fixed: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def fixed(self, copies: Sequence[Words]) -> tuple[int, ...]:
        """The words that most copies have in the order of the first one, a slot being -1.

        `copies` are those of the last call and maybe more behind them: each is aligned once.
        """
        if len(copies) > self._copies:
            self._count(copies)
        return tuple(self._fixed.tolist())

    def _count(self, copies: Sequence[Words]) -> None:
        first = copies[0].tolist()
        if not self._copies:
            self._counted, self._copies = np.ones(len(first), dtype=np.uint16), 1
        for copy in copies[self._copies :]:
            for opcode in LCSseq.opcodes(first, copy.tolist()):
                if opcode.tag == "equal":
                    self._counted[opcode.src_start : opcode.src_end] += 1
        self._copies = len(copies)
        least = len(copies) // 2 + 1
        votes = zip(first, self._counted.tolist(), strict=True)
        slotted = _slotted([word if vote >= least else SLOT for word, vote in votes])
        self._fixed = np.array(slotted, dtype=np.int64)


def _slotted(words: Sequence[int]) -> list[int]:
    slotted: list[int] = []
    for word in words:
        if word != SLOT or not slotted or slotted[-1] != SLOT:
            slotted.append(word)
    return slotted


def differing(words: Sequence[int], fixed: Sequence[int]) -> list[tuple[int, int]]:
    """The runs of a text's words that the template's keyed wording has not, as (start, end).

    Both as they are kept: line ends (0) and slots count as no words.
    """
    text = [word for word in words if word]
    wording = [word for word in fixed if word > 0]
    return [
        (opcode.src_start, opcode.src_end)
        for opcode in LCSseq.opcodes(text, wording)
        if opcode.tag == "delete"
    ]


_PRIVATE = re.compile(r"\d|@|://|^www\.|\.(?:[a-z]{2,})/|^[a-z]{2}[0-9]{2}[a-z0-9]{10,}$", re.IGNORECASE)


def wording_in_clear(copies: Sequence[Sequence[Sequence[str]]]) -> str | None:
    """The wording that all copies share, line by line, slots as "…"; None when nothing may be shown.

    `copies` are the clear lines of words of sends to enough recipients (the caller's rule); fewer than
    `LEAST_COPIES` give None. Only words that every copy has, at the same place, are shown; what looks like a
    number, link, address or account number is masked even then.
    """
    if len(copies) < LEAST_COPIES:
        return None
    first = [word for line in copies[0] for word in (*line, "\n")]
    kept = set(range(len(first)))
    for copy in copies[1:]:
        other = [word for line in copy for word in (*line, "\n")]
        kept &= {
            place
            for opcode in LCSseq.opcodes(first, other)
            if opcode.tag == "equal"
            for place in range(opcode.src_start, opcode.src_end)
        }
    if not any(place in kept and word != "\n" for place, word in enumerate(first)):
        return None
    return _shown(first, kept)


def _shown(first: Sequence[str], kept: set[int]) -> str:
    lines: list[list[str]] = [[]]
    for place, word in enumerate(first):
        if word == "\n":
            lines.append([])
        elif place in kept:
            lines[-1].append(_masked(word))
        elif not lines[-1] or lines[-1][-1] != SLOT_SHOWN:
            lines[-1].append(SLOT_SHOWN)
    return "\n".join(" ".join(line) for line in lines if line)


def _masked(word: str) -> str:
    if not _PRIVATE.search(word):
        return word
    if "@" in word:
        return Mask.ADDRESS.value
    return Mask.LINK.value if "/" in word or word.lower().startswith("www.") else Mask.NUMBER.value
