"""Builds the mails of these tests: all names and sentences are invented."""

from base64 import b64encode
from datetime import UTC, datetime

from auditor.message.reading import outgoing
from auditor.message.values import Outgoing
from auditor.people import People

OURS = People.of({"northwind-tools.test"})
NOON = datetime(2027, 5, 3, 12, 0, tzinfo=UTC)
ANSWERS = {"In-Reply-To": "<their-note@orchard.test>", "References": "<their-note@orchard.test>"}


def letter(
    text: str = "",
    *,
    subtype: str = "plain",
    charset: str = "utf-8",
    sender: str = "Mira Holt <mira.holt@northwind-tools.test>",
    to: str = "Otto Brenner <otto.brenner@orchard.test>",
    subject: str = "A question",
    parameters: str = "",
    **fields: str,
) -> bytes:
    """A one-part mail; further fields by keyword, underscores standing for hyphens."""
    head = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": "Mon, 03 May 2027 12:00:00 +0000",
        "Message-ID": "<1@northwind-tools.test>",
        **{name.replace("_", "-"): value for name, value in fields.items()},
        "Content-Type": f"text/{subtype}; charset={charset}{parameters}",
        "Content-Transfer-Encoding": "base64",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
    return lines.encode() + b"\r\n" + b64encode(text.encode(charset))


def read_letter(raw: bytes, people: People = OURS) -> Outgoing:
    """The send in `raw`, which must be one."""
    found = outgoing(raw, NOON, people, read_internal=True)
    assert isinstance(found, Outgoing), found
    return found


def shown(text: str, **named: str) -> list[str]:
    """The authored lines of a letter, words joined by spaces."""
    return [" ".join(line) for line in read_letter(letter(text, **named)).authored.lines]


def shown_html(text: str, **named: str) -> list[str]:
    """The authored lines of an HTML letter."""
    return shown(text, subtype="html", **named)
