"""The intake ledger: sends, their keyed words, and the mailbox's cursor, in one transaction.

Copies of one send in two folders or mailboxes are one, their recipients united.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from auditor.mailbox.found import Cursor
from auditor.pseudonyms import HASH_BYTES
from auditor.store.database.dialects import upsert
from auditor.store.database.pieces import in_pieces
from auditor.store.database.rows import insert_numbered, insert_rows
from auditor.store.database.schema import location, mailbox, recipient, send
from auditor.store.ledger.forgetting import Stand, tombstones
from auditor.store.ledger.send import IntakeSend, KeyedRecipient
from auditor.vocabulary import Direction

_HAS_TEXT = send.c.private | (send.c.word_count > 0)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one intake did: the new sends' ids in the order given (None for a copy of a known send).

    `texts` are the ids of the sends whose text is the given one's: also of a copy that brought what others
    lacked.
    """

    ids: tuple[int | None, ...]
    texts: tuple[int | None, ...] = ()

    @property
    def new(self) -> int:
        """How many sends were not known before."""
        return sum(1 for id_ in self.ids if id_ is not None)


def pack_words(words: Sequence[int]) -> bytes:
    """Keyed words as they are stored: 4 bytes each, little-endian."""
    return struct.pack(f"<{len(words)}I", *words)


def unpack_words(data: bytes) -> tuple[int, ...]:
    """The inverse of `pack_words`."""
    return struct.unpack(f"<{len(data) // 4}I", data)


def unpack_references(data: bytes) -> tuple[bytes, ...]:
    """Keyed Message-IDs as they are stored, one after the other."""
    return tuple(data[n : n + HASH_BYTES] for n in range(0, len(data), HASH_BYTES))


def take(
    connection: sa.Connection,
    sends: Sequence[IntakeSend],
    now: float,
    mailbox_id: int | None = None,
    cursor: Cursor | None = None,
) -> Taken:
    """Store `sends` and move the mailbox's cursor: the whole intake of one batch.

    Args:
        now: seconds since the epoch, kept as `stored_at`.
        mailbox_id, cursor: the mailbox they were found in and how far it is now read; None for archives.
    """
    kept = _without_forgotten(connection, sends)
    given, sends = sends, [one for one in kept if one is not None]
    known = _known(connection, [one.identity for one in sends])
    fresh: dict[bytes, IntakeSend] = {}
    copies: list[IntakeSend] = []
    for one in sends:
        if one.identity in known or one.identity in fresh:
            copies.append(one)
        else:
            fresh[one.identity] = one
    ids = _insert(connection, list(fresh.values()), now)
    known |= ids
    brought = {id(one) for one in copies if _unite(connection, known[one.identity], one)}
    if mailbox_id is not None and cursor is not None:
        _locate(connection, mailbox_id, cursor.uidvalidity, [(one.uid, known[one.identity]) for one in sends])
        move_cursor(connection, mailbox_id, cursor)
    texts = tuple(
        known[one.identity]
        if one is not None and (id(one) in brought or fresh.get(one.identity) is one)
        else None
        for one in kept
    )
    return Taken(tuple(ids.pop(one.identity, None) for one in given), texts)


def _without_forgotten(connection: sa.Connection, sends: Sequence[IntakeSend]) -> Sequence[IntakeSend | None]:
    """Who is forgotten stays so: their own mail is not kept (None), and as recipients they are nobody."""
    gone = tombstones(connection)
    if not gone:
        return sends
    return [
        None
        if one.sender_key in gone
        else replace(one, recipients=tuple(_nobody(who, gone) for who in one.recipients))
        for one in sends
    ]


def _nobody(who: KeyedRecipient, gone: Mapping[bytes, Stand]) -> KeyedRecipient:
    if who.address not in gone:
        return who
    stand = gone[who.address]
    organisation = stand.organisation if who.organisation in gone else who.organisation
    return KeyedRecipient(stand.address, organisation, who.external)


def register_mailbox(connection: sa.Connection, key: str) -> tuple[int, str, Cursor | None]:
    """The store's id for a mailbox, the folder read before, and its cursor; made when new."""
    row = connection.execute(sa.select(mailbox).where(mailbox.c.key == key)).one_or_none()
    if row is None:
        made = connection.execute(sa.insert(mailbox).values(key=key).returning(mailbox.c.id))
        return int(made.scalar_one()), "", None
    cursor = None if row.uidvalidity is None else Cursor(row.uidvalidity, row.low, row.high)
    return row.id, row.folder, cursor


def cursors(connection: sa.Connection) -> dict[str, Cursor]:
    """How far every mailbox is read, by its key."""
    rows = connection.execute(sa.select(mailbox).where(mailbox.c.uidvalidity.is_not(None)))
    return {row.key: Cursor(row.uidvalidity, row.low, row.high) for row in rows}


