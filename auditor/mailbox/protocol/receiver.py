"""Bytes from an IMAP server -> complete responses, in one pass, within limits. No I/O.

A response is complete when its line ends outside a literal (RFC 3501 section 4.3), never when its
brackets happen to match: a subject ":(" in a quoted string says nothing about the response.
"""

import re
from dataclasses import dataclass

_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)(?: |\Z)", re.IGNORECASE)
_MOST_DIGITS = 20  # of a literal's announced size
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

    def feed(self, data: bytes) -> list[tuple[bytes, ...]]:
        """Every response that `data` completes: text, literal, text, ..., text.

        Line ends and the literals' announcements ({n}) are left out.

        Raises:
            LimitExceeded: a line, a literal or the whole reply is longer than allowed.
        """
        self._total += len(data)
        if self._total > self.limits.total:
            raise LimitExceeded(f"the server sent more than {self.limits.total} bytes in one reply")
        buffer, fragments, missing = self._buffer, self._fragments, self._missing
        buffer += data
        responses: list[tuple[bytes, ...]] = []
        start = 0
        while True:  # three times for each message of a mailbox: nothing is called that need not be
            if missing >= 0:
                end = start + missing
                if end > len(buffer):
                    break
                with memoryview(buffer) as view:  # a slice of the buffer would be copied twice
                    fragments.append(view[start:end].tobytes())
                start, missing = end, -1
            end = buffer.find(b"\r\n", max(start, self._searched))
            if (end if end >= 0 else len(buffer)) - start > self.limits.line:
                raise LimitExceeded(f"the server sent a line of more than {self.limits.line} bytes")
            if end < 0:
                break
            line = bytes(buffer[start:end])
            start = end + 2
            if line.endswith(b"}") and (size := self._announced(line)) is not None:
                fragments.append(line[: line.rindex(b"{")].removesuffix(b"~"))
                missing = size
                continue
            fragments.append(line)
            responses.append(tuple(fragments))
            fragments.clear()
        del buffer[:start]
        self._missing = missing
        self._searched = max(0, len(buffer) - 1)
        return responses

    def _announced(self, line: bytes) -> int | None:
        """The size of the literal that follows `line`, which ends in a bracket; or None.

        The text of a status response is for people and may end in anything; so may a quoted string.
        """
        first = self._fragments[0] if self._fragments else line
        if not first.startswith(b"* ") or (not first[2:3].isdigit() and _STATUS.match(first)):
            return None
        # Quotes that come in pairs enclose no line end; only where that is not certain they are looked at.
        text = _QUOTED.sub(b"", line) if line.count(b'"') % 2 or b"\\" in line else line
        start = text.rfind(b"{") + 1
        number = text[start:-1].removesuffix(b"+")
        if not (start and text.endswith(b"}") and number.isdigit() and len(number) <= _MOST_DIGITS):
            return None
        size = int(number)
        if size > self.limits.literal:
            raise LimitExceeded(
                f"the server announced {size} bytes where at most {self.limits.literal} were asked for"
            )
        return size
