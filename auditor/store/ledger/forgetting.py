"""Forgetting a person: from then on what was kept of them is of nobody, and figures stay what they are.

In the place of their keyed address stands a random number that nothing leads to. A tombstone, keyed too,
keeps what comes later from bringing them back: a mailbox that is read again, or another copy of a mail. It
also lies in a file beside the store, so that a backup that is restored forgets them again when it is opened.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from auditor.pseudonyms import HASH_BYTES, Pseudonyms, mark
from auditor.statistics.tally import Scope
from auditor.store.database.dialects import holds, insert_new, random_bytes
from auditor.store.database.ownership import give
from auditor.store.database.schema import (
    answer,
    incident,
    location,
    mailbox,
    meta,
    outbox,
    plan,
    recipient,
    request,
    send,
    silence,
    tally,
    template,
    tombstone,
)
from auditor.store.ledger import templates
from auditor.store.outbox import ENDED
from auditor.template.forgetting import has_sender, with_stand_ins, without_habits

_SHORT = 8  # bytes of a recipient's hash in a template's state, where they are written as hexadecimal digits
_TOLD = (outbox.c.subject, outbox.c.text, outbox.c.html, outbox.c.gist)  # what of a letter may name somebody


@dataclass(frozen=True, slots=True)
class Person:
    """Keyed address of somebody, and their organisation where it is theirs alone, as with free mail."""

    address: bytes
    organisation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """What stands in the place of a person."""

    address: bytes
    organisation: bytes


def tombstones(connection: sa.Connection) -> Mapping[bytes, Stand]:
    """Who is forgotten, by keyed address and by keyed organisation of their own, and what stands there."""
    found: dict[bytes, Stand] = {}
    for row in connection.execute(sa.select(tombstone)):
        stand = Stand(row.stand_in, row.organisation_stand_in)
        found[row.address] = stand
        if row.organisation is not None:
            found[row.organisation] = stand
    return found


def forget(
    connection: sa.Connection, people: Sequence[Person], sender: str | None, now: float
) -> tuple[int, int]:
    """Forget somebody by all their addresses; how many sends to them and by them are of nobody now.

    Args:
        sender: as whom they sent for us; None for people outside.
    """
    received = sum(_forget_recipient(connection, person, now) for person in people)
    if sender is None:
        return received, 0
    _forget_habits(connection, people)
    return received, _forget_sender(connection, sender)


def honour(connection: sa.Connection, store: Path, pseudonyms: Pseudonyms) -> None:
    """Forget whom the file beside the store says, and write there whom the store says: a backup may lack
    one, a new machine the other.

    Raises:
        OSError: the file cannot be read or written.
    """
    path = file_of(store)
    lines = path.read_text(encoding="ascii").split() if path.exists() else []
    written = dict(line.split(":", 1) for line in lines if ":" in line)
    known = {row.address.hex(): row for row in connection.execute(sa.select(tombstone))}
    missing = {address: rest for address, rest in written.items() if address not in known}
    if missing:
        senders = connection.scalars(sa.select(send.c.sender).distinct())
        by_address = {pseudonyms.address(one).hex(): one for one in senders}
        for address, organisation in missing.items():
            person = Person(bytes.fromhex(address), bytes.fromhex(organisation) or None)
            forget(connection, [person], by_address.get(address), 0.0)
    if any(address not in written for address in known):
        rows = connection.execute(sa.select(tombstone).order_by(tombstone.c.address))
        path.touch(mode=0o600)
        give(path.parent, path)
        path.write_text(
            "".join(f"{row.address.hex()}:{(row.organisation or b'').hex()}\n" for row in rows), "ascii"
        )


def file_of(store: Path) -> Path:
    """The file of tombstones beside a store."""
    return store.with_name(store.name + ".forgotten")


def _forget_recipient(connection: sa.Connection, person: Person, now: float) -> int:
    stand = Stand(secrets.token_bytes(HASH_BYTES), secrets.token_bytes(HASH_BYTES))
    row = {
        "address": person.address,
        "organisation": person.organisation,
        "stand_in": stand.address,
        "organisation_stand_in": stand.organisation,
        "at": now,
    }
    connection.execute(insert_new(connection, tombstone), row)
    stand = tombstones(connection)[person.address]
    theirs = recipient.c.address == person.address
    ids = list(connection.scalars(sa.select(recipient.c.send_id).where(theirs)))
    connection.execute(sa.update(recipient).where(theirs).values(address=stand.address))
    for column in (answer.c.person, answer.c.recipient):
        of_them = sa.update(answer).where(column == person.address)
        connection.execute(of_them.values({column: stand.address}))
    stand_ins = {person.address: stand.address}
    if person.organisation is not None:
        own = recipient.c.organisation == person.organisation
        connection.execute(sa.update(recipient).where(own).values(organisation=stand.organisation))
        theirs_alone = sa.update(answer).where(answer.c.organisation == person.organisation)
        connection.execute(theirs_alone.values(organisation=stand.organisation))
        stand_ins[person.organisation] = stand.organisation
    _replace_in_templates(connection, stand_ins)
    return len(ids)


def _replace_in_templates(connection: sa.Connection, stand_ins: dict[bytes, bytes]) -> None:
    """Whom a template reached, and who sent it lately, stand in its state by the beginning of the hash."""
    for old in stand_ins:
        has = holds(connection, template.c.state, old[:_SHORT].hex().encode()) | holds(
            connection, template.c.state, has_sender(old)
        )
        ids = set(connection.scalars(sa.select(template.c.id).where(has)))
        for record in templates.records(connection, ids).values():
            row = templates.record_row(with_stand_ins(record, stand_ins))
            changed = sa.update(template).where(template.c.id == record.id)
            connection.execute(changed.values(state=row["state"]))


def _forget_sender(connection: sa.Connection, sender: str) -> int:
    """Their sends count on under a name that is nobody's; where these lie is not kept."""
    nobody = f"forgotten-{secrets.token_hex(4)}"
    ids = sa.select(send.c.id).where(send.c.sender == sender)
    connection.execute(sa.delete(location).where(location.c.send_id.in_(ids)))
    values = {"sender": nobody, "message_id": None, "references": b"", "identity": random_bytes(connection)}
    count = connection.execute(sa.update(send).where(send.c.sender == sender).values(values)).rowcount
    for table in (tally, incident):
        of_sender = (table.c.scope == Scope.SENDER) & (table.c.series == sender)
        connection.execute(sa.update(table).where(of_sender).values(series=nobody))
    _forget_words_of(connection, sender)
    for table in (plan, silence):
        connection.execute(sa.delete(table).where(table.c.scope == Scope.SENDER, table.c.series == sender))
    touching = sa.select(incident.c.id, incident.c.touches).where(incident.c.touches.contains(sender))
    for row in connection.execute(touching).all():
        touches = [[scope, nobody if name == sender else name] for scope, name in json.loads(row.touches)]
        changed = sa.update(incident).where(incident.c.id == row.id)
        connection.execute(changed.values(touches=json.dumps(touches)))
    theirs = mailbox.c.key.startswith(f"{sender}@", autoescape=True)
    for row in connection.execute(sa.select(mailbox.c.id, mailbox.c.key).where(theirs)).all():
        key = nobody + row.key.removeprefix(sender)
        connection.execute(sa.update(mailbox).where(mailbox.c.id == row.id).values(key=key))
    return count


def _forget_habits(connection: sa.Connection, people: Sequence[Person]) -> None:
    """How they close a mail."""
    shared = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "templates"))
    if shared is not None:
        for person in people:
            shared = without_habits(shared, mark(person.address))
        connection.execute(sa.update(meta).where(meta.c.key == "templates").values(value=shared))


def _forget_words_of(connection: sa.Connection, sender: str) -> None:
    """What else names a sender: letters that were sent, requests that were settled."""
    told = sa.or_(*(column.contains(sender, autoescape=True) for column in _TOLD))
    connection.execute(sa.delete(outbox).where(outbox.c.state.in_(ENDED), told))
    asked = request.c.arguments.contains(sender, autoescape=True)
    connection.execute(sa.delete(request).where(request.c.settled_at.is_not(None), asked))
