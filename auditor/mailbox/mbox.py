"""mbox files of any size -> messages, reading on in blocks. Memory is bounded by what is kept of one message.

The dialect is mboxrd (lines that begin with any number of `>` and `From ` were quoted by one more `>`);
mboxo and mboxcl files are read the same way, their Content-Length is ignored: it is wrong too often.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

_BLOCK = 1 << 20
_LONGEST_ENVELOPE = 2000  # bytes; a longer line is text
_BEFORE = 4  # bytes before a line's start that tell whether a blank line precedes it
_SEPARATOR = b"\nFrom "
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DATE = re.compile(
    rb"\b([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d)(?::(\d\d))?"
    rb"(?: +([+-]\d{4})| +[A-Z]{2,5})? +(\d{4})(?: +([+-]\d{4}))?"
)


def split(read: Callable[[int], bytes], keep: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the envelope line and the first `keep` bytes of each message, unquoted, as it was mailed.

    `read(n)` gives at most n bytes, b"" at the end. The data begins with an envelope line ("From "). If
    that line bears a date, so do all; otherwise they stand after a blank line (RFC 4155 asks for both).
    """
    buffer = b""
    while b"\n" not in buffer and len(buffer) < _LONGEST_ENVELOPE and (block := read(_BLOCK)):
        buffer += block
    envelope, _, rest = buffer.partition(b"\n")
    dated = _DATE.search(envelope) is not None
    buffer, more = b"\n" + rest, bool(buffer)
    kept = bytearray()  # begins with the line end of its envelope
    while more:
        block = read(_BLOCK)
        more = bool(block)
        buffer += block
        taken = 0  # up to here the buffer is dealt with
        while (line := _envelope(buffer, taken, dated, ended=not more)) is not None:
            start, end = line
            kept += buffer[taken : min(start + 1, taken + keep + 1)]
            yield envelope, _message(kept, keep)
            envelope, taken = buffer[start + 1 : end], end
            kept.clear()
        # Where an envelope line may have begun, or may begin with the next block, the buffer stays.
        undecided = buffer.rfind(_SEPARATOR, max(taken, len(buffer) - _LONGEST_ENVELOPE))
        rest_from = (undecided if undecided >= 0 else len(buffer) - len(_SEPARATOR)) - _BEFORE
        rest_from = max(taken, rest_from) if more else len(buffer)
        if len(kept) <= keep:
            kept += buffer[taken : min(rest_from, taken + keep + 1)]
        buffer = buffer[rest_from:]
    if envelope:
        yield envelope, _message(kept, keep)


def envelope_date(envelope: bytes) -> datetime | None:
    """When the message was filed, from its envelope line; UTC where no zone is given. None if unreadable."""
    match = _DATE.search(envelope)
    if match is None:
        return None
    month, day, hour, minute, second, zone, year, late_zone = match.groups(b"")
    offset = int(zone or late_zone or b"0")
    east = timedelta(hours=abs(offset) // 100, minutes=abs(offset) % 100) * (1 if offset >= 0 else -1)
    try:
        clock = datetime(
            int(year),
            _MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            tzinfo=UTC,
        )
        return clock - east
    except (ValueError, OverflowError):
        return None


def _envelope(buffer: bytes, position: int, dated: bool, *, ended: bool) -> tuple[int, int] | None:
    """The next envelope line: the line end before it and the one after it. None: not in this buffer."""
    while (start := buffer.find(_SEPARATOR, position)) >= 0:
        end = buffer.find(b"\n", start + 1)
        if end < 0:
            if not ended or len(buffer) - start > _LONGEST_ENVELOPE:
                return None
            end = len(buffer)
        position = start + 1
        if end - start > _LONGEST_ENVELOPE:
            continue
        if _DATE.search(buffer, start, end) if dated else _after_blank_line(buffer, start):
            return start, end
    return None


def _after_blank_line(buffer: bytes, start: int) -> bool:
    return start == 0 or buffer[start - 1 : start] == b"\n" or buffer[start - 2 : start] == b"\n\r"


def _message(kept: bytearray, keep: int) -> bytes:
    message = bytes(kept[1 : keep + 1])
    if len(kept) <= keep:  # whole: the blank line before the next envelope is not the message's
        if message.endswith(b"\r\n\r\n") or message == b"\r\n":
            message = message[:-2]
        elif message.endswith(b"\n\n") or message == b"\n":
            message = message[:-1]
    return _QUOTED.sub(rb"\1", message) if b">From " in message else message
