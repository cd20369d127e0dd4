"""What a message says of its own kind, by form only; the kept sends tell answers apart later.

"Re:" proves nothing: only In-Reply-To and References do (RFC 5322 section 3.6.4).
"""

import re

from auditor.message import fields as header
from auditor.message import mime, phrases
from auditor.message.quote import Parts
from auditor.message.values import Headers
from auditor.vocabulary import Shape

_FORWARD = re.compile(
    rf"\s*(?:\[[^\]]{{0,40}}\]\s*)?(?:{'|'.join(phrases.FORWARD_PREFIXES)})\s?(?:\[\d{{1,3}}\])?\s?[:：]",
    re.IGNORECASE,
)
AUTOMATIC_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply")
"""Any of them says that a machine wrote the mail; what mail servers wrote before RFC 3834."""
_ENOUGH_WORDS = 15


def by_headers(fields: header.Fields, subject: str, answers: bool) -> Shape:
    """The shape that headers alone show.

    `AUTO` for auto-replies and notifications (RFC 3834 section 5, RFC 6522) only: `auto-generated`,
    Precedence and List fields stand on campaigns, which are what we look for.
    """
    if _is_automatic(fields, subject, answers):
        return Shape.AUTO
    kind, _ = mime.content_type(fields.get("content-type", [""])[0])
    if kind == "text/calendar" or "calendarmessage" in fields.get("content-class", [""])[0].lower():
        return Shape.CALENDAR
    if _FORWARD.match(subject):
        return Shape.FORWARD
    return Shape.ANSWER if answers else Shape.NEW


def by_text(headers: Headers, content: mime.Content, parts: Parts, words: int) -> Shape:
    """The headers' shape, corrected by what the text shows."""
    shape = headers.shape
    if shape is Shape.AUTO or (content.report and words < _ENOUGH_WORDS):
        return Shape.AUTO
    if (content.calendar or shape is Shape.CALENDAR) and words < _ENOUGH_WORDS:
        return Shape.CALENDAR
    answer = Shape.ANSWER if headers.references else Shape.NEW
    if shape is Shape.FORWARD:
        return shape if parts.quoted or parts.forwarded or content.attached_message else answer
    return Shape.FORWARD if parts.forwarded else answer


def _is_automatic(fields: header.Fields, subject: str, answers: bool) -> bool:
    submitted = fields.get("auto-submitted", [""])[0].lower()
    if submitted.startswith("auto-replied") or any(name in fields for name in AUTOMATIC_FIELDS):
        return True
    kind, parameters = mime.content_type(fields.get("content-type", [""])[0])
    if kind == "multipart/report" and parameters.get("report-type", "delivery-status").lower() in {
        "delivery-status",
        "disposition-notification",
    }:
        return True
    automatic = answers or (submitted not in {"", "no"})
    return automatic and subject.strip().lower().startswith(phrases.AUTOMATIC_SUBJECTS)
