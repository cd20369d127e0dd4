"""Invented mail for tests: one small company, one campaign, and people who write by hand."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

START = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)

PITCH = (
    "Hi {name},\n\n"
    "I noticed that {company} runs several warehouses in the north, and I wanted to tell you how three "
    "haulage firms of your size cut the time their vans stand at the ramp by a quarter last winter. "
    "We plan the loading of every van overnight, so that your drivers find the right pallets in the "
    "right order at six in the morning.\n\n"
    "Would a short call on Thursday suit you?\n\n"
    "Kind regards\n"
    "Ann\n"
)

_WORDS = (
    "ramp driver pallet invoice winter harbour ledger bridge gardener kettle printer meadow ladder "
    "museum engine orchard candle harvest teacher window carpet sailor forest mirror bakery lantern "
    "violin cellar moved painted counted borrowed mended carried promised forgot measured answered "
    "postponed finished quickly nearly twice behind under between because although whenever Easter Tom "
    "Bristol seven green heavy quiet"
).split()


def by_hand(seed: int, sentences: int = 6) -> str:
    """A text that nobody else wrote: words in an order of its own, with no frame that another shares."""
    dice = random.Random(seed)
    lines = (" ".join(dice.sample(_WORDS, dice.randrange(7, 14))).capitalize() for _ in range(sentences))
    return "".join(f"{line}.\n" for line in lines)


def mail(
    body: str,
    *,
    sender: str = "ann@northvans.example",
    to: str = "joe@customer1.example",
    subject: str = "Your ramp",
    at: datetime = START,
    message_id: str | None = "<m1@northvans.example>",
    **headers: str,
) -> bytes:
    """One message as bytes, with CRLF line ends."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    if message_id is not None:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def campaign(
    count: int, *, sender: str = "ann@northvans.example", start: datetime = START
) -> Iterator[bytes]:
    """`count` copies of one pitch to as many companies, a minute apart."""
    for n in range(count):
        body = PITCH.format(name=f"Kim{n}", company=f"Haulier{n}")
        yield mail(
            body,
            sender=sender,
            to=f"Kim{n} <kim{n}@haulier{n}.example>",
            at=start + timedelta(minutes=n),
            message_id=f"<c{n}.{sender}>",
        )


def letters(count: int, *, sender: str = "bob@northvans.example", start: datetime = START) -> Iterator[bytes]:
    """`count` mails written by hand, an hour apart."""
    for n in range(count):
        yield mail(
            by_hand(n),
            sender=sender,
            to=f"pat{n}@client{n}.example",
            subject=f"About {n}",
            at=start + timedelta(hours=n),
            message_id=f"<h{n}.{sender}>",
        )


def journaled(raw: bytes, *recipients: str) -> bytes:
    """The envelope report that Exchange sends to a journal; `recipients` are its lines, as in "Bcc: a@b"."""
    block = raw.partition(b"\r\n\r\n")[0].decode()
    sender = next(line for line in block.split("\r\n") if line.startswith("From:")).partition(": ")[2]
    lines = [f"Sender: {sender}", "Subject: Your ramp", "Message-Id: <m1@northvans.example>", *recipients]
    report = (
        "From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@northvans.example>\r\n"
        "To: <journal@archive.example>\r\nSubject: Your ramp\r\nDate: Mon, 07 Sep 2026 08:00:05 +0000\r\n"
        "Message-ID: <report@journal.report.generator>\r\nX-MS-Journal-Report:\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="_report_"\r\n\r\n'
        "--_report_\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        + "".join(f"{line}\r\n" for line in lines)
        + "\r\n--_report_\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return report.encode() + raw + b"\r\n--_report_--\r\n"
