"""The only place where words in clear wait: in memory, bounded, until enough people received the same.

The k rule: wording is written down once at least k distinct external recipients in at least three separate
sends have the same words, from the copies that arrive then, and only those words. A restart forgets what
waits here; the copies that come after it serve as well.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.store.ledger.send import IntakeSend
from auditor.vocabulary import Direction

Lines = tuple[tuple[str, ...], ...]

MIN_SENDS = 3
_TEMPLATES_WAITING = 1_000
_COPIES_A_TEMPLATE = 8
_WORDS_A_COPY = 1_500


@dataclass(frozen=True, slots=True)
class Copy:
    """The words of one send, and the keyed hashes of the people outside who received it."""

    text: str  # `Authored.text`
    recipients: frozenset[bytes]

    @property
    def lines(self) -> Lines:
        """Its words, line by line."""
        return tuple(tuple(line.split()) for line in self.text.splitlines())


def may_be_shown(copies: Sequence[Copy], min_recipients: int) -> bool:
    """The k rule: whether enough people outside, in enough sends, received these."""
    people = frozenset[bytes]().union(*(one.recipients for one in copies))
    return len(copies) >= MIN_SENDS and len(people) >= min_recipients


class ClearWords:
    """Copies that wait: first for their send's verdict, then for their template to reach k people."""

    def __init__(self, min_recipients: int, sends_waiting: int = 4_000) -> None:
        """Keep at most `sends_waiting` sends that are read but not judged; some 2 KB each."""
        self._min_recipients = min_recipients
        self._sends_waiting = sends_waiting
        self._sends: OrderedDict[int, Copy] = OrderedDict()
        self._templates: OrderedDict[str, list[Copy]] = OrderedDict()

    def ask_for(self, min_recipients: int) -> None:
        """From now on so many people must have received the same words."""
        self._min_recipients = min_recipients

    def remember(self, send_id: int, send: IntakeSend, text: str) -> None:
        """Keep a send's words until it is judged. Internal and wordless sends are not kept."""
        if send.direction is Direction.INTERNAL or not 0 < send.word_count <= _WORDS_A_COPY:
            return
        self._sends[send_id] = Copy(text, frozenset(who.address for who in send.recipients if who.external))
        if len(self._sends) > self._sends_waiting:
            self._sends.popitem(last=False)

    def file(self, send_id: int, template: str | None) -> tuple[Copy, ...]:
        """Move a judged send's words to its template.

        Returns:
            The template's copies when together they satisfy the k rule, otherwise nothing.
        """
        copy = self._sends.pop(send_id, None)
        if copy is None or template is None:
            return ()
        copies = self._templates.setdefault(template, [])
        self._templates.move_to_end(template)
        copies.append(copy)
        del copies[:-_COPIES_A_TEMPLATE]
        if len(self._templates) > _TEMPLATES_WAITING:
            self._templates.popitem(last=False)
        return tuple(copies) if may_be_shown(copies, self._min_recipients) else ()

    def forget(self, template: str) -> None:
        """Let go of a template's copies: its wording is written, or it lives on under another id."""
        self._templates.pop(template, None)
