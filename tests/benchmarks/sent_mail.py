"""Invented Sent mail for measuring: half campaigns, half written by hand, some 5 KB each."""

import base64
import quopri
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from tests.mail import by_hand

DOMAIN = "northvans.example"
_FONT = "font-family:Calibri,Helvetica,sans-serif;font-size:11pt;color:#1f1f1f"
_SIGNATURE = """\
--
{name} | North Vans Ltd
14 Harbour Road, Bristol | Telephone 0117 496 0{number:03d}
"""


def html_of(text: str) -> str:
    """The same text as a mail program dresses it: a paragraph with its style for every line."""
    lines = "".join(
        f'<p class="MsoNormal" style="margin:0cm;{_FONT}">'
        f'<span lang="EN-GB">{escape(line) or "&nbsp;"}</span></p>\n'
        for line in text.splitlines()
    )
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8">'
        "<style>@page WordSection1{size:595.3pt 841.9pt} p.MsoNormal{margin:0cm;font-size:11.0pt}"
        " a:link{color:#0563C1;text-decoration:underline}</style></head>"
        f'<body lang="EN-GB" link="#0563C1"><div class="WordSection1">\n{lines}</div></body></html>\n'
    )


def letter(
    text: str, number: int, *, sender: str, to: str, subject: str, at: datetime, attachment: bytes = b""
) -> bytes:
    """One message in plain text and HTML, with the header fields of a common mail program."""
    text += "\n" + _SIGNATURE.format(name=sender.title(), number=number % 1000)
    boundary = f"_000_{number:012d}_"
    kind = f'multipart/alternative; boundary="{boundary}"'
    body = "".join(
        f"--{boundary}\nContent-Type: text/{subtype}; charset=utf-8\n"
        f"Content-Transfer-Encoding: quoted-printable\n\n{_quoted_printable(part)}\n"
        for subtype, part in (("plain", text), ("html", html_of(text)))
    )
    body += f"--{boundary}--\n"
    if attachment:
        body = (
            f"--mixed{boundary}\nContent-Type: {kind}\n\n{body}\n--mixed{boundary}\n"
            f'Content-Type: application/pdf; name="drawing (rev {number}.pdf"\n'
            f"Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n"
            f"{base64.encodebytes(attachment).decode()}--mixed{boundary}--\n"
        )
        kind = f'multipart/mixed; boundary="mixed{boundary}"'
    header = (
        f"From: {sender.title()} Field <{sender}@{DOMAIN}>\nTo: {to}\nSubject: {subject}\n"
        f"Date: {format_datetime(at)}\nMessage-ID: <{number}.{int(at.timestamp())}@{DOMAIN}>\n"
        f"Thread-Topic: {subject}\nThread-Index: AdoB{number:08x}{number:08x}\nX-Mailer: Post 16.0\n"
        f"Accept-Language: en-GB, en-US\nMIME-Version: 1.0\nContent-Type: {kind}\n\n"
    )
    return (header + body).replace("\n", "\r\n").encode()


def _quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode()).decode()


def sent_mail(count: int, *, days: int = 60, until: datetime | None = None) -> Iterator[bytes]:
    """`count` messages, a campaign's copy and one written by hand by turns, over the last `days`."""
    until = until or datetime.now(UTC)
    for n in range(count):
        at = until - timedelta(days=days) * (1 - n / count)
        seller = f"rep{n % 40}"
        if n % 2:
            # every campaign has some 250 copies, and wording of its own
            wording = 1_000_000 + n // 500
            company = f"Haulier {n % 3000}"
            text = f"Hi Kim{n},\n\n{by_hand(wording, 5)}We think of {company} here.\n{by_hand(-wording, 4)}"
            to = f"Kim{n} Reed <kim{n}@haulier{n % 3000}.example>"
            yield letter(text, n, sender=seller, to=to, subject=f"Your ramp, {n}", at=at)
        else:
            to = f"Pat{n} Lane <pat{n}@client{n % 2000}.example>"
            yield letter(by_hand(n, 9), n, sender=seller, to=to, subject=f"About {n}", at=at)


def with_attachment(count: int, size: int) -> Iterator[bytes]:
    """`count` messages that each carry one file of `size` bytes."""
    content = bytes(range(256)) * (size // 256 + 1)
    for n, at in enumerate(datetime.now(UTC) - timedelta(hours=k) for k in range(count)):
        to = f"pat{n}@client{n}.example"
        subject = f"Drawing {n}"
        yield letter(by_hand(n), n, sender="bob", to=to, subject=subject, at=at, attachment=content[:size])
