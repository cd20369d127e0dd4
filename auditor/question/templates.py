"""What `auditor template list` says: every template, the most used first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from rich.table import Table
from rich.text import Text

from auditor.store.ledger import templates
from auditor.store.reading import results
from auditor.vocabulary import PARTS, Purpose

_BEGINNING = 48
_LEAST = 20
"""Columns of a name, or of how it begins."""


@dataclass(frozen=True, slots=True)
class Row:
    """One template. Times are RFC 3339; `wording` is None until enough people received the same words."""

    id: str
    name: str | None
    purpose: str
    wording: str | None
    sends: int
    recipients: int
    organisations: int
    senders: int
    first_sent: str
    last_sent: str
    by_class: dict[str, int]
    aliases: tuple[str, ...] = ()


def listed(connection: sa.Connection, wanted: str | None = None) -> tuple[Row, ...]:
    """Every template that several sends follow; or the one of an id, an alias or a name."""
    if wanted is None:
        return tuple(_row(one) for one in results.template_results(connection) if one.sends > 1)
    row = templates.find(connection, wanted)
    if row is None:
        return ()
    aliases = templates.aliases(connection, row.id)
    return tuple(_row(one, aliases) for one in results.template_results(connection, row.id))


def as_table(rows: Sequence[Row], zone: ZoneInfo) -> Table:
    """The templates for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("name, or how it begins", overflow="fold", min_width=_LEAST, max_width=_BEGINNING)
    table.add_column("purpose", no_wrap=True)
    for name in ("sends", "people", "senders", "mass", "tailored", "personal"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("first", no_wrap=True)
    table.add_column("last", no_wrap=True)
    for row in rows:
        numbers = (row.sends, row.recipients, row.senders, *(row.by_class.get(part, 0) for part in PARTS))
        table.add_row(
            row.id,
            _title(row),
            row.purpose,
            *(f"{number:,}" for number in numbers),
            _day(row.first_sent, zone),
            _day(row.last_sent, zone),
        )
    return table


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """The templates for a program."""
    return json.dumps(rows, ensure_ascii=False, indent=1)


def told(fields: dict[str, Any]) -> Row:
    """A row as it came over the socket."""
    return Row(**fields)


def _row(one: results.TemplateResult, aliases: tuple[str, ...] = ()) -> Row:
    return Row(
        id=one.id,
        name=one.name,
        purpose=one.purpose or Purpose.OUTREACH,
        wording=one.wording,
        sends=one.sends,
        recipients=one.recipients,
        organisations=one.organisations,
        senders=one.senders,
        first_sent=one.first_sent.isoformat(timespec="seconds"),
        last_sent=one.last_sent.isoformat(timespec="seconds"),
        by_class=dict(one.classes),
        aliases=aliases,
    )


def _title(row: Row) -> Text:
    if row.name:
        return Text(row.name, style="bold")
    if row.wording is None:
        return Text("too few people received the same words", style="dim")
    flat = " ".join(row.wording.split())
    return Text(flat if len(flat) <= _BEGINNING else flat[: _BEGINNING - 1] + "…", style="dim")


def _day(at: str, zone: ZoneInfo) -> str:
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local.day} {local:%b %Y}"
