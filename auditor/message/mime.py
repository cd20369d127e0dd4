"""From the bytes of a message to the one text a reader sees (RFC 2045, 2046): parts, encodings, charsets.

The walk is a loop with a bounded stack: depth and number of parts are limited, a part that cannot be
decoded is read as well as it can be. Attachments are skipped, never decoded.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.message import fields as header

MAX_DEPTH = 24
MAX_PARTS = 400
MAX_PLAIN_BYTES = 400_000  # of one decoded part
MAX_HTML_BYTES = 1_000_000

_PART_FIELDS = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})
_REMEMBERED_BYTES = 300
_PARAMETER = re.compile(r';\s*([a-zA-Z0-9_*-]+)\s*=\s*(?:"([^"]*)"?|([^\s;]*))')
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
# Names that Python does not know, or knows too narrowly (WHATWG Encoding section 4.2).
_CHARSETS = {
    "": "utf-8",
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "cp-850": "cp850",
    "unicode-1-1-utf-7": "utf-7",
    "big5": "big5hkscs",
}
# Codecs of the standard library that are no charsets, or that expand without bound.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "mbcs", "oem"}
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a reader is shown, and what else the message carries."""

    text: str = ""
    html: bool = False
    flowed: bool = False
    del_sp: bool = False
    calendar: str = ""  # the text of a calendar part (RFC 5546)
    report: bool = False  # multipart/report: a delivery or disposition notification (RFC 6522)
    attached_message: bool = False  # a message travels inside: forwarded as an attachment


@dataclass(slots=True)
class _Part:
    """One leaf: its type, parameters and undecoded bytes."""

    type: str
    parameters: Mapping[str, str]
    encoding: str
    data: bytes
    alternative: int = 0  # the multipart/alternative it belongs to, 0 for none


@dataclass(slots=True)
class _Walk:
    """What the walk has met."""

    texts: list[_Part] = field(default_factory=list)
    calendar: _Part | None = None
    report: bool = False
    attached_message: bool = False


def content(fields: header.Fields, body: bytes) -> Content:
    """Choose and decode the text of a message whose own header `fields` are given."""
    walk = _walk(fields, body)
    calendar = _decode(walk.calendar) if walk.calendar else ""
    text, chosen = _choose(walk.texts)
    flowed = chosen is not None and chosen.parameters.get("format", "").lower() == "flowed"
    return Content(
        text,
        chosen is not None and chosen.type == "text/html",
        flowed,
        flowed and chosen is not None and chosen.parameters.get("delsp", "").lower() == "yes",
        calendar,
        walk.report,
        walk.attached_message,
    )


def content_type(value: str) -> tuple[str, Mapping[str, str]]:
    """Type in lower case, and parameters (RFC 2045 section 5.1)."""
    return _content_type(value) if len(value) < 200 else _content_type.__wrapped__(value)


@lru_cache(maxsize=1_000)  # a program writes the same few; each caller asks several times
def _content_type(value: str) -> tuple[str, Mapping[str, str]]:
    kind, separator, rest = value.partition(";")
    found: dict[str, str] = {}
    if separator:
        for match in _PARAMETER.finditer(separator + rest[:4_000]):
            name, star, _ = match[1].lower().partition("*")
            value = match[2] if match[2] is not None else match[3]
            if star:  # RFC 2231 section 4: charset'language'value
                value = value.rpartition("'")[2]
            if len(found) < 50:
                found[name] = (found.get(name, "") if star else "") + value
    return kind.strip().lower(), found


def _walk(fields: header.Fields, body: bytes) -> _Walk:
    walk = _Walk()
    stack: list[tuple[header.Fields, bytes, int, int]] = [(fields, body, 0, 0)]
    seen = 0
    while stack and seen < MAX_PARTS:
        part_fields, data, depth, alternative = stack.pop()
        seen += 1
        kind, parameters = content_type(part_fields.get("content-type", ["text/plain"])[0])
        if kind.startswith("multipart/") and depth < MAX_DEPTH:
            walk.report |= kind == "multipart/report"
            inside = seen if kind == "multipart/alternative" else alternative
            found = pieces(data, parameters.get("boundary", ""))
            if not found and not depth:  # no such boundary: what is there is read as text
                stack.append(({}, data, depth + 1, 0))
            for piece in reversed(found):
                block, text = header.split(piece)
                if piece[:1] in b"\r\n":
                    block, text = b"", piece
                stack.append((_part_fields(block), text, depth + 1, inside))
        else:
            _leaf(walk, kind, parameters, part_fields, data, alternative)
    return walk


def _part_fields(block: bytes) -> header.Fields:
    return _known_part(block) if len(block) < _REMEMBERED_BYTES else header.fields(block, _PART_FIELDS)


@lru_cache(maxsize=1_000)  # a program writes the same few into every mail
def _known_part(block: bytes) -> header.Fields:
    return header.fields(block, _PART_FIELDS)


