"""What the demo's customers send back: answers, automatic ones, and reports of mail that did not arrive.

Everything follows from the seed. Their texts are never read by anybody; the auditor fetches header fields.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from auditor.demo.clients import Draft
from auditor.demo.company import Contact

ANSWERED = {True: 0.05, False: 0.34}
"""How often a mail of a series and one written by hand is answered."""
_AUTOMATIC, _UNDELIVERABLE = 0.05, 0.02
_USUALLY_WITHIN = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it lies in somebody's inbox."""

    mailbox: str  # the rep's address
    received_at: datetime
    raw: bytes


class Customers:
    """Everybody outside. Equal seeds and equal calls give equal mail."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented mail, no secret

    def answers(self, draft: Draft) -> Iterator[Incoming]:
        """What comes back on one mail, sooner or later."""
        if len(draft.to) != 1 or draft.automatic or draft.to[0].company == "":
            return
        who, chance = draft.to[0], self._rng.random()
        if chance < _UNDELIVERABLE:
            yield self._report(draft, who)
        elif chance < _UNDELIVERABLE + _AUTOMATIC:
            yield self._message(draft, who, timedelta(seconds=5), automatic=True)
        if chance > 1 - ANSWERED[draft.series]:
            yield self._message(draft, who, _USUALLY_WITHIN * self._rng.expovariate(1))

    def _message(self, draft: Draft, who: Contact, after: timedelta, automatic: bool = False) -> Incoming:
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{who.name} <{who.address}>"
        message["To"] = draft.rep.address
        message["Subject"] = f"Re: {draft.subject}"
        message["Date"] = format_datetime(draft.sent_at + after)
        message["Message-ID"] = self._message_id(who)
        message["In-Reply-To"] = message["References"] = draft.message_id
        if automatic:
            message["Auto-Submitted"] = "auto-replied"
        message.set_content("I am away." if automatic else "Thank you, let us talk.")
        return Incoming(draft.rep.address, draft.sent_at + after, message.as_bytes())

    def _report(self, draft: Draft, who: Contact) -> Incoming:
        """A delivery report (RFC 3464) with the header of what came back."""
        at = draft.sent_at + timedelta(seconds=20)
        lines = (
            "From: MAILER-DAEMON@mx.example",
            f"To: {draft.rep.address}",
            f"Date: {format_datetime(at)}",
            f"Message-ID: {self._message_id(who)}",
            "Auto-Submitted: auto-replied",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="back"',
            "",
            "--back",
            "Content-Type: text/plain",
            "",
            "It could not be delivered.",
            "--back",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example",
            "",
            f"Final-Recipient: rfc822; {who.address}",
            "Action: failed",
            "Status: 5.1.1",
            "",
            "--back",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {draft.message_id}",
            "",
            "--back--",
            "",
        )
        return Incoming(draft.rep.address, at, "\r\n".join(lines).encode())

    def _message_id(self, who: Contact) -> str:
        return f"<{self._rng.getrandbits(80):x}@{who.address.partition('@')[2]}>"
