"""Templates as they are kept: the state machine's own bytes, the keyed wording, and what people gave them."""

import struct
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from auditor.store.database.schema import recipient, send, template, template_alias
from auditor.template.values import TemplateRecord
from auditor.vocabulary import Direction

_SLOT = 2**32 - 1
_UNWORDED_AT_ONCE = 5
_COPIES = 8


def record_row(record: TemplateRecord) -> dict[str, object]:
    """A template as a row."""
    fixed = [_SLOT if number < 0 else number for number in record.fixed]
    return {
        "id": record.id,
        "founded_by": record.founded_by,
        "first_sent": record.first_sent,
        "last_sent": record.last_sent,
        "sends": record.sends,
        "reached": record.reached,
        "fixed": struct.pack(f"<{len(fixed)}I", *fixed),
        "state": record.state,
    }


def records(connection: sa.Connection, ids: Iterable[str]) -> dict[str, TemplateRecord]:
    """Templates that judgement knows, by their ids, of at most some hundreds; those without a send wait to
    be found again."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = connection.execute(sa.select(template).where(template.c.id.in_(wanted), template.c.sends > 0))
    return {row.id: _record(row) for row in rows}


def find(connection: sa.Connection, wanted: str) -> sa.Row[tuple[object, ...]] | None:
    """A template's row by its id, one of its aliases, or the name it was given."""
    alias = sa.select(template_alias.c.template).where(template_alias.c.id == wanted)
    id_ = connection.scalar(alias) or wanted
    row = connection.execute(sa.select(template).where(template.c.id == id_)).one_or_none()
    if row is None and (of_name := named(connection, wanted)) is not None:
        row = connection.execute(sa.select(template).where(template.c.id == of_name)).one_or_none()
    return row


def named(connection: sa.Connection, name: str) -> str | None:
    """The id of the template that people gave this name."""
    found: str | None = connection.scalar(sa.select(template.c.id).where(template.c.name == name).limit(1))
    return found


def aliases(connection: sa.Connection, template_id: str) -> tuple[str, ...]:
    """The ids of the templates that turned out to be this one."""
    merged = sa.select(template_alias.c.id).where(template_alias.c.template == template_id)
    return tuple(connection.scalars(merged.order_by(template_alias.c.id)))


def fixed(connection: sa.Connection, template_id: str) -> tuple[int, ...]:
    """A template's keyed wording in order, a slot being -1."""
    packed = connection.scalar(sa.select(template.c.fixed).where(template.c.id == template_id))
    return _unpacked(packed or b"")


def give(connection: sa.Connection, template_id: str, **given: str | None) -> None:
    """Set what people give a template: its name or its purpose."""
    connection.execute(sa.update(template).where(template.c.id == template_id).values(given))


def write_wording(connection: sa.Connection, template_id: str, wording: str) -> None:
    """Keep a template's wording in clear. The caller has counted the recipients (the k rule)."""
    connection.execute(
        sa.update(template)
        .where(template.c.id == template_id, template.c.wording.is_(None))
        .values(wording=wording)
    )


def worded(connection: sa.Connection) -> set[str]:
    """The ids of the templates whose wording is already written down."""
    return set(connection.scalars(sa.select(template.c.id).where(template.c.wording.is_not(None))))


def unworded(connection: sa.Connection) -> list[tuple[str, int]]:
    """Templates that reached enough and have no wording yet, with their sends; the latest first."""
    query = sa.select(template.c.id, template.c.sends).where(template.c.reached, template.c.wording.is_(None))
    found = connection.execute(query.order_by(template.c.last_sent.desc()).limit(_UNWORDED_AT_ONCE))
    return [(row.id, row.sends) for row in found]


def latest_sends(connection: sa.Connection, template_id: str) -> list[sa.Row[Any]]:
    """The latest sends of a template to people outside whose words are known, a few."""
    theirs = (send.c.template == template_id) & (send.c.direction == Direction.EXTERNAL)
    query = sa.select(send).where(theirs, send.c.word_count > 0, sa.not_(send.c.private))
    return list(connection.execute(query.order_by(send.c.sent_at.desc()).limit(_COPIES)))


def people_of(connection: sa.Connection, send_id: int) -> frozenset[bytes]:
    """The keyed addresses of the people outside who received a send."""
    theirs = (recipient.c.send_id == send_id) & recipient.c.external
    return frozenset(connection.scalars(sa.select(recipient.c.address).where(theirs)))


def reach(connection: sa.Connection, template_id: str) -> tuple[int, int]:
    """How many people and how many senders a template has: (recipients, senders)."""
    people = connection.scalar(
        sa.select(sa.func.count(sa.distinct(recipient.c.address)))
        .select_from(recipient.join(send, recipient.c.send_id == send.c.id))
        .where(send.c.template == template_id, recipient.c.external)
    )
    senders = connection.scalar(
        sa.select(sa.func.count(sa.distinct(send.c.sender))).where(send.c.template == template_id)
    )
    return int(people or 0), int(senders or 0)


def _unpacked(packed: bytes) -> tuple[int, ...]:
    numbers = struct.unpack(f"<{len(packed) // 4}I", packed)
    return tuple(-1 if number == _SLOT else number for number in numbers)


def _record(row: sa.Row[tuple[object, ...]]) -> TemplateRecord:
    return TemplateRecord(
        id=row.id,
        founded_by=row.founded_by,
        first_sent=row.first_sent,
        last_sent=row.last_sent,
        sends=row.sends,
        reached=row.reached,
        fixed=_unpacked(row.fixed),
        state=row.state,
    )
