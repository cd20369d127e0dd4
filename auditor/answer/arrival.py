"""From a few header fields of a message in an inbox to what it is to what we sent.

    reply        a person outside answers (RFC 5322 section 3.6.4)
    auto         a machine answers for them (RFC 3834), or says that something was read (RFC 8098)
    bounce       it could not be delivered, for good (RFC 3464, Action: failed)
    unsubscribe  they ask for no more, by the address they write to

Nothing here raises on any bytes, and nothing looks at a subject or a text.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from auditor.message import fields as header
from auditor.message import mime
from auditor.message.kind import AUTOMATIC_FIELDS
from auditor.people import People, organisation_of


class Sort(StrEnum):
    """What a message in an inbox is to a send."""

    REPLY = "reply"
    AUTO = "auto"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message from outside that has to do with what we sent, in clear; lives until it is keyed."""

    sort: Sort
    identity: tuple[str, str, str]  # Message-ID or a synthetic one, whose, Date
    person: str | None  # who answered, or could not be reached; None where a bounce does not say
    organisation: str | None
    references: tuple[str, ...]  # the nearest first, angle brackets kept
    at: datetime  # UTC
    direct: bool = field(default=False)  # whether the first of `references` is In-Reply-To itself


MAX_REFERENCES = 30
_WANTED = frozenset(
    (
        "from to date message-id in-reply-to references auto-submitted x-auto-response-suppress precedence"
        " return-path x-failed-recipients content-type"
    ).split()
).union(AUTOMATIC_FIELDS)
_BARE_ID = re.compile(r"(?<![^\s<])([^\s<>\"(),;:@]{1,400}@[^\s<>\"(),;:@]{1,255})(?![^\s>])")
_DAEMONS = {"mailer-daemon", "postmaster", "mail-daemon", "maildaemon"}
_STOP = re.compile(
    r"(?:^|[+._=-])(?:unsubscribe|unsub|optout|opt-out|abmelden|abmeldung|austragen|desinscription"
    r"|desabonnement|desabonner|baja|cancelar-suscripcion|disiscrizione|disiscrivi|cancellami|afmelden)"
    r"(?:$|[+._=-])"
)
_FIELD = re.compile(r"(?im)^(original-recipient|final-recipient|action)[ \t]*:[ \t]*([^\r\n]*)")


def arrivals(
    block: bytes,
    report: tuple[bytes, bytes] | None,
    received_at: datetime,
    people: People,
    stop_addresses: Collection[str] = (),
) -> tuple[Arrival, ...]:
    """What a message is to our sends: nothing, one thing, or one bounce for each who was not reached.

    Args:
        block: the fields of its header that `mailbox.inbox` fetches.
        report: of a `multipart/report`: the fields of its status part, and the header block that came back.
        received_at: INTERNALDATE, aware.
        stop_addresses: ours, lower-case, for people who want no more; beside those that say so.
    """
    fields = header.fields(block, _WANTED)
    senders = header.addresses(fields.get("from", []))
    if not senders:
        return ()
    sender, at = senders[0].address, _moment(fields, received_at)
    references, direct = _references(fields)
    kind, parameters = mime.content_type(fields.get("content-type", [""])[0])
    type_ = parameters.get("report-type", "delivery-status").lower() if kind == "multipart/report" else ""
    identity = _identity(fields, sender, at, references)
    if type_ == "delivery-status":
        returned = _returned(report) or references
        return tuple(
            _arrival(Sort.BOUNCE, identity, person, returned, at, direct=True) for person in _failed(report)
        )
    if _is_daemon(sender, fields):
        failed = [one.address for one in header.addresses(fields.get("x-failed-recipients", []))]
        whose: list[str | None] = [*failed] or [None]
        return tuple(
            _arrival(Sort.BOUNCE, identity, person, references, at, direct=direct)
            for person in whose
            if person or references
        )
    if people.is_ours(sender):
        return ()
    sort = _sort(fields, type_, stop_addresses, people)
    if not references and sort is not Sort.UNSUBSCRIBE:
        return ()
    return (_arrival(sort, identity, sender, references, at, direct=direct),)


def _arrival(
    sort: Sort,
    identity: tuple[str, str, str],
    person: str | None,
    references: tuple[str, ...],
    at: datetime,
    *,
    direct: bool,
) -> Arrival:
    message_id, _, date = identity
    organisation = organisation_of(person) if person else None
    return Arrival(sort, (message_id, person or "", date), person, organisation, references, at, direct)


