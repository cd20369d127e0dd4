"""A letter as a mail: headers nobody can inject, a stable Message-ID, text and HTML (RFC 5322, 2046)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any

from auditor.errors import DeliveryError
from auditor.story.words import plain

SENDER_NAME = "Campaign auditor"

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class _Subject(UniqueUnstructuredHeader):
    """A subject whose first words stand beside its name however long it is, and that reads as it was written.

    What `email` folds by itself may begin with an empty line, and doubles the space before an encoded word
    (RFC 2047) that begins one. It also decodes what merely looks like one, line ends in it included.
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the words as they are: they are text, whatever they look like."""
        kwds["parse_tree"], kwds["decoded"] = None, value

    def fold(self, *, policy: Policy) -> str:
        """The whole header, in lines of at most 76 characters."""
        text = str(self)
        charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
        header = Header(text, charset, header_name="Subject")
        return f"Subject: {header.encode(splitchars=' ', linesep=policy.linesep)}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]  # the registry adds BaseHeader
_POLICY = SMTP.clone(header_factory=_HEADERS)


def checked_address(address: str) -> Address:
    """A mail address in plain ASCII with a dot-atom before the @ (RFC 5322 section 3.4.1).

    SMTP libraries alter junk silently, so nothing but this gets as far as one.

    Raises:
        DeliveryError: it is not one.
    """
    if not _ADDRESS.fullmatch(address):
        raise DeliveryError(f"{plain(address, 80)}: not a mail address; correct alerts.to or smtp.sender")
    try:
        return Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        raise DeliveryError(
            f"{plain(address, 80)}: not a mail address; correct alerts.to or smtp.sender"
        ) from None


def is_address(address: str) -> bool:
    """Whether `checked_address` would accept it."""
    try:
        checked_address(address)
    except DeliveryError:
        return False
    return True


def compose(
    *,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    html: str,
    message_id: str,
    written_at: float,
    in_reply_to: str | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> EmailMessage:
    """Make the mail: text beside HTML with its pictures (RFC 2387, 2392).

    `written_at` (seconds since the epoch) is its Date, the same at every attempt.

    `Auto-Submitted: auto-generated` keeps vacation programs from answering (RFC 3834 section 5).

    Raises:
        DeliveryError: an address or a Message-ID is not one.
    """
    for one in (message_id, in_reply_to):
        if one is not None and not _MESSAGE_ID.fullmatch(one):
            raise DeliveryError("a letter in the outbox has a malformed Message-ID; it cannot be sent")
    address = checked_address(sender)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(SENDER_NAME, address.username, address.domain)
    mail["To"] = [checked_address(one) for one in recipients]
    mail["Subject"] = plain(subject)
    mail["Date"] = datetime.fromtimestamp(written_at, UTC)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange, which does not know RFC 3834
    if in_reply_to is not None:
        mail["In-Reply-To"] = in_reply_to
        mail["References"] = in_reply_to
    mail.set_content(text, cte="quoted-printable")
    # Of the Message-ID, so that a letter sent again is the same to the byte.
    stem = hashlib.sha256(message_id.encode("ascii")).hexdigest()[:40]
    names = {name: f"{name}.{stem}@{address.domain}" for name in pictures or {}}
    for name, content_id in names.items():
        html = html.replace(f'src="cid:{name}"', f'src="cid:{content_id}"')
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"auditor-{stem}")
    if names:
        _attach(mail, pictures or {}, names, stem)
    return mail


def _attach(mail: EmailMessage, pictures: Mapping[str, bytes], names: Mapping[str, str], stem: str) -> None:
    """Lay the pictures beside the HTML part that shows them."""
    page = mail.get_body(("html",))
    assert isinstance(page, EmailMessage)  # noqa: S101  # it has just been added
    for name, png in pictures.items():
        page.add_related(
            png, "image", "png", cid=f"<{names[name]}>", disposition="inline", filename=f"{name}.png"
        )
    page.set_boundary(f"auditor-related-{stem}")


def domain_of(sender: str) -> str:
    """The domain that letters of this sender carry in their Message-IDs."""
    return checked_address(sender).domain
