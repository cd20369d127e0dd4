"""The few pieces of IMAP's grammar (RFC 3501 section 9) that reading a mailbox needs. Pure functions.

A response arrives as fragments: text, literal, text, literal, ..., text (see receiver.py). Literals are
taken as they are; everything else is split by its quotes and brackets here.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

Value = bytes | None | list["Value"]
"""An atom, string or literal; None for NIL; or a parenthesised list."""

_TOKEN = re.compile(
    rb'([^\s()"\[]+(?:\[[^\]]*\](?:<\d+>)?)?|\[[^\s()"]*)|"((?:[^"\\]|\\.)*)"|(\()|(\))|(")', re.DOTALL
)
_FLAT = re.compile(
    rb'\* \d+ FETCH \(((?:[^\s()"\\]+ (?:"[^"\\]*"|[^\s()"\\]+) )*)([^\s()"\\]+) ', re.IGNORECASE
)
_PAIR = re.compile(rb'(?<!\S)(\S+) (?:"([^"]*)"|(\S+)) ')
_ATOM, _STRING, _OPENING, _CLOSING = 1, 2, 3, 4  # the groups of _TOKEN; 5 is a quote that does not end
_DIGITS = 18  # of a number: it fits 63 bits, as the store's do
_NESTING = 60  # a list deeper than this is not a mailbox's answer
_MONTHS = {
    month: f"{number:02}"
    for number, month in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_DATE = re.compile(r"\s*(\d{1,2})-([a-z]{3})-(\d{4}) (\d\d:\d\d:)(\d\d) ([+-]\d{4})", re.ASCII)


class Malformed(Exception):
    """What the server wrote does not follow the grammar. Carries no part of it."""


def quote(text: str) -> str:
    """Write `text` as a quoted string; it may hold anything but NUL, CR and LF."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode_name(name: str) -> str:
    """Write a mailbox name in modified UTF-7 (RFC 3501 section 5.1.3)."""

    def shifted(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        code = base64.b64encode(match[0].encode("utf-16-be", "surrogatepass")).decode("ascii")
        return "&" + code.rstrip("=").replace("/", ",") + "-"

    return re.sub(r"&|[^\x20-\x7e]+", shifted, name)


def decode_name(raw: bytes) -> str:
    """Read a mailbox name in modified UTF-7; what is not well-formed is taken as UTF-8, else Latin-1."""
    try:
        text = raw.decode("ascii")
        return re.sub(r"&([^&-]*)-", _unshifted, text)
    except (UnicodeDecodeError, ValueError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unshifted(match: re.Match[str]) -> str:
    code = match[1]
    if not code:
        return "&"
    padded = code.replace(",", "/") + "=" * (-len(code) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")


def uid_set(uids: Iterable[int]) -> str:
    """Write ascending UIDs as a sequence set: 1:3,7."""
    spans: list[list[int]] = []
    for uid in uids:
        if spans and spans[-1][1] == uid - 1:
            spans[-1][1] = uid
        else:
            spans.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in spans)


def parse(fragments: Sequence[bytes]) -> list[Value]:
    """Read one response into atoms, strings and lists.

    Raises:
        Malformed: the brackets do not match, or a quoted string does not end.
    """
    here: list[Value] = []
    around: list[list[Value]] = []
    for index, fragment in enumerate(fragments):
        if index % 2:
            here.append(fragment)
            continue
        for token in _TOKEN.finditer(fragment):
            kind = token.lastindex
            if kind == _ATOM:
                here.append(None if token[0] in {b"NIL", b"nil"} else token[0])
            elif kind == _STRING:
                here.append(re.sub(rb"\\(.)", rb"\1", token[2]) if b"\\" in token[2] else token[2])
            elif kind == _OPENING:
                around.append(here)
                here = []
                around[-1].append(here)
                if len(around) > _NESTING:
                    raise Malformed("lists are nested too deeply")
            elif kind == _CLOSING and around:
                here = around.pop()
            else:
                raise Malformed("a list or a quoted string does not end, or did not begin")
    if around:
        raise Malformed("a list does not end")
    return here


def fetched(fragments: Sequence[bytes]) -> dict[bytes, Value]:
    """The items of one `* n FETCH (...)` response by their upper-case names; empty for other responses.

    Raises:
        Malformed: see `parse`.
    """
    if len(fragments) == 3 and fragments[2] == b")" and (flat := _FLAT.fullmatch(fragments[0])):
        # What nearly every message is answered with; a quarter of the time that `parse` takes.
        items = {
            name.upper(): text or (atom if atom.upper() != b"NIL" else None)
            for name, text, atom in _PAIR.findall(flat[1])
        }
        items[flat[2].upper()] = fragments[1]
        return items
    if fragments[0].split(None, 3)[2:3] != [b"FETCH"]:
        return {}
    values = parse(fragments)
    listed = values[3] if len(values) > 3 else None
    if not isinstance(listed, list) or len(listed) % 2:
        raise Malformed("FETCH without a list of items")
    return {
        name.upper(): value
        for name, value in zip(listed[::2], listed[1::2], strict=True)
        if isinstance(name, bytes)
    }


def number(value: Value) -> int | None:
    """A number (RFC 3501 section 9: 32 bits, RFC 8438: 63); None for anything else, however long."""
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) <= _DIGITS else None


def internal_date(value: Value) -> datetime:
    """Read an INTERNALDATE: `17-Jul-1996 02:44:25 -0700`. The result is aware.

    Raises:
        Malformed: it is not one.
    """
    match = _DATE.fullmatch(value.lower().decode("latin-1")) if isinstance(value, bytes) else None
    if match is None:
        raise Malformed("INTERNALDATE is not a date")
    day, month, year, hour_and_minute, second, zone = match.groups()
    # A leap second (60) is legal in the grammar and unknown to datetime.
    time = f"{hour_and_minute}{'59' if second == '60' else second}{zone}"
    try:
        return datetime.fromisoformat(f"{year}-{_MONTHS.get(month, '00')}-{day:0>2}T{time}")
    except ValueError:
        raise Malformed("INTERNALDATE is not a date") from None
