"""Lines that a sender closes with whatever the text: what is left of signatures and disclaimers.

The message stage cuts by form, knowing nothing of other mails. Here a closing line that stands under several
texts of one sender that share nothing else, or of the whole company, is a habit and counts as no words.
"""

import json
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

TEXTS = 5
"""Founding texts of one sender that must close with a line before it is a habit."""
COMPANY_TEXTS = 12
"""Founding texts of the company, whoever sent them."""
LINES = 8
"""Closing lines that are looked at."""
LEAVES = 0.6
"""Share of a text's words that a cut leaves at least."""
COMPANY = 0


def tail_of(sender: str, keyed: Sequence[int]) -> tuple[int, ...]:
    """Numbers of the closing lines, last first: pairs of the sender's own and the company's."""
    mark = zlib.crc32(sender.encode("utf-8", "surrogatepass"))
    numbers: list[int] = []
    for line in _closing(keyed):
        content = zlib.crc32(np.array(line, dtype=np.uint32).tobytes())
        numbers += [(mark << 32) | content, (COMPANY << 32) | content]
    return tuple(numbers)


def _closing(keyed: Sequence[int]) -> list[list[int]]:
    lines: list[list[int]] = [[]]
    for word in keyed:
        if word:
            lines[-1].append(word)
        else:
            lines.append([])
    return [line for line in reversed(lines) if line][:LINES]


class Habits:
    """Counts of closing lines, and those that became habits, with the judged number from which they hold."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._since: dict[int, int] = {}

    def cut(self, sender: str, keyed: Sequence[int], judged: int) -> Sequence[int]:
        """The text without its closing habits, as they stood for the send of this judged number."""
        if not self._since:
            return keyed
        dropped = 0
        tail = tail_of(sender, keyed)
        for line, (own, company) in zip(
            _closing(keyed), zip(tail[::2], tail[1::2], strict=True), strict=True
        ):
            since = min(self._since.get(own, judged), self._since.get(company, judged))
            if since >= judged:
                break
            dropped += len(line)
        total = sum(1 for word in keyed if word)
        if not dropped or total - dropped < LEAVES * total:
            return keyed
        return [word for word in keyed if word][: total - dropped]

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

    def to_json(self) -> str:
        """State as text, for `from_json`."""
        return json.dumps([list(self._counts.items()), list(self._since.items())])

    @classmethod
    def from_json(cls, state: str) -> "Habits":
        """Restore what `to_json` gave."""
        habits = cls()
        counts, since = json.loads(state)
        habits._counts = dict(counts)
        habits._since = dict(since)
        return habits
