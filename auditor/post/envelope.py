"""A letter as a mail: headers nobody can inject, a stable Message-ID, text and HTML (RFC 5322, 2046)."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from auditor.errors import DeliveryError
from auditor.story.words import plain

SENDER_NAME = "Campaign auditor"

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


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
) -> EmailMessage:
    """Make the mail. `written_at` (seconds since the epoch) is its Date, the same at every attempt.

    `Auto-Submitted: auto-generated` keeps vacation programs from answering (RFC 3834 section 5).

    Raises:
        DeliveryError: an address or a Message-ID is not one.
    """
    for one in (message_id, in_reply_to):
        if one is not None and not _MESSAGE_ID.fullmatch(one):
            raise DeliveryError("a letter in the outbox has a malformed Message-ID; it cannot be sent")
    address = checked_address(sender)
    mail = EmailMessage(policy=SMTP)
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
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    # Of the Message-ID, so that a letter sent again is the same to the byte.
    mail.set_boundary("auditor-" + hashlib.sha256(message_id.encode("ascii")).hexdigest()[:40])
    return mail


def domain_of(sender: str) -> str:
    """The domain that letters of this sender carry in their Message-IDs."""
    return checked_address(sender).domain