def _leaf(
    walk: _Walk,
    kind: str,
    parameters: Mapping[str, str],
    fields: header.Fields,
    data: bytes,
    alternative: int,
) -> None:
    disposition = fields.get("content-disposition", [""])[0].lower()
    encoding = fields.get("content-transfer-encoding", [""])[0].lower().strip()
    part = _Part(kind, parameters, encoding, data, alternative)
    if kind == "text/calendar":
        walk.calendar = walk.calendar or part
    elif kind == "message/rfc822":
        walk.attached_message = True
    elif kind in {"message/delivery-status", "message/disposition-notification"}:
        walk.report = True
    elif disposition.startswith("attachment"):
        return
    elif kind in {"text/html", "text/plain", "text", "", "text/enriched"} or "/" not in kind:
        walk.texts.append(part)


def pieces(data: bytes, boundary: str) -> list[bytes]:
    """Cut a multipart at its delimiter lines (RFC 2046 section 5.1.1); longer ones belong to inner parts."""
    if not boundary:
        return []
    delimiter = b"\n--" + boundary.encode("utf-8", "surrogateescape")
    pieces: list[bytes] = []
    text = b"\n" + data
    at = text.find(delimiter)
    start = -1
    while at >= 0 and len(pieces) < MAX_PARTS:
        after = at + len(delimiter)
        end = text.find(b"\n", after)
        rest = text[after : end if end >= 0 else len(text)].strip()
        if rest in {b"", b"--"}:
            if start >= 0:
                pieces.append(text[start:at].removesuffix(b"\r"))
            start = len(text) if end < 0 else end + 1
            if rest:
                return pieces
        at = text.find(delimiter, after - 1)
    if 0 <= start < len(text):
        pieces.append(text[start:])  # the closing delimiter is missing
    return pieces


def _choose(parts: list[_Part]) -> tuple[str, _Part | None]:
    """The part a reader sees: HTML of an alternative unless it is empty, else the first texts in order."""
    best: tuple[str, _Part | None] = ("", None)
    first = next((part for part in parts if part.data and not part.data.isspace()), None)
    if first is None:
        return best
    same = [part for part in parts if part.alternative and part.alternative == first.alternative]
    for part in [*(p for p in same if p.type == "text/html"), first, *parts]:
        text = _decode(part)
        if _shows_text(text, part.type):
            return text, part
    return best


_TAG = re.compile(r"<[^<>]*>")
_TEXT = re.compile(r">[^<>\s&]")


def _shows_text(text: str, kind: str) -> bool:
    if not text or text.isspace():
        return False
    if kind != "text/html" or len(text) > 20_000 or _TEXT.search(text):
        return True
    return not _TAG.sub("", text).replace("&nbsp;", "").isspace()


def _decode(part: _Part) -> str:
    limit = MAX_HTML_BYTES if part.type == "text/html" else MAX_PLAIN_BYTES
    data = _transfer_decoded(part.data, part.encoding, limit)[:limit]
    return _charset_decoded(data, part.parameters.get("charset", ""))


def _transfer_decoded(data: bytes, encoding: str, limit: int) -> bytes:
    """RFC 2045 section 6; broken encodings give what can be read of them."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data[: limit * 3])
    if encoding == "base64":
        try:
            return binascii.a2b_base64(data[: limit * 2])
        except binascii.Error:
            letters = _NOT_BASE64.sub(b"", data[: limit * 2])
            whole = len(letters) // 4 * 4
            return binascii.a2b_base64(letters[:whole] + _padded(letters[whole:]))
    return data[:limit]


def _padded(rest: bytes) -> bytes:
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _charset_decoded(data: bytes, charset: str) -> str:
    """The declared charset, else UTF-8, else windows-1252; UTF-16 by its mark."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} and b"\0" in data[:100]:
        return data.decode("utf-16", "replace")
    name = charset.strip().strip("'\"").lower()
    name = _CHARSETS.get(name, name)
    if name == "utf-8" or not _is_charset(name):
        return _utf8_or_western(data)
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        pass
    try:
        return data.decode("utf-8")  # declared wrongly: UTF-8 does not decode by chance
    except UnicodeDecodeError:
        return data.decode(name, "replace")


def _utf8_or_western(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # cut in the middle of a character
            return data[: error.start].decode("utf-8-sig", "replace")
        return data.decode("cp1252", "replace") if _mostly_ascii(data) else data.decode("utf-8", "replace")


def _is_charset(name: str) -> bool:
    try:
        b" ".decode(name)
    except UnicodeError:  # a charset of more than one byte a character
        pass
    except (LookupError, ValueError):  # unknown, or a codec that is no text encoding
        return False
    return name.replace("-", "_") not in _NO_CHARSETS


def _mostly_ascii(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 look like windows-1252 rather than like broken UTF-8."""
    broken = data.decode("utf-8", "replace").count("\ufffd")
    return broken * 2 > len(data) - len(data.decode("ascii", "ignore"))
