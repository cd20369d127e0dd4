"""How mail programs write: plain or HTML, their signatures, and the way they quote what is answered."""

import html
import random
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from auditor.demo.company import DOMAINS, NAME, Contact, Rep, disclaimer

_WROTE = {
    "en": "On {date:%a, %d %b %Y at %H:%M}, {name} <{address}> wrote:",
    "de": "Am {date:%d.%m.%Y} um {date:%H:%M} schrieb {name} <{address}>:",
    "fr": "Le {date:%d/%m/%Y} à {date:%H:%M}, {name} <{address}> a écrit :",
}
_OUTLOOK = {"en": ("From", "Sent", "To", "Subject"), "de": ("Von", "Gesendet", "An", "Betreff")}
_PHONE = {"en": "Sent from my phone", "de": "Von meinem Telefon gesendet", "fr": "Envoyé de mon téléphone"}


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a mail answers: somebody's words, when they were written, and their Message-ID."""

    text: str
    author: Contact
    written_at: datetime
    message_id: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One mail before a program has put it into octets. `text` has greeting and closing, no signature."""

    rep: Rep
    to: tuple[Contact, ...]
    subject: str
    text: str
    sent_at: datetime
    message_id: str
    answers: str | None = None  # a Message-ID of our own or of `quoted`
    quoted: Quoted | None = None
    bcc: tuple[str, ...] = ()
    series: bool = False  # sent by a tool that counts who opens it
    phone: bool = False
    automatic: bool = False


def octets(draft: Draft, rng: random.Random) -> bytes:
    """The mail as the rep's program files it in Sent, with CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{draft.rep.name} <{draft.rep.address}>"
    message["To"] = (
        ", ".join(f"{one.name} <{one.address}>" for one in draft.to) or f"{NAME} <news@{DOMAINS[0]}>"
    )
    if draft.bcc:
        message["Bcc"] = ", ".join(draft.bcc)
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(draft.sent_at)
    message["Message-ID"] = draft.message_id
    if draft.answers:
        message["In-Reply-To"] = draft.answers
        message["References"] = draft.answers
    if draft.automatic:
        message["Auto-Submitted"] = "auto-replied"
    encoding = rng.choice(("quoted-printable", "8bit", "quoted-printable"))
    if draft.phone or draft.rep.client in {"apple", "thunderbird"}:
        message.set_content(_plain(draft), cte=encoding)
    elif draft.rep.client == "outlook":
        message.set_content(_outlook(draft), subtype="html", cte=encoding)
    else:
        message.set_content(_plain(draft), cte=encoding)
        message.add_alternative(_gmail(draft), subtype="html", cte=encoding)
        message.set_boundary(f"=_{_token(draft)}")  # the library's own choice would change from run to run
    return message.as_bytes()


def _plain(draft: Draft) -> str:
    lines = [draft.text]
    if draft.phone:
        lines += ["", _PHONE[draft.rep.language]]
    else:
        delimiter = "-- " if draft.rep.client in {"thunderbird", "gmail"} else ""
        lines += ["", delimiter, *_signature(draft.rep)]
    if draft.quoted:
        lines += ["", _attribution(draft), *(f"> {line}" for line in draft.quoted.text.splitlines())]
    elif draft.series:
        lines += ["", _unsubscribe(draft)]
    return "\n".join(lines) + "\n"


def _gmail(draft: Draft) -> str:
    body = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in draft.text.split("\n"))
    signature = "<br>".join(html.escape(line) for line in _signature(draft.rep))
    page = f'<div dir="ltr">{body}<br>-- <br><div class="gmail_signature">{signature}</div></div>'
    if draft.quoted:
        quoted = html.escape(draft.quoted.text).replace("\n", "<br>")
        attribution = html.escape(_attribution(draft))
        page += f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{attribution}<br>'
        page += f'</div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{quoted}</blockquote></div>'
    elif draft.series:
        page += _tracking(draft)
    return f"<html><body>{page}</body></html>\n"


def _outlook(draft: Draft) -> str:
    body = "\n".join(
        f"<p class=MsoNormal>{html.escape(line) or '&nbsp;'}</p>" for line in draft.text.split("\n") if line
    )
    signature = "".join(
        f"<p class=MsoNormal><span>{html.escape(line)}</span></p>" for line in _signature(draft.rep)
    )
    page = f"<div class=WordSection1>{body}\n<p class=MsoNormal>&nbsp;</p>{signature}"
    if draft.quoted:
        sender, sent, to, subject = _OUTLOOK.get(draft.rep.language, _OUTLOOK["en"])
        author, written = draft.quoted.author, draft.quoted.written_at
        page += (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
            f"<p class=MsoNormal><b>{sender}:</b> {author.name} &lt;{author.address}&gt;<br>"
            f"<b>{sent}:</b> {written:%d %B %Y %H:%M}<br>"
            f"<b>{to}:</b> {draft.rep.name}<br><b>{subject}:</b> {html.escape(draft.subject)}</p></div>"
            f"<p class=MsoNormal>{html.escape(draft.quoted.text)}</p>"
        )
    elif draft.series:
        page += _tracking(draft)
    style = "<head><style>p.MsoNormal{margin:0;font-family:Calibri}</style></head>"
    return f"<html>{style}<body lang=EN-GB>{page}</div></body></html>\n"


def _signature(rep: Rep) -> tuple[str, ...]:
    number = sum(rep.address.encode()) % 9000 + 1000
    return (
        rep.name,
        f"{NAME} | {rep.team}",
        f"+44 113 496 {number}",
        "www.hollin-air.example",
        "",
        disclaimer(rep.language),
    )


def _attribution(draft: Draft) -> str:
    assert draft.quoted is not None  # noqa: S101 - for the type checker; callers have looked
    author = draft.quoted.author
    return _WROTE[draft.rep.language].format(
        date=draft.quoted.written_at, name=author.name, address=author.address
    )


def _unsubscribe(draft: Draft) -> str:
    return f"Unsubscribe: https://go.hollin-air.example/u/{_token(draft)}"


def _tracking(draft: Draft) -> str:
    link = f"https://go.hollin-air.example/u/{_token(draft)}"
    pixel = f'<img src="{link}.gif" width="1" height="1" alt="">'
    return f'<p style="font-size:9px"><a href="{link}">Unsubscribe</a></p>{pixel}'


def _token(draft: Draft) -> str:
    return draft.message_id.strip("<>").partition("@")[0]
