"""What is wrong with a mailbox that opens well: a journal to which no copies come, or one that is not called
a journal. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from auditor.mailbox.found import Found
from auditor.message import fields
from auditor.message.journal import MARK
from auditor.message.reading import read_headers
from auditor.message.values import Skipped
from auditor.people import People

LOOKED_AT = 50
"""So many of a mailbox's newest messages say what it holds."""

_SILENT = timedelta(days=4)  # a long weekend is none
_SOME = 10  # fewer messages prove nothing


def remark(kind: str, messages: int, newest: Sequence[Found], people: People, now: datetime) -> str:
    """What to do about a mailbox of this `kind`, by its `newest` messages; empty where nothing is wrong."""
    reports = sum(MARK in fields.fields(one.header) for one in newest)
    if kind != "journal":
        held = f"{reports} of the newest {len(newest)} messages are envelope reports"
        return f'{held}: set kind = "journal"' if reports * 2 > len(newest) else ""
    if not messages:
        return (
            "the journal is empty: no copy arrives; is the target allowed (Exchange Online refuses mailboxes "
            "of its own), and do copies land in Spam?"
        )
    ours = reports or sum(_is_ours(one, people) for one in newest)
    if not ours and len(newest) >= _SOME:
        return (
            f"none of the newest {len(newest)} messages is an envelope report or sent by your domains: a "
            "gateway wraps the copies, or the rule copies inbound mail alone"
        )
    silent = now - max(one.received_at for one in newest) if newest else timedelta()
    if silent > _SILENT:
        return f"no copy has come for {silent.days} days: does the rule stand, and has the journal room?"
    return ""


def _is_ours(one: Found, people: People) -> bool:
    read = read_headers(one.header)
    return not isinstance(read, Skipped) and people.is_ours(read.sender.address)
