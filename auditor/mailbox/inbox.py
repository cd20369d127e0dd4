"""What is fetched of an inbox: a few header fields of every message, and never a text.

Of a `multipart/report` (RFC 6522) two parts travel beside them: the fields of the delivery status (RFC 3464)
and the header block of the message that came back, not its text.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from auditor.mailbox.found import Found
from auditor.mailbox.protocol import structure
from auditor.mailbox.session import Session

FIELDS = (
    "from", "to", "date", "message-id", "in-reply-to", "references", "auto-submitted", "x-autoreply",
    "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "x-auto-response-suppress",
    "precedence", "return-path", "x-failed-recipients", "content-type",
)  # fmt: skip
"""Whom it is from and to, what it answers (RFC 5322 section 3.6.4), and whether a machine answered (RFC 3834
section 5, and what mail servers wrote before there was a standard)."""

_PART_LIMIT = 32 * 1024
_REPORT = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*multipart/report", re.IGNORECASE | re.MULTILINE)


async def headers(session: Session, uids: Sequence[int]) -> tuple[Found, ...]:
    """The `FIELDS` of `uids`, ascending, with `Found.report` of delivery reports. Vanished ones are absent.

    Raises what `Session` raises.
    """
    found = await session.fetch_fields(uids, FIELDS)
    asked = [one.uid for one in found if _REPORT.search(one.header)]
    reports = await _reports(session, asked) if asked else {}
    return tuple(replace(one, report=reports.get(one.uid)) for one in found)


async def _reports(session: Session, uids: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    """Status fields and returned header block, by UID; empty bytes for what a report lacks."""
    told = await session.fetch_structures(uids)
    by_sections: dict[tuple[str, ...], list[int]] = {}
    for uid, whole in told.items():
        by_sections.setdefault(_sections(whole), []).append(uid)
    reports: dict[int, tuple[bytes, bytes]] = {}
    for (status, returned), some in by_sections.items():
        wanted = dict.fromkeys(filter(None, (status, returned)), _PART_LIMIT)
        got = await session.fetch_sections(some, wanted) if wanted else {}
        for uid, parts in got.items():
            reports[uid] = parts.get(status, b""), parts.get(returned, b"")
    return reports


def _sections(whole: structure.Part) -> tuple[str, str]:
    """Where status and returned header stand in a report; "" for what it lacks."""
    status = returned = ""
    for part in whole.below():
        if part.type in {"message/delivery-status", "message/global-delivery-status"}:
            status = status or part.section
        elif part.type in {"text/rfc822-headers", "message/global-headers"}:
            returned = returned or part.section
        elif part.message:
            returned = returned or f"{part.section}.HEADER"
    return status, returned
