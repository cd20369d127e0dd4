"""A small message with the shape of a large one: its own header, its tree of parts, and the parts fetched.

What was not fetched stands in it as an empty part of its type, so that whoever reads it still sees a
forwarded message, an invitation or an attachment. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.mailbox.protocol.structure import READ, Part

_UNSAFE = re.compile(r'[^\x20-\x7e]|["\\]')
_CALENDAR = b"BEGIN:VCALENDAR\r\n"
"""Stands for an invitation's data: that there is one is all that is asked of it."""

ABSENT = b"(not fetched)\r\n"
"""Stands for all that follows the header of a message that is one part and no text."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A part as it came: its own MIME header (empty where there is none to ask for) and its bytes."""

    header: bytes
    body: bytes


def opening(header: bytes, whole: Part, boundary: str) -> bytes:
    """The message's header block, ready for `body` to follow.

    A multipart gets a Content-Type of ours in front: its own boundary would have to be understood first.
    """
    block = header.rstrip(b"\r\n") + b"\r\n\r\n"
    return _content_type(whole, boundary) + block if whole.multipart else block


def body(whole: Part, fetched: Mapping[str, Fetched], boundary: str) -> bytes:
    """What follows `opening`, with the parts in `fetched` by their sections.

    `boundary` must stand in none of them. Nothing closes the parts at the end; readers do not need it.
    """
    if not whole.multipart:
        found = fetched.get(whole.section)
        absent = b"" if whole.type in READ or whole.octets == 0 else ABSENT
        return found.body if found else absent
    return b"".join(_inside(whole, fetched, boundary))


def report(outer: bytes, whole: Part, envelope: tuple[Part, Fetched], inner: bytes, boundary: str) -> bytes:
    """A journal's report with its envelope and the `inner` message, which may go on after it."""
    delimiter = f"\r\n--{boundary}\r\n".encode("ascii")
    described = b"Content-Type: message/rfc822\r\n\r\n"
    return b"".join(
        (opening(outer, whole, boundary), delimiter, _written(*envelope), delimiter, described, inner)
    )


def _inside(whole: Part, fetched: Mapping[str, Fetched], boundary: str) -> Iterator[bytes]:
    for number, part in enumerate(whole.parts, 1):
        yield f"\r\n--{boundary}\r\n".encode("ascii")
        if part.multipart:
            within = f"{boundary}.{number}"
            yield _content_type(part, within) + b"\r\n"
            yield from _inside(part, fetched, within)
        elif (found := fetched.get(part.section)) is not None:
            yield _written(part, found)
        else:
            yield _described(part) + b"\r\n"
            if part.type == "text/calendar" and part.octets != 0:
                yield _CALENDAR


def _written(part: Part, fetched: Fetched) -> bytes:
    header = fetched.header.strip(b"\r\n") + b"\r\n" if fetched.header.strip() else _described(part)
    return header + b"\r\n" + fetched.body


def _content_type(part: Part, boundary: str) -> bytes:
    kept = {name: text for name, text in part.parameters.items() if name != "boundary"}
    return _field("Content-Type", part.type, {"boundary": boundary, **kept})


def _described(part: Part) -> bytes:
    """A part's header as its structure tells it."""
    lines = _field("Content-Type", part.type, part.parameters)
    if part.encoding:
        lines += _field("Content-Transfer-Encoding", part.encoding, {})
    if part.disposition:
        lines += _field("Content-Disposition", part.disposition, {})
    return lines


def _field(name: str, value: str, parameters: Mapping[str, str]) -> bytes:
    written = "".join(
        f'; {_UNSAFE.sub("", key)}="{_UNSAFE.sub("", text)}"' for key, text in parameters.items()
    )
    return f"{name}: {_UNSAFE.sub('', value)}{written}\r\n".encode("ascii")
