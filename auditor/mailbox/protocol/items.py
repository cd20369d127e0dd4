"""Items of FETCH: how they are asked for, and what an answer holds (RFC 3501 section 7.4.2). Pure."""

from dataclasses import replace
from datetime import UTC, datetime

from auditor.mailbox.found import Found
from auditor.mailbox.protocol.grammar import Malformed, Value, internal_date, number


def section_item(name: str, limit: int, start: int = 0) -> str:
    """The FETCH item for a part of a message, or of one of its parts, that sets no flag."""
    return f"BODY.PEEK[{name}]<{start}.{limit}>"


def last_of(items: str) -> bytes:
    """The item without which an answer is none."""
    name = items.rsplit(" ", maxsplit=1)[-1].partition("<")[0]
    return name.replace(".PEEK", "").encode("ascii")


def has_item(item: dict[bytes, Value], name: bytes) -> bool:
    """Whether an item is in the answer, `BODY[]<0>` being BODY[]."""
    return name + b"<0>" in item or name in item or any(key.partition(b"<")[0] == name for key in item)


def text_of(item: dict[bytes, Value], name: bytes) -> bytes | None:
    """The bytes of an item; None where the answer lacks it or says NIL."""
    value = item.get(name + b"<0>")
    if value is None:
        value = next((value for key, value in item.items() if key.partition(b"<")[0] == name), None)
    return value if isinstance(value, bytes) else None


def literal_of(item: dict[bytes, Value], name: bytes) -> bytes:
    """The bytes of an item that was answered; NIL means that the message is empty from there on."""
    return text_of(item, name) or b""


def found_in(uid: int, item: dict[bytes, Value]) -> Found:
    """A message as its header block, time and size tell it."""
    size = number(item.get(b"RFC822.SIZE")) or 0
    try:
        received_at = internal_date(item.get(b"INTERNALDATE"))
    except Malformed:
        received_at = datetime.fromtimestamp(0, UTC)  # one broken date must not hold up the mailbox
    return Found(uid, received_at, size, literal_of(item, b"BODY[HEADER]"))


def some_fields_in(uid: int, item: dict[bytes, Value]) -> Found:
    """The same where only some fields of the header block were asked for. Servers repeat their names as they
    please: in other letters, in quotes."""
    named = (value for key, value in item.items() if key.startswith(b"BODY[HEADER.FIELDS"))
    header = next(named, None)
    return replace(found_in(uid, item), header=header if isinstance(header, bytes) else b"")
