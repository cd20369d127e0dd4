"""Lines that a sender closes with whatever the text: what is left of signatures and disclaimers.

The message stage cuts by form, knowing nothing of other mails. Here a closing line that stands under several
texts of one sender that share nothing else, or of the whole company, is a habit and counts as no words.
"""

import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

TEXTS = 5
"""Founding texts of one sender that must close with a line before it is a habit."""
COMPANY_TEXTS = 12
"""Founding texts of the company, whoever sent them."""
LINES = 8
"""Closing lines that are looked at."""
LEAVES = 0.6
"""Share of a text's words that a cut leaves at least."""

_PAIR = struct.Struct("<QI")  # a line, and its count or its judged number


def tail_of(sender: int, keyed: Sequence[int]) -> tuple[int, ...]:
    """Numbers of the closing lines, last first: pairs of the sender's own and the company's, which is 0."""
    contents = [_content(line) for _, line in islice(_from_the_end(keyed), LINES)]
    return tuple(number for content in contents for number in ((sender << 32) | content, content))


def _content(line: Sequence[int]) -> int:
    return zlib.crc32(array("I", line).tobytes())  # of words that are keyed


def _from_the_end(keyed: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Lines with words, last first, and where each begins."""
    backwards, size, behind = keyed[::-1], len(keyed), 0
    while behind < size:
        try:
            before = backwards.index(0, behind)
        except ValueError:
            before = size
        if before > behind:
            yield size - before, keyed[size - before : size - behind]
        behind = before + 1


class Habits:
    """Counts of closing lines, and those that became habits, with the judged number from which they hold."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._since: dict[int, int] = {}

    def cut(self, sender: int, keyed: Sequence[int], judged: int) -> Sequence[int]:
        """The text without its closing habits, as they stood for the send of this judged number."""
        if not self._since:
            return keyed
        dropped, end = 0, len(keyed)
        for start, line in islice(_from_the_end(keyed), LINES):
            content = _content(line)
            own = self._since.get((sender << 32) | content, judged)
            if min(own, self._since.get(content, judged)) >= judged:
                break
            dropped, end = dropped + len(line), start
        words = len(keyed) - keyed.count(0)
        return keyed[:end] if words - dropped >= LEAVES * words else keyed

    def move(self, tails: Iterable[Sequence[int]], judged: int) -> None:
        """Count the closing lines of texts founded since the last move; new habits hold from now on."""
        for tail in tails:
            for line in set(tail):
                self._counts[line] = count = self._counts.get(line, 0) + 1
                least = TEXTS if line >> 32 else COMPANY_TEXTS
                if count >= least:
                    self._since.setdefault(line, judged)
        if len(self._counts) > 65_536:
            self._counts = {line: count for line, count in self._counts.items() if count > 1}

    def forget(self, sender: int) -> None:
        """Keep nothing of a sender's own closing lines: whoever has the key could try addresses."""
        for known in (self._counts, self._since):
            for line in [line for line in known if line >> 32 == sender]:
                del known[line]

    def to_bytes(self) -> bytes:
        """State as bytes, for `from_bytes`."""
        return struct.pack("<I", len(self._counts)) + _packed(self._counts) + _packed(self._since)

    @classmethod
    def from_bytes(cls, state: bytes) -> "Habits":
        """Restore what `to_bytes` gave."""
        habits = cls()
        start, pairs = struct.calcsize("<I"), struct.unpack_from("<I", state)[0]
        end = start + pairs * _PAIR.size
        habits._counts = dict(_PAIR.iter_unpack(state[start:end]))
        habits._since = dict(_PAIR.iter_unpack(state[end:]))
        return habits


def _packed(numbers: dict[int, int]) -> bytes:
    return b"".join(_PAIR.pack(line, number) for line, number in numbers.items())
