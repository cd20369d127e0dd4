"""What people give a template: its name, and what it is for."""

import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa

from auditor.request.change import Asked
from auditor.store.ledger import purposes, templates
from auditor.store.requests import Refused
from auditor.vocabulary import Purpose

_LONGEST_NAME = 60
_KINDS_OF_MAIL = {
    Purpose.OUTREACH: "outreach",
    Purpose.SERVICE: "service mail",
    Purpose.EVENT: "an invitation to an event",
}


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """Call a template by a name wherever it is shown; an empty name takes it away."""

    template: str
    name: str

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Set it. Refusals: `unknown_template`, `name_too_long`, `name_taken`."""
        id_ = found(connection, self.template)
        name = one_line(self.name)
        if len(name) > _LONGEST_NAME:
            raise Refused("name_too_long", f"a name has at most {_LONGEST_NAME} characters, not {len(name)}")
        other = templates.named(connection, name) if name else None
        if other is not None and other != id_:
            raise Refused("name_taken", f"template {other} has this name already; choose another")
        templates.give(connection, id_, name=name or None)
        return f"Template {id_} is called “{name}” now." if name else f"Template {id_} has no name now."


@dataclass(frozen=True, slots=True)
class GivePurpose:
    """Say what a template is for. Service mail leaves the outreach ratio, at the time it was sent."""

    template: str
    purpose: Purpose

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Set it. Refusals: `unknown_template`."""
        id_ = found(connection, self.template)
        moved = purposes.give_purpose(connection, id_, self.purpose, asked.now)
        what = "and in the outreach ratio"
        if self.purpose is Purpose.SERVICE:
            what = "counted, but not in the outreach ratio"
        sends = {0: "No send moved.", 1: "1 send moved, at the time it was sent."}.get(
            moved, f"{moved:,} sends moved, each at the time it was sent."
        )
        return f"Template {id_} is {_KINDS_OF_MAIL[self.purpose]} now, {what}. {sends}"


def found(connection: sa.Connection, template_id: str) -> str:
    """The id of the template that lives under this id, alias or name.

    Raises:
        Refused: `unknown_template`.
    """
    row = templates.find(connection, template_id)
    if row is None:
        raise Refused(
            "unknown_template",
            f"no template is called “{one_line(template_id)[:_LONGEST_NAME]}”; see auditor template list",
        )
    return str(row.id)


def one_line(text: str) -> str:
    """The text on one line: without control and formatting characters, with single spaces (NFC)."""
    spaced = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in unicodedata.normalize("NFC", text)
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(spaced.split())
