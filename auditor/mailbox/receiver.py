"""Bytes from an IMAP server -> complete responses, in one pass, within limits. No I/O.

A response is complete when its line ends outside a literal (RFC 3501 section 4.3), never when its
brackets happen to match: a subject ":(" in a quoted string says nothing about the response.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}\Z")
_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)(?: |\Z)", re.IGNORECASE)
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)


class LimitExceeded(Exception):
    """The server sends more than was asked for. The message names the limit, nothing of the data."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reply may hold, in bytes."""

    line: int = 1 << 20
    literal: int = 1 << 20
    total: int = 4 << 20


class Receiver:
    """Collects the bytes of one connection. Memory is bounded by `limits`, time is linear in the bytes."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._buffer = bytearray()
        self._searched = 0  # up to here the buffer holds no line end
        self._missing = -1  # bytes of the literal that is being read; -1 outside literals
        self._fragments: list[bytes] = []
        self._total = 0

    def begin(self, limits: Limits) -> None:
        """A new command was sent: count afresh, under its limits."""
        self.limits = limits
        self._total = 0

    def feed(self, data: bytes) -> Iterator[tuple[bytes, ...]]:
        """Yield every response that `data` completes: text, literal, text, ..., text.

        Line ends and the literals' announcements ({n}) are left out.

        Raises:
            LimitExceeded: a line, a literal or the whole reply is longer than allowed.
        """
        self._total += len(data)
        if self._total > self.limits.total:
            raise LimitExceeded(f"the server sent more than {self.limits.total} bytes in one reply")
        self._buffer += data
        start = 0
        while (end := self._next(start)) >= 0:
            if self._missing >= 0:
                with memoryview(self._buffer) as view:  # a slice of the buffer would be copied twice
                    self._fragments.append(bytes(view[start:end]))
                self._missing = -1
                start = end
                continue
            line = bytes(self._buffer[start:end])
            start = end + 2
            if (size := self._announced(line)) is not None:
                self._fragments.append(line[: line.rindex(b"{")].removesuffix(b"~"))
                self._missing = size
                continue
            self._fragments.append(line)
            response = tuple(self._fragments)
            self._fragments.clear()
            yield response
        del self._buffer[:start]
        self._searched = max(0, len(self._buffer) - 1)

    def _next(self, start: int) -> int:
        """Where the literal or line that begins at `start` ends, or -1."""
        if self._missing >= 0:
            end = start + self._missing
            return end if end <= len(self._buffer) else -1
        end = self._buffer.find(b"\r\n", max(start, self._searched))
        self._searched = 0
        if (end if end >= 0 else len(self._buffer)) - start > self.limits.line:
            raise LimitExceeded(f"the server sent a line of more than {self.limits.line} bytes")
        return end

    def _announced(self, line: bytes) -> int | None:
        """The size of the literal that follows `line`, or None.

        The text of a status response is for people and may end in anything; so may a quoted string.
        """
        if not line.endswith(b"}"):
            return None
        first = self._fragments[0] if self._fragments else line
        if not first.startswith(b"* ") or (not first[2:3].isdigit() and _STATUS.match(first)):
            return None
        # Quotes that come in pairs enclose no line end; only where that is not certain they are looked at.
        odd = b'"' in line and (b"\\" in line or line.count(b'"') % 2)
        match = _LITERAL.search(_QUOTED.sub(b"", line) if odd else line, max(0, len(line) - 24))
        if match is None:
            return None
        size = int(match[1])
        if size > self.limits.literal:
            raise LimitExceeded(
                f"the server announced {size} bytes where at most {self.limits.literal} were asked for"
            )
        return size
