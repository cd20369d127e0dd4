"""Header fields: cutting a header block into fields, and reading addresses, dates and encoded words.

Nothing here raises on any bytes. The block is cut by hand because the standard parser keeps every field
of a hostile block and takes milliseconds for it; decoding is left to the standard library.
"""

import email.header
import email.utils
import re
from datetime import UTC, datetime
from functools import lru_cache

from auditor.message.values import Address

MAX_HEADER_BYTES = 1_000_000  # what lies beyond is not read: no mail software writes so much
MAX_VALUE_CHARS = 300_000  # about 5,000 recipients
MAX_DOMAIN_CHARS = 255  # RFC 5321 section 4.5.3.1.2; a longer one is looked at label by label for minutes
MAX_ADDRESSES = 5_000
MAX_NAME_CHARS = 500

_FIELD = re.compile(rb"^([!-9;-~]{1,80})[ \t]*:(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)
_FOLD = re.compile(r"[\r\n]+[ \t]?")
_ENDS = (b"\n\r\n", b"\n\n", b"\n\r\r\n")
_SIMPLE = re.compile(
    r'\s*+(?:"([^"\\<>]*+)"|([^"\\<>,;:()@]*+))\s*+<\s*+([^\s<>",;:()@]++@[^\s<>",;:()@]++)\s*+>\s*+\Z'
)
_BARE = re.compile(r'\s*+([^\s<>",;:()@]++@[^\s<>",;:()@]++)\s*+\Z')
# Begins only where a token begins: a long run without "@" is looked at once, not from each of its characters.
_ADDRESS = re.compile(r'(?<![^\s<>",;:()@])([^\s<>",;:()@]{1,200}+)@([^\s<>",;:()@]{1,255}+)')
# As nearly every mail has it; the rest is for the standard library.
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([12]\d{3})"
    r" (\d\d:\d\d:\d\d) ([+-][01]\d[0-5]\d)(?: \([A-Z]{1,5}\))?\Z",
    re.ASCII,
)
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_REMEMBERED_CHARS = 200
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,998}>")

WANTED = frozenset(
    (
        "from sender to cc bcc date subject message-id in-reply-to references content-type content-class"
        " content-transfer-encoding auto-submitted x-autoreply x-autorespond x-autoresponder x-auto-reply"
        " x-mail-autoreply x-unsent x-mozilla-draft-info resent-from x-ms-journal-report"
    ).split()
)
Fields = dict[str, list[str]]


def split(raw: bytes) -> tuple[bytes, bytes]:
    """The header block and the text of a message (RFC 5322 section 2.1); no blank line, no text."""
    if b"\n" not in raw[:MAX_HEADER_BYTES] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # line ends of classic Mac OS
    if raw.startswith(b"From "):  # the envelope line of an mbox
        raw = raw.partition(b"\n")[2]
    if raw.startswith((b"\n", b"\r\n")):
        return b"", raw.partition(b"\n")[2]
    end, length = MAX_HEADER_BYTES, 0
    for mark in _ENDS:  # each is looked for above the one found before: the text is not searched
        if (at := raw.find(mark, 0, min(end + len(mark) - 1, MAX_HEADER_BYTES))) >= 0:
            end, length = at, len(mark)
    return (raw[: end + 1], raw[end + length :]) if length else (raw[:MAX_HEADER_BYTES], b"")


def fields(block: bytes, wanted: frozenset[str] = WANTED) -> Fields:
    """The `wanted` fields of a header block: lower-case name to values, unfolded (RFC 5322 section 2.2.3)."""
    found: Fields = {}
    for written, value in _FIELD.findall(block):
        name = _name(written)
        if name in wanted:
            values = found.setdefault(name, [])
            if len(values) < 20:
                values.append(_text(value))
    return found


@lru_cache(maxsize=1_000)
def _name(written: bytes) -> str:
    return written.decode("ascii").lower()


def _text(value: bytes) -> str:
    try:
        text = value[: MAX_VALUE_CHARS * 2].decode("utf-8")  # RFC 6532; ASCII is a part of it
    except UnicodeDecodeError:
        text = value[: MAX_VALUE_CHARS * 2].decode("cp1252", "replace")
    if "\n" in text:
        text = _FOLD.sub(" ", text)
    return text[:MAX_VALUE_CHARS].strip()


def decoded(value: str) -> str:
    """`value` with its encoded words read (RFC 2047); as it stands when they cannot be."""
    return _decoded(value) if "=?" in value else value


@lru_cache(maxsize=4_096)  # the standard library takes as long for one subject as for all the rest
def _decoded(value: str) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except Exception:  # noqa: BLE001 - unknown charsets and broken base64 raise half a dozen kinds
        return value


def addresses(values: list[str]) -> list[Address]:
    """Every mailbox address in an address field (RFC 5322 section 3.4), in order, with repetitions."""
    if len(values) == 1 and len(values[0]) <= _REMEMBERED_CHARS:
        return list(_addresses(values[0]))
    found: list[Address] = []
    for value in values:
        found += _addresses.__wrapped__(value)
        if len(found) >= MAX_ADDRESSES:
            break
    return found[:MAX_ADDRESSES]


@lru_cache(maxsize=4_096)
def _addresses(value: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for name, address in _pairs(value):
        local, _, domain = address.lower().strip().rpartition("@")
        if local and 0 < len(domain) <= MAX_DOMAIN_CHARS and len(found) < MAX_ADDRESSES:
            found.append(Address(f"{local}@{domain.strip('[]. ')}", decoded(name[:MAX_NAME_CHARS]).strip()))
    return tuple(found)


def _pairs(value: str) -> list[tuple[str, str]]:
    if single := _SIMPLE.match(value):
        return [((single[1] or single[2] or "").strip(), single[3])]
    pieces = value.split(",")
    simple = [_SIMPLE.match(piece) or _BARE.match(piece) for piece in pieces]
    if all(simple):
        return [
            ((match[1] or match[2] or "").strip(), match[3]) if match.re is _SIMPLE else ("", match[1])
            for match in simple
            if match
        ]
    if value.count("(") < 50 and len(value) < 20_000:  # the standard parser recurses into comments
        try:
            pairs = email.utils.getaddresses([value])
        except (ValueError, IndexError, AttributeError, TypeError, RecursionError):
            pairs = []
        if any("@" in address for _, address in pairs):
            return pairs
    return [("", match[0]) for match in _ADDRESS.finditer(value)]


def date(values: list[str]) -> datetime | None:
    """The Date field in UTC (RFC 5322 section 3.3); None when absent or unreadable."""
    for value in values[:1]:
        if match := _DATE.match(value):
            day, month, year, time, zone = match.groups()
            try:
                return datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{time}{zone}").astimezone(
                    UTC
                )
            except (ValueError, OverflowError):
                return None
        try:
            parsed = email.utils.parsedate_to_datetime(value[:200])
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            return None
    return None


def message_ids(values: list[str], limit: int = 100) -> list[str]:
    """The Message-IDs in a field, angle brackets kept (RFC 5322 section 3.6.4)."""
    return [match[0] for value in values for match in _MESSAGE_ID.finditer(value)][:limit]
