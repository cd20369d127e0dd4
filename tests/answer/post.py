"""Invented mail that comes back: answers of people and machines, reports of servers."""

from datetime import UTC, datetime
from email.utils import format_datetime

START = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
SECRET = "heron"
"""Stands in every subject and text; of a mail that came back, which is our own, in the text alone."""


def message(
    sender: str, *, at: datetime = START, to: str = "ann@northvans.example", body: str = "", **fields: str
) -> bytes:
    """One message as it lies in an inbox; a field's name has "_" for "-"."""
    given = {"from": sender, "to": to, "date": format_datetime(at), "subject": f"Re: the {SECRET}"}
    given |= {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name.title()}: {value}\r\n" for name, value in given.items())
    return f"{head}\r\n{body or f'Yes, the {SECRET} is fine.'}\r\n".encode()


def bounce(
    recipient: str,
    returned: str,
    *,
    at: datetime = START,
    action: str = "failed",
    message_id: str = "<b1@mx.example>",
    headers_only: bool = False,
) -> bytes:
    """A delivery report (RFC 3464), with the message that came back or its header alone."""
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    text = "" if headers_only else f"\r\nThe {SECRET} once more.\r\n"
    body = (
        f"--b\r\nContent-Type: text/plain\r\n\r\nThe {SECRET} could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\nMessage-ID: {returned}\r\nFrom: ann@northvans.example\r\n"
        f"Subject: your ramp\r\n{text}\r\n--b--\r\n"
    )
    return message(
        "MAILER-DAEMON@mx.example",
        at=at,
        body=body,
        message_id=message_id,
        return_path="<>",
        auto_submitted="auto-replied",
        content_type='multipart/report; report-type=delivery-status; boundary="b"',
    )
