"""Writes one invented mail as RFC 5322 bytes, as a few clients do."""

import html
import quopri
import random
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime


@dataclass
class Letter:
    """What goes into one mail. `body` is plain text without signature; the rest as clients add it."""

    sender: tuple[str, str]  # name, address
    to: list[tuple[str, str]]
    subject: str
    at: datetime
    message_id: str
    body: str
    signature: str = ""
    quoted: str = ""  # attribution and quoted lines below the text
    hidden: str = ""  # text in the HTML part that no reader sees
    below: str = ""  # what follows under the signature mark
    answers: str | None = None
    bcc: list[tuple[str, str]] = field(default_factory=list)
    as_html: bool = False


def written(letter: Letter, dice: random.Random) -> bytes:
    """The mail as bytes."""
    head = [
        f"From: {_address(*letter.sender)}",
        "To: " + ", ".join(_address(*to) for to in letter.to)
        if letter.to
        else "To: undisclosed-recipients:;",
        f"Subject: {_encoded(letter.subject)}",
        f"Date: {format_datetime(letter.at)}",
        f"Message-ID: {letter.message_id}",
        "MIME-Version: 1.0",
    ]
    if letter.bcc:
        head.append("Bcc: " + ", ".join(_address(*to) for to in letter.bcc))
    if letter.answers:
        head += [f"In-Reply-To: {letter.answers}", f"References: {letter.answers}"]
    plain = _plain(letter)
    if not letter.as_html:
        return _lines(head + _part("plain", plain, dice))
    boundary = f"=_{dice.getrandbits(64):016x}"
    head += [f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    parts = [f"--{boundary}", *_part("plain", plain, dice), f"--{boundary}"]
    parts += [*_part("html", _html(letter), dice), f"--{boundary}--", ""]
    return _lines(head + parts)


def _plain(letter: Letter) -> str:
    text = letter.body
    if letter.signature:
        text += f"\n\n-- \n{letter.signature}"
    if letter.below:
        text += f"\n\n{letter.below}" if letter.signature else f"\n\n-- \n{letter.below}"
    return f"{text}\n\n{letter.quoted}\n" if letter.quoted else f"{text}\n"


def _html(letter: Letter) -> str:
    hidden = f'<div style="display:none;font-size:0">{_marked(letter.hidden)}</div>' if letter.hidden else ""
    paragraphs = "\n".join(f"<p>{_marked(part)}</p>" for part in letter.body.split("\n\n"))
    close = f"<p>-- <br>{_marked(letter.signature)}</p>" if letter.signature else ""
    below = f"<p>{_marked(letter.below)}</p>" if letter.below else ""
    below = f"<p>-- </p>{below}" if letter.below and not letter.signature else below
    quote = f"<blockquote type=cite>{_marked(letter.quoted)}</blockquote>" if letter.quoted else ""
    style = "<head><style>p{margin:0}</style></head>"
    return f"<html>{style}<body>\n{hidden}{paragraphs}{close}{below}{quote}</body></html>\n"


def _marked(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _part(subtype: str, text: str, dice: random.Random) -> list[str]:
    ascii_only = text.isascii()
    charset = "us-ascii" if ascii_only else "utf-8"
    if ascii_only and subtype == "plain" and dice.random() < 0.5:
        return [f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: 7bit", "", text]
    coded = quopri.encodestring(text.encode()).decode("ascii")
    return [
        f"Content-Type: text/{subtype}; charset={charset}",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        coded,
    ]


def _lines(parts: list[str]) -> bytes:
    return "\n".join(parts).replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8")


def _address(name: str, address: str) -> str:
    return f"{_encoded(name)} <{address}>" if name else address


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()
