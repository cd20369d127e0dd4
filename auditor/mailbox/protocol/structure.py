"""What a message is made of, as BODYSTRUCTURE tells it (RFC 3501 section 7.4.2), and which parts are read.

Pure. Servers differ: NIL where a string belongs, no extension data, a message/rfc822 without its inside.
What can be understood is; the rest is a part that nobody asks for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.mailbox.protocol.grammar import Malformed, Value
from auditor.mailbox.protocol.grammar import number as number_of

MAX_DEPTH = 24
MAX_PARTS = 400
MAX_TEXTS = 12
"""Text parts of one message that are fetched; a reader is shown the first and its alternatives."""

_MESSAGES = {"message/rfc822", "message/global"}  # RFC 2046 section 5.2.1, RFC 6532 section 3.7
READ = frozenset({"text/plain", "text/html", "text/enriched"})
"""The types that a reader is shown, unless they are attached."""

_MESSAGE_BODY = 8  # the place of a message's own structure, after its envelope
_TAIL = 7  # from here on a part's last fields follow: lines, MD5, disposition, language, location


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message. `section` is its number in FETCH; "" is the whole message."""

    section: str
    type: str  # lower-case, as in text/plain
    parameters: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""  # Content-Transfer-Encoding, lower-case; empty when the server does not tell
    octets: int | None = None  # before decoding; None when the server does not tell
    disposition: str = ""  # attachment, inline or nothing
    named: bool = False  # has a file's name
    parts: tuple["Part", ...] = ()  # of a multipart; of a message/rfc822 the message inside

    @property
    def multipart(self) -> bool:
        """Whether it is made of `parts`."""
        return self.type.startswith("multipart/")

    @property
    def message(self) -> bool:
        """Whether it is a message of its own."""
        return self.type in _MESSAGES

    @property
    def attached(self) -> bool:
        """Whether it is an attachment: the part says so, or it is nothing that a reader is shown."""
        return self.disposition == "attachment" or not (self.multipart or self.type in READ)

    def below(self) -> Iterator["Part"]:
        """Itself and the parts of a multipart, depth first, as a reader meets them; not inside messages."""
        yield self
        for part in self.parts if self.multipart else ():
            yield from part.below()


def read_structure(value: Value) -> Part:
    """Read a BODYSTRUCTURE (or BODY) as `grammar.parse` gives it.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, list) or not value:
        raise Malformed("BODYSTRUCTURE is not a list")
    left = [MAX_PARTS]
    return _part(value, "", MAX_DEPTH, left, whole=True)


def texts(whole: Part, limit: int) -> tuple[Part, ...]:
    """The parts that hold what a reader sees, in order: texts that are not attached, wherever they stand,
    until `limit` bytes are together.

    After the first text a part with a file's name is an attachment that is shown in place. A message that is
    one text is no attachment, whatever it says: there is nothing that it could be attached to.
    """
    if whole.type in READ:
        return (whole,) if whole.octets != 0 else ()
    found: list[Part] = []
    for part in whole.below():
        if part.multipart or part.attached or part.octets == 0 or (part.named and found):
            continue
        found.append(part)
        limit -= part.octets or 0
        if len(found) == MAX_TEXTS or limit <= 0:
            break
    return tuple(found)


def report(whole: Part) -> tuple[Part, Part] | None:
    """The envelope and the message of a journal's report; None when it does not hold both."""
    envelope = next((part for part in whole.below() if part.type == "text/plain"), None)
    message = next((part for part in whole.below() if part.message and part.parts), None)
    return (envelope, message) if envelope and message and whole.multipart else None


def _part(items: Sequence[Value], section: str, depth: int, left: list[int], *, whole: bool = False) -> Part:
    """One body. `whole` is a message's own body, whose parts have no number of its own before theirs."""
    left[0] -= 1
    if isinstance(items[0], list):
        return _multipart(items, section, depth, left)
    kind = f"{_word(items, 0) or 'text'}/{_word(items, 1) or 'plain'}"
    own = (f"{section}.1" if section else "1") if whole else section
    parameters = _parameters(items[2] if len(items) > 2 else None)
    disposition, named = _disposition(items, _TAIL)
    octets = items[6] if len(items) > 6 else None
    inside: tuple[Part, ...] = ()
    if kind in _MESSAGES and depth > 0 and left[0] > 0 and len(items) > _MESSAGE_BODY:
        body = items[_MESSAGE_BODY]
        if isinstance(body, list) and body:
            inside = (_part(body, own, depth - 1, left, whole=True),)
    return Part(
        own,
        kind,
        parameters,
        _word(items, 5),
        number_of(octets),
        disposition,
        named or "name" in parameters,
        inside,
    )


def _multipart(items: Sequence[Value], section: str, depth: int, left: list[int]) -> Part:
    parts: list[Part] = []
    number = 0
    for item in items:
        if not isinstance(item, list):
            break
        number += 1
        if item and depth > 0 and left[0] > 0:
            own = f"{section}.{number}" if section else str(number)
            parts.append(_part(item, own, depth - 1, left))
    rest = items[number:]
    disposition, _ = _disposition(rest, 2)
    parameters = _parameters(rest[1] if len(rest) > 1 else None)
    subtype = _word(rest, 0) or "mixed"
    return Part(section, f"multipart/{subtype}", parameters, disposition=disposition, parts=tuple(parts))


def _word(items: Sequence[Value], place: int) -> str:
    item = items[place] if len(items) > place else None
    return item.decode("ascii", "replace").strip().lower() if isinstance(item, bytes) else ""


def _parameters(value: Value) -> dict[str, str]:
    if not isinstance(value, list):
        return {}
    return {
        name.decode("ascii", "replace").lower(): text.decode("utf-8", "replace")
        for name, text in zip(value[::2], value[1::2], strict=False)
        if isinstance(name, bytes) and isinstance(text, bytes)
    }


def _disposition(items: Sequence[Value], start: int) -> tuple[str, bool]:
    """Disposition, and whether a file's name stands with it, from the items at `start` on.

    Its place depends on the type and on the server; it is known by its form, a word and its parameters.
    """
    for item in items[start:]:
        match item:
            case [bytes(word), list() | None as parameters]:
                named = any(name.startswith(("filename", "name")) for name in _parameters(parameters))
                return word.decode("ascii", "replace").lower(), named
    return "", False
