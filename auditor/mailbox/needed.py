"""Only what is needed travels: headers first, then structures, then the parts that hold text.

A message that is one text is fetched without asking what it is made of, and so is a small one that offers
one text in several dresses (multipart/alternative). Of all others only the parts that a reader sees travel,
in one question for all messages that have them at the same places. Attachments stay where they are. A server
that tells a structure wrongly, or refuses parts, is asked for the beginning of the message instead.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto

from auditor.mailbox import skeleton
from auditor.mailbox.found import Found
from auditor.mailbox.protocol import structure
from auditor.mailbox.protocol.structure import Part
from auditor.mailbox.session import FIRST_LOOK, HEADER_LIMIT, Session
from auditor.mailbox.skeleton import Fetched

_MIME_LIMIT = 8192  # bytes of one part's own header
_TYPE = re.compile(rb"\ncontent-type[ \t]*:[ \t\r\n]*([^;\s]*)")  # searched in lower case, which is faster
_REPORT = re.compile(rb"^x-ms-journal-report[ \t]*:", re.IGNORECASE | re.MULTILINE)
# Nobody can foresee it, so nobody can write it into a text to have the rest of it taken for another part.
_BOUNDARY = secrets.token_hex(16)
_INNER_BOUNDARY = f"{_BOUNDARY}.inner"
_MIME = ".MIME"


class _Form(Enum):
    """What a header block says of the rest of its message."""

    TEXT = auto()  # the rest is one text, or a small choice of the same text in several dresses
    PARTS = auto()  # it must be asked what the message is made of
    NOTHING = auto()  # there is no text


async def headers(session: Session, uids: Sequence[int], *, journal: bool = False) -> tuple[Found, ...]:
    """Header blocks of `uids`, ascending. Vanished messages are absent.

    In a `journal` an envelope report comes with its envelope and with the header block of the message inside.
    Raises what `Session` raises.
    """
    found = await session.fetch_headers(uids)
    if not journal:
        return found
    reports = [one for one in found if _REPORT.search(one.header)]
    opened = await _reports(session, reports) if reports else {}
    return tuple(opened.get(one.uid, replace(one, journal=True)) for one in found)


async def texts(session: Session, found: Sequence[Found], limit: int) -> dict[int, bytes]:
    """The messages of `found` with their texts, cut at about `limit` bytes each. Vanished ones are absent.

    Attachments are missing; in their place stand empty parts. Raises what `Session` raises.
    """
    forms = {one.uid: _form(one) if one.inside is None else _Form.PARTS for one in found}
    whole = {one.uid: one.header + skeleton.ABSENT for one in found if forms[one.uid] is _Form.NOTHING}
    plain = [one for one in found if forms[one.uid] is _Form.TEXT]
    if plain:
        bodies = await session.fetch_sections([one.uid for one in plain], {"TEXT": limit})
        for one in plain:
            text = bodies.get(one.uid, {}).get("TEXT")
            # Without a text although there should be one: the server forgot the message meanwhile.
            if text is not None or (one.uid in bodies and one.size <= len(one.header)):
                whole[one.uid] = one.header + (text or b"")
        whole |= await session.fetch_texts([one.uid for one in plain if one.uid not in bodies], limit)
    return whole | await _from_parts(session, [f for f in found if forms[f.uid] is _Form.PARTS], limit)


async def _from_parts(session: Session, found: Sequence[Found], limit: int) -> dict[int, bytes]:
    headers = {one.uid: one.header for one in found}
    known = {one.uid: one.inside for one in found if one.inside is not None}
    asked = [uid for uid in headers if uid not in known]
    told = await session.fetch_structures(asked) if asked else {}
    fetched = await _parts(session, known | told, limit)
    whole = {}
    for uid, parts in fetched.items():
        if uid in known:  # a report, which ends with the header block of the message inside
            whole[uid] = headers[uid] + skeleton.body(known[uid], parts, _INNER_BOUNDARY)
        else:
            begun = skeleton.opening(headers[uid], told[uid], _BOUNDARY)
            whole[uid] = begun + skeleton.body(told[uid], parts, _BOUNDARY)
    # Where the server cannot tell what it is made of, or refuses its parts, it may show the message itself.
    return whole | await session.fetch_texts(sorted(uid for uid in headers if uid not in fetched), limit)


async def _parts(
    session: Session, structures: Mapping[int, Part], limit: int
) -> dict[int, dict[str, Fetched]]:
    """The parts that hold text, by their sections: one question for all messages that want the same ones."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for uid, whole in structures.items():
        groups.setdefault(_sections(whole, limit), []).append(uid)
    fetched: dict[int, dict[str, Fetched]] = {}
    for sections, uids in groups.items():
        if not sections:
            fetched.update((uid, {}) for uid in uids)
            continue
        limits = {name: _MIME_LIMIT if name.endswith(_MIME) else limit for name in sections}
        for uid, got in (await session.fetch_sections(uids, limits)).items():
            if got:
                fetched[uid] = {
                    name: Fetched(got.get(name + _MIME, b""), text)
                    for name, text in got.items()
                    if not name.endswith(_MIME)
                }
    return fetched


def _sections(whole: Part, limit: int) -> tuple[str, ...]:
    """What to ask for. A part's own header is needed only where the structure leaves the encoding out, as
    Exchange does; the header of a message that is one part is there already."""
    names: list[str] = []
    for part in structure.texts(whole, limit):
        names.append(part.section)
        if whole.multipart and not part.encoding:
            names.append(part.section + _MIME)
    return tuple(names)


async def _reports(session: Session, found: Sequence[Found]) -> dict[int, Found]:
    """Envelope reports with their envelope and the inner header block, by UID.

    Absent are those that do not hold an envelope and a message.
    """
    told = await session.fetch_structures([one.uid for one in found])
    reports = {uid: report for uid, whole in told.items() if (report := structure.report(whole))}
    by_sections: dict[tuple[str, ...], list[int]] = {}
    for uid, (envelope, message) in reports.items():
        names = (f"{message.section}.HEADER", envelope.section)
        by_sections.setdefault(
            names + ((envelope.section + _MIME,) if not envelope.encoding else ()), []
        ).append(uid)
    outer = {one.uid: one for one in found}
    opened: dict[int, Found] = {}
    for sections, uids in by_sections.items():
        got = await session.fetch_sections(uids, dict.fromkeys(sections, HEADER_LIMIT))
        for uid, parts in got.items():
            envelope, message = reports[uid]
            if envelope.section not in parts or f"{message.section}.HEADER" not in parts:
                continue
            inside = message.parts[0]
            text = Fetched(parts.get(envelope.section + _MIME, b""), parts[envelope.section])
            inner = skeleton.opening(parts[f"{message.section}.HEADER"], inside, _INNER_BOUNDARY)
            header = skeleton.report(outer[uid].header, told[uid], (envelope, text), inner, _BOUNDARY)
            opened[uid] = replace(outer[uid], header=header, journal=True, inside=inside)
    return opened


def _form(one: Found) -> _Form:
    if len(one.header) >= HEADER_LIMIT:
        return _Form.PARTS  # its end was cut off, and with it perhaps the type
    found = _TYPE.search(b"\n" + one.header.lower())
    kind = found[1].strip(b'"').decode("ascii", "replace") if found else ""
    if "/" not in kind or kind in structure.READ:
        return _Form.TEXT
    if kind == "multipart/alternative" and 0 < one.size < FIRST_LOOK:
        return _Form.TEXT
    return _Form.PARTS if kind.startswith(("multipart/", "message/")) else _Form.NOTHING