def _sort(fields: header.Fields, type_: str, stop_addresses: Collection[str], people: People) -> Sort:
    to = [one.address for one in header.addresses(fields.get("to", []))]
    if any(one in stop_addresses or (people.is_ours(one) and is_stop_address(one)) for one in to):
        return Sort.UNSUBSCRIBE
    if type_ == "feedback-report":  # RFC 5965: they told their provider that they do not want it
        return Sort.UNSUBSCRIBE
    return Sort.AUTO if type_ or _is_automatic(fields) else Sort.REPLY


def is_stop_address(address: str) -> bool:
    """Whether an address says that who writes to it wants no more: `unsubscribe+7f3@`, `news-abmelden@`."""
    return bool(_STOP.search(address.partition("@")[0].lower()))


def _is_automatic(fields: header.Fields) -> bool:
    """Whether no person wrote it (RFC 3834 sections 2 and 5)."""
    submitted = fields.get("auto-submitted", ["no"])[0].partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or any(name in fields for name in AUTOMATIC_FIELDS):
        return True
    precedence = fields.get("precedence", [""])[0].strip().lower()
    if precedence in {"auto_reply", "auto-reply", "bulk", "junk"}:
        return True
    if fields.get("return-path", [""])[0].strip() == "<>":  # RFC 3834 section 3.3
        return True
    # Exchange writes it on what its own rules and assistants send, not on what people write.
    suppressed = fields.get("x-auto-response-suppress", [""])[0].lower()
    return "all" in suppressed.replace(",", " ").split()


def _is_daemon(sender: str, fields: header.Fields) -> bool:
    """Whether a mail server wrote it, in a form of its own: before RFC 3464, and some to this day."""
    if sender.partition("@")[0] not in _DAEMONS:
        return False
    return "x-failed-recipients" in fields or fields.get("return-path", ["<>"])[0].strip() == "<>"


def _failed(report: tuple[bytes, bytes] | None) -> Iterator[str]:
    """Who was not reached for good (RFC 3464 sections 2.3.1 to 2.3.3): as we wrote them, where it says so."""
    status = (report[0] if report else b"").decode("utf-8", "replace").replace("\r\n", "\n")
    status = re.sub(r"\n[ \t]+(?=\S)", " ", status)
    seen: set[str] = set()
    for group in re.split(r"\n[ \t]*\n", status):
        named = {name.lower(): value for name, value in _FIELD.findall(group)}
        if named.get("action", "").strip().lower().partition(" ")[0] != "failed":
            continue
        written = named.get("original-recipient") or named.get("final-recipient", "")
        for one in header.addresses([written.rpartition(";")[2]]):
            if one.address not in seen:
                seen.add(one.address)
                yield one.address


def _returned(report: tuple[bytes, bytes] | None) -> tuple[str, ...]:
    """The Message-ID of what came back."""
    fields = header.fields(report[1] if report else b"", frozenset({"message-id"}))
    return tuple(header.message_ids(fields.get("message-id", []), 1))


def _references(fields: header.Fields) -> tuple[tuple[str, ...], bool]:
    """What it answers, the nearest first, and whether In-Reply-To says so; some write no angle brackets."""
    answered = _ids(fields.get("in-reply-to", []))
    chain = _ids(fields.get("references", []))
    found = tuple(dict.fromkeys((*answered, *reversed(chain))))
    return found[:MAX_REFERENCES], bool(answered)


def _ids(values: list[str]) -> list[str]:
    found = header.message_ids(values)
    return found or [f"<{match[1]}>" for value in values for match in _BARE_ID.finditer(value[:4_000])]


def _moment(fields: header.Fields, received_at: datetime) -> datetime:
    """When it arrived: INTERNALDATE, unless Date is earlier, as of mail that was filed anew."""
    date = header.date(fields.get("date", []))
    return received_at if date is None or date > received_at else date


def _identity(
    fields: header.Fields, sender: str, at: datetime, references: tuple[str, ...]
) -> tuple[str, str, str]:
    ids = header.message_ids(fields.get("message-id", []), 1)
    if ids:
        return ids[0], sender, fields.get("date", [""])[0]
    digest = hashlib.blake2b(
        "\0".join((sender, *references)).encode("utf-8", "surrogatepass"), digest_size=16
    )
    return f"<{digest.hexdigest()}@synthetic.invalid>", sender, at.isoformat()