def move_cursor(connection: sa.Connection, mailbox_id: int, cursor: Cursor) -> None:
    """Keep how far the mailbox is read."""
    values = {"uidvalidity": cursor.uidvalidity, "low": cursor.low, "high": cursor.high}
    connection.execute(sa.update(mailbox).where(mailbox.c.id == mailbox_id).values(values))


def with_text(connection: sa.Connection, identities: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these sends need no text from another copy: they have it, or it is never read."""
    found: set[bytes] = set()
    for some in in_pieces(identities):
        query = sa.select(send.c.identity).where(send.c.identity.in_(some), _HAS_TEXT)
        found.update(connection.scalars(query))
    return frozenset(found)


def _known(connection: sa.Connection, identities: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in in_pieces(identities):
        rows = connection.execute(sa.select(send.c.identity, send.c.id).where(send.c.identity.in_(some)))
        found.update((identity, id_) for identity, id_ in rows)
    return found


def _insert(connection: sa.Connection, sends: Sequence[IntakeSend], now: float) -> dict[bytes, int]:
    if not sends:
        return {}
    rows = [
        {
            "identity": one.identity,
            "message_id": one.message_id,
            "references": b"".join(one.references),
            "sender": one.sender,
            "team": one.team,
            "sent_at": one.sent_at,
            "stored_at": now,
            "live": one.live,
            "past": one.past,
            "direction": one.direction,
            "shape": one.shape,
            "quotes_other": one.quotes_other,
            "bcc": one.bcc,
            "deliveries": _deliveries(one.recipients, one.direction),
            "words": pack_words(one.words),
            "word_count": one.word_count,
            "short": one.short,
            "merge_failure": one.merge_failure,
            "private": one.private,
        }
        for one in sends
    ]
    ids = insert_numbered(connection, send, rows)
    addressed = [
        {"send_id": id_, "address": who.address, "organisation": who.organisation, "external": who.external}
        for id_, one in zip(ids, sends, strict=True)
        for who in one.recipients
    ]
    insert_rows(connection, sa.insert(recipient), addressed)
    return {one.identity: id_ for id_, one in zip(ids, sends, strict=True)}


def _deliveries(recipients: Iterable[KeyedRecipient], direction: Direction) -> int:
    external = direction is Direction.EXTERNAL
    return sum(1 for who in recipients if who.external == external)


def _unite(connection: sa.Connection, send_id: int, copy: IntakeSend) -> bool:
    """Add what another copy of a known send knows: recipients that it alone names (Bcc), the text that the
    others had not; whether it brought the text.

    Where several replicas store at once, the send's row is theirs one after the other.
    """
    query = sa.select(send.c.private, send.c.word_count).where(send.c.id == send_id).with_for_update()
    private, words = connection.execute(query).one()
    added = _address(connection, send_id, copy)
    text = {} if private or copy.private or words or not copy.word_count else _text(copy)
    changed = added | text
    if copy.private and not private:
        changed |= {"private": True, "recount": True}  # what was made of its text is withdrawn
    if changed:
        connection.execute(sa.update(send).where(send.c.id == send_id).values(changed))
    return bool(text)


def _text(copy: IntakeSend) -> dict[str, object]:
    """The text that comes with a copy; the send is judged once more."""
    return {
        "words": pack_words(copy.words),
        "word_count": copy.word_count,
        "short": copy.short,
        "shape": copy.shape,
        "quotes_other": copy.quotes_other,
        "merge_failure": copy.merge_failure,
        "judged_seq": None,
    }


def _address(connection: sa.Connection, send_id: int, copy: IntakeSend) -> dict[str, object]:
    """Add the recipients that a copy alone names; what of the send changes by it."""
    rows = connection.execute(
        sa.select(recipient.c.address, recipient.c.organisation, recipient.c.external).where(
            recipient.c.send_id == send_id
        )
    )
    recipients = {row.address: KeyedRecipient(*row) for row in rows}
    added = [who for who in copy.recipients if who.address not in recipients]
    if not added:
        return {}
    insert_rows(
        connection,
        sa.insert(recipient),
        [
            {
                "send_id": send_id,
                "address": who.address,
                "organisation": who.organisation,
                "external": who.external,
            }
            for who in added
        ],
    )
    everyone = [*recipients.values(), *added]
    direction = Direction.EXTERNAL if any(who.external for who in everyone) else Direction.INTERNAL
    return {
        "direction": direction,
        "deliveries": _deliveries(everyone, direction),
        "bcc": sa.case((send.c.bcc < copy.bcc, copy.bcc), else_=send.c.bcc),
        "recount": True,
    }


def _locate(
    connection: sa.Connection, mailbox_id: int, uidvalidity: int, places: Iterable[tuple[int | None, int]]
) -> None:
    rows = [
        {"mailbox_id": mailbox_id, "uidvalidity": uidvalidity, "uid": uid, "send_id": send_id}
        for uid, send_id in dict(places).items()
        if uid is not None
    ]
    # A server that was set back may give a number again, to another message.
    place = ("mailbox_id", "uidvalidity", "uid")
    insert_rows(connection, upsert(connection, location, place, ["send_id"]), rows)
