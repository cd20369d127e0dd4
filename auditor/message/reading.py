"""From bytes to one send: headers, then text. The message stage's own front page.

    raw bytes -> fields -> Headers
              -> mime -> html or plain -> lines -> unicode -> quote -> signature -> words -> Authored

Nothing here raises on any bytes; what is not a send is `Skipped` with a reason.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from auditor.message import fields as header
from auditor.message import html, kind, merge, mime, misnamed, plain, quote, signature, unicode
from auditor.message import journal as enveloped
from auditor.message import words as wording
from auditor.message.lines import Line
from auditor.message.mask import names
from auditor.message.values import Address, Authored, Headers, Outgoing, Recipient, Skipped
from auditor.people import People, organisation_of
from auditor.vocabulary import Direction, Shape

MAX_BEFORE = timedelta(days=7)  # Date may lie so long before INTERNALDATE (a draft sent later)
MAX_AFTER = timedelta(hours=1)  # and so long after it (a clock that runs fast)
_REMEMBERED_BYTES = 4_096  # of a header block: of most mails
_NOTHING = Authored((), 0, True, Shape.NEW, False, False)


def read_headers(header_block: bytes) -> Headers | Skipped:
    """What the header block says (RFC 5322 section 3.6).

    Skipped reasons: `malformed` (no field at all), `no_sender`, `draft`.
    """
    block, _ = header.split(header_block)
    return _headers(header.fields(block))


def read(raw: bytes, headers: Headers, people: People) -> Authored:
    """What the sender wrote in the message `raw`, whose headers were read before."""
    block, body = header.split(raw)
    return _authored(header.fields(block), body, headers, people)


def outgoing(
    raw: bytes,
    received_at: datetime | None,
    people: People,
    *,
    read_internal: bool = False,
    archive: bool = False,
    journal: bool = False,
    backlog: bool = False,
) -> Outgoing | Skipped:
    """One send of ours, with its authored text when `raw` holds the text and it may be read.

    Of internal sends the text is read only if `read_internal` says so, of those whom `people` never reads
    never. In a `journal` the send may lie inside an envelope report.

    `received_at` is INTERNALDATE (RFC 3501 section 2.3.3), or an archive's envelope time. In a `backlog`
    INTERNALDATE may be the day of a migration, and Date is believed however much older it is. Skipped
    reasons: those of `read_headers`, `inbound` (the sender is not ours), `no_recipients`, `no_date`,
    `unreadable_report` (no message in an envelope report).
    """
    block, body = header.split(raw)
    fields, headers = _opened(block)
    if journal and enveloped.MARK in fields:
        inside = enveloped.opened(raw)
        if inside is None:
            return Skipped("unreadable_report")
        block, body = header.split(inside)
        fields, headers = _opened(block)
    if isinstance(headers, Skipped):
        return headers
    if not people.is_ours(headers.sender.address):
        return Skipped("inbound")
    if not headers.to:
        return Skipped("no_recipients")
    sent_at = _sent_at(headers.date, received_at, archive, backlog)
    if sent_at is None:
        return Skipped("no_date")
    recipients = tuple(_recipient(to.address, people) for to in headers.to)
    direction = Direction.EXTERNAL if any(to.external for to in recipients) else Direction.INTERNAL
    private = people.never_reads(headers.sender.address, *(to.address for to in headers.to))
    readable = (direction is Direction.EXTERNAL or read_internal) and not private
    if body and readable and not body.isspace():
        authored = _authored(fields, body, headers, people)
    else:
        authored = replace(_NOTHING, shape=headers.shape)
    sender = people.resolve(headers.sender.address)
    date = headers.date.isoformat() if headers.date else ""
    return Outgoing(
        message_id=headers.message_id,
        # As it is written: an alias that people.csv learns later must not make another send of this one.
        identity=(headers.message_id or synthetic_id(headers), headers.sender.address, date),
        sender=sender,
        recipients=recipients,
        bcc=headers.bcc,
        sent_at=sent_at,
        direction=direction,
        references=headers.references,
        authored=authored,
        readable=readable,
        private=private,
    )


def synthetic_id(headers: Headers) -> str:
    """A Message-ID made from the headers alone, the same for every copy of one send."""
    parts = [headers.sender.address, headers.date.isoformat() if headers.date else "", headers.subject]
    parts += sorted(to.address for to in headers.to)
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16)
    return f"<{digest.hexdigest()}@synthetic.invalid>"


def _opened(block: bytes) -> tuple[header.Fields, Headers | Skipped]:
    return _remembered(block) if len(block) <= _REMEMBERED_BYTES else _remembered.__wrapped__(block)


@lru_cache(maxsize=512)  # of a watched mailbox headers come first, and with their text again soon after
def _remembered(block: bytes) -> tuple[header.Fields, Headers | Skipped]:
    fields = header.fields(block)
    return fields, _headers(fields)


def _headers(fields: header.Fields) -> Headers | Skipped:
    if not fields:
        return Skipped("malformed")
    senders = header.addresses(fields.get("from", [])) or header.addresses(fields.get("sender", []))
    if not senders:
        return Skipped("no_sender")
    if fields.get("x-unsent", ["0"])[0] == "1":
        return Skipped("draft")
    to: dict[str, Address] = {}
    for name in ("to", "cc"):
        for address in header.addresses(fields.get(name, [])):
            to.setdefault(address.address, address)
    bcc: set[str] = set()
    for address in header.addresses(fields.get("bcc", [])):
        bcc.add(address.address)
        to.setdefault(address.address, address)
    # The message that is answered comes first: it ends References (RFC 5322 section 3.6.4).
    answered = header.message_ids(fields.get("in-reply-to", []))
    references = [*answered, *reversed(header.message_ids(fields.get("references", [])))]
    ids = header.message_ids(fields.get("message-id", []), 1)
    subject = unicode.plain(header.decoded(fields.get("subject", [""])[0]))
    return Headers(
        message_id=ids[0] if ids else None,
        sender=senders[0],
        to=tuple(to.values()),
        bcc=len(bcc),
        date=header.date(fields.get("date", [])),
        subject=subject,
        references=tuple(dict.fromkeys(references)),
        shape=kind.by_headers(fields, subject, bool(references)),
    )


def _authored(fields: header.Fields, body: bytes, headers: Headers, people: People) -> Authored:
    content = mime.content(fields, body)
    lines = (
        html.visible_lines(content.text)
        if content.html
        else plain.visible_lines(content.text, content.flowed, content.del_sp)
    )
    parts = quote.separate(_unified(lines), headers, people)
    texts = [unicode.read_as_latin(text) for text in signature.without_signature(parts.own, headers.sender)]
    found = wording.words(texts, names(headers.sender, headers.to))
    count = sum(len(line) for line in found)
    return Authored(
        lines=found,
        words=count,
        short=wording.is_short(found),
        shape=kind.by_text(headers, content, parts, count),
        quotes_other=parts.quotes_other,
        merge_failure=merge.has_failure(texts, headers.subject) or misnamed.greets_another(texts, headers),
    )


def _unified(lines: Sequence[Line]) -> list[Line]:
    return [line if line.text.isascii() else line._replace(text=unicode.plain(line.text)) for line in lines]


def _recipient(address: str, people: People) -> Recipient:
    return Recipient(address, organisation_of(address), not people.is_ours(address))


def _sent_at(
    date: datetime | None, received_at: datetime | None, archive: bool, backlog: bool
) -> datetime | None:
    """Date when it agrees with INTERNALDATE, else INTERNALDATE; an archive's Date always."""
    if received_at is None:
        return date
    received_at = received_at.astimezone(UTC)
    if date is None:
        return received_at
    recent = backlog or received_at - MAX_BEFORE <= date
    if archive or (recent and date <= received_at + MAX_AFTER):
        return date
    return received_at
