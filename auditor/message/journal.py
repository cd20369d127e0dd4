"""Envelope reports: what Exchange writes around each message that it sends to a journal.

The report's text names everybody whom the message went to, also those in Bcc and the members of lists; the
message follows as a message/rfc822. A line is `Field: address`, and may end in `, Expanded: list` for a
member of a list, or in `, Forwarded: address` where a recipient's own rule sent it on.
(https://learn.microsoft.com/exchange/security-and-compliance/journaling/journaling, "Journal reports".)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.message import fields as header
from auditor.message import mime

MARK = "x-ms-journal-report"
"""The field that only envelope reports have."""

_LINE = re.compile(
    r"^[ \t]*(to|cc|bcc|recipient)[ \t]*:[ \t]*<?([^\s<>,;:]+@[^\s<>,;:]+)>?[ \t]*(,[^\n]*)?\r?$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a message went to: lower-case addresses.

    `seen` were named to the other recipients, by themselves or as members of a list; `hidden` were not.
    """

    seen: tuple[str, ...]
    hidden: tuple[str, ...]
    unsorted: tuple[str, ...]  # the server did not know how they were addressed


def opened(raw: bytes) -> bytes | None:
    """The message inside an envelope report, with the recipients of the envelope in fields of its own.

    None when `raw` is a report without an envelope or without a message.
    """
    block, body = header.split(raw)
    kind, parameters = mime.content_type(header.fields(block).get("content-type", [""])[0])
    if not kind.startswith("multipart/"):
        return None
    text: str | None = None
    for part in mime.pieces(body, parameters.get("boundary", "")):
        part_block, inside = header.split(part)
        fields = header.fields(part_block)
        kind, _ = mime.content_type(fields.get("content-type", ["text/plain"])[0])
        if kind in {"message/rfc822", "message/global"} and text is not None:
            return _addressed(inside, envelope(text))
        if kind == "text/plain" and text is None:
            text = mime.content(fields, inside).text
    return None


def envelope(text: str) -> Envelope:
    """Read the text of a report. Whom a recipient's own rule sent it on to is left out."""
    seen: dict[str, None] = {}
    hidden: dict[str, None] = {}
    unsorted: dict[str, None] = {}
    for field, address, member in _recipients(text):
        if "forwarded:" in member:
            continue
        if field == "bcc":
            hidden[address] = None
        elif field == "recipient" and "expanded:" not in member:
            unsorted[address] = None
        else:
            seen[address] = None
    return Envelope(tuple(seen), tuple(hidden), tuple(unsorted))


def _recipients(text: str) -> Iterator[tuple[str, str, str]]:
    for match in _LINE.finditer(text):
        yield match[1].lower(), match[2].lower(), (match[3] or "").lower()


def _addressed(message: bytes, found: Envelope) -> bytes:
    """`message` with the envelope's recipients in front. Who is neither in To nor in Cc was in Bcc."""
    block, _ = header.split(message)
    fields = header.fields(block)
    named = {one.address for name in ("to", "cc") for one in header.addresses(fields.get(name, []))}
    hidden = [*found.hidden, *(one for one in found.unsorted if one not in named)]
    return _field("Cc", found.seen) + _field("Bcc", hidden) + message


def _field(name: str, addresses: Sequence[str]) -> bytes:
    if not addresses:
        return b""
    return f"{name}: {', '.join(addresses)}\r\n".encode("utf-8", "surrogateescape")
