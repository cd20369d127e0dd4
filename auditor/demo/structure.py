"""The parts of a stored message, as IMAP names them: sections, and BODYSTRUCTURE.

RFC 3501 section 6.4.5 numbers the parts; section 7.4.2 says how BODYSTRUCTURE is written. Enough for
mail that the demo's own company writes: text, multipart, attachments.
"""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

_BREAK = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part: its header block with the blank line, its body, and the parts inside it."""

    header: bytes
    body: bytes
    fields: Message
    parts: tuple["Part", ...]


def parse(raw: bytes) -> Part:
    """Take a message (CRLF line ends) apart along its MIME boundaries."""
    head, found, body = raw.partition(_BREAK)
    header = head + found
    fields = BytesHeaderParser().parsebytes(header)
    boundary = fields.get_boundary()
    if fields.get_content_maintype() != "multipart" or boundary is None:
        return Part(header, body, fields, ())
    pieces = re.split(
        rb"(?:^|\r\n)--" + re.escape(boundary.encode("ascii")) + rb"(?:--)?[ \t]*(?:\r\n|$)", body
    )
    return Part(header, body, fields, tuple(parse(piece) for piece in pieces[1:-1]))


def section(raw: bytes, message: Part, name: str) -> bytes | None:
    """The octets of a section such as `HEADER`, `TEXT`, `1.2` or `2.MIME`; None where there is no such part.

    The empty name is the whole message.
    """
    numbers, _, word = re.fullmatch(r"((?:\d+\.?)*)()(.*)", name).groups()  # type: ignore[union-attr]  # always matches
    if not name:
        return raw
    part = message
    for number in filter(None, numbers.split(".")):
        children = part.parts or (part,)  # a message of one part has a part 1: itself
        if not 1 <= int(number) <= len(children):
            return None
        part = children[int(number) - 1]
    match word.upper().split(" ", 1):
        case ["" | "TEXT"]:
            return part.body
        case ["HEADER" | "MIME"]:
            return part.header
        case ["HEADER.FIELDS", names]:
            return _some_fields(part.header, names.strip("() ").lower().split())
        case _:
            return None


def _some_fields(header: bytes, names: list[str]) -> bytes:
    fields = re.findall(rb"(?<![^\n])[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", header)
    return (
        b"".join(f for f in fields if f.split(b":", 1)[0].decode("latin-1").strip().lower() in names)
        + b"\r\n"
    )


def bodystructure(part: Part) -> str:
    """The part in the notation of RFC 3501 section 7.4.2, extension data left to the disposition."""
    if part.parts:
        inside = "".join(bodystructure(child) for child in part.parts)
        return f"({inside} {_quoted(part.fields.get_content_subtype().upper())})"
    kind, subtype = part.fields.get_content_maintype(), part.fields.get_content_subtype()
    values = part.fields.get_params(failobj=[])[1:]
    parameters = " ".join(f"{_quoted(key.upper())} {_quoted(str(value))}" for key, value in values)
    encoding = part.fields.get("Content-Transfer-Encoding", "7bit").upper()
    words = [
        _quoted(kind.upper()),
        _quoted(subtype.upper()),
        f"({parameters})" if parameters else "NIL",
        "NIL",
        "NIL",
        _quoted(encoding),
        str(len(part.body)),
    ]
    if kind == "text":
        words.append(str(part.body.count(b"\r\n")))
    disposition = part.fields.get_content_disposition()
    name = part.fields.get_filename()
    shown = f'("FILENAME" {_quoted(name)})' if name else "NIL"
    words += ["NIL", f"({_quoted(disposition.upper())} {shown})" if disposition else "NIL"]
    return f"({' '.join(words)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
