"""What came back, stored and joined by keyed hashes with the sends it came back on.

Inboxes and Sent folders are read at the same time, so an answer may be stored before the send it answers. It
is joined when both are there and the send has its verdict: at once, or when the verdict falls.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from auditor.answer.arrival import Sort
from auditor.answer.rates import Joined
from auditor.mailbox.found import Cursor
from auditor.store.database.dialects import insert_new
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.pieces import in_pieces
from auditor.store.database.schema import answer, answer_reference, recipient, send
from auditor.store.ledger.forgetting import tombstones
from auditor.store.ledger.intake import move_cursor
from auditor.vocabulary import OUTREACH, Class, Kind

WAIT_SECONDS = 30 * 86_400.0
"""So long an answer waits for the send it answers to be read; then it is to nothing of ours."""

_SETTLED = "answers_settled"  # judged number up to which sends have been offered to the answers
_AT_ONCE = 1_000
_STOP_SPAN_SECONDS = 90 * 86_400.0  # a request to stop is about what came within these


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """One arrival as it is kept: hashes and times."""

    identity: bytes
    sort: Sort
    at: float
    live: bool
    direct: bool
    person: bytes | None
    organisation: bytes | None
    references: tuple[bytes, ...]  # the nearest first


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A send that an answer refers to, and who of its recipients the answer comes from."""

    place: int
    send_id: int
    sent_at: float
    recipient: bytes
    named: bool  # whether the answer's own address is among the recipients
    row: Any


def take(
    connection: sa.Connection,
    arrived: Sequence[KeyedAnswer],
    now: float,
    mailbox_id: int,
    cursor: Cursor,
) -> tuple[Joined, ...]:
    """Store what is new of `arrived`, move the inbox's cursor, and join what can be joined now."""
    gone = tombstones(connection)
    kept = [one for one in arrived if one.person not in gone]
    ids = _insert(connection, kept, now)
    move_cursor(connection, mailbox_id, cursor)
    return _join(connection, ids)


def settle_judged(connection: sa.Connection, now: float) -> tuple[Joined, ...] | None:
    """Join answers with the sends judged since the last call, up to a thousand; None when there were none."""
    last = connection.scalar(sa.select(sa.func.max(send.c.judged_seq))) or 0
    mark = int(read_meta(connection, _SETTLED) or 0)
    if last == mark:
        return None
    mark = 0 if last < mark else mark  # everything was judged anew
    upto = min(last, mark + _AT_ONCE)
    referring = (
        sa.select(answer_reference.c.answer_id)
        .join(send, send.c.message_id == answer_reference.c.message_id)
        .where(send.c.judged_seq > mark, send.c.judged_seq <= upto)
        .distinct()
    )
    ids = list(connection.scalars(referring))
    ids += connection.scalars(
        sa.select(answer.c.id).where(answer.c.send_id.is_(None), answer.c.sort == Sort.UNSUBSCRIBE)
    )
    write_meta(connection, _SETTLED, str(upto).encode())
    if upto == last:
        late = sa.delete(answer).where(answer.c.send_id.is_(None), answer.c.stored_at < now - WAIT_SECONDS)
        connection.execute(late)
    return _join(connection, ids)


def _insert(connection: sa.Connection, arrived: Sequence[KeyedAnswer], now: float) -> list[int]:
    """The ids of those that were not known; an inbox that is read again brings nothing twice."""
    ids: list[int] = []
    for one in arrived:
        row = {
            "identity": one.identity,
            "sort": one.sort,
            "at": one.at,
            "stored_at": now,
            "live": one.live,
            "direct": one.direct,
            "person": one.person,
            "organisation": one.organisation,
        }
        made = insert_new(connection, answer).values(row).returning(answer.c.id)
        id_ = connection.scalar(made)
        if id_ is None:
            continue
        ids.append(id_)
        references = [
            {"message_id": message_id, "answer_id": id_, "place": place}
            for place, message_id in enumerate(one.references)
        ]
        if references:
            connection.execute(sa.insert(answer_reference), references)
    return ids


def _join(connection: sa.Connection, ids: Iterable[int]) -> tuple[Joined, ...]:
    """Join these answers with the nearest of our sends that they refer to."""
    joined: list[Joined] = []
    for some in in_pieces(sorted(set(ids))):
        rows = connection.execute(sa.select(answer).where(answer.c.id.in_(some))).all()
        candidates = _referred(connection, rows)
        for row in rows:
            found = candidates.get(row.id) or _meant(connection, row)
            if found:
                best = min(found, key=lambda one: (one.place, not one.named, -one.sent_at))
                joined += _write(connection, row, best)
    return tuple(joined)


def _write(connection: sa.Connection, row: Any, best: _Candidate) -> list[Joined]:
    values = {"send_id": best.send_id, "place": best.place, "recipient": best.recipient}
    connection.execute(sa.update(answer).where(answer.c.id == row.id).values(values))
    farther = (answer_reference.c.answer_id == row.id) & (answer_reference.c.place >= best.place)
    connection.execute(sa.delete(answer_reference).where(farther))
    if row.send_id is not None:
        return []  # it was counted when it was joined with a farther one
    to = best.row
    return [Joined(Sort(row.sort), row.live, to.team, Kind(to.kind), Class(to._mapping["class"]))]


def _referred(connection: sa.Connection, rows: Sequence[Any]) -> Mapping[int, list[_Candidate]]:
    """The judged sends that answers refer to and whom these come from."""
    by_id = {row.id: row for row in rows}
    query = (
        sa.select(
            answer_reference.c.answer_id, answer_reference.c.place, send.c.id, send.c.sent_at, send.c.team,
            send.c.kind, send.c["class"],
        )
        .join(send, send.c.message_id == answer_reference.c.message_id)
        .where(answer_reference.c.answer_id.in_(by_id), send.c.judged_seq.is_not(None))
    )  # fmt: skip
    found = connection.execute(query).all()
    recipients = _recipients(connection, {row.id for row in found})
    candidates: dict[int, list[_Candidate]] = defaultdict(list)
    for row in found:
        one = by_id[row.answer_id]
        whose = _whose(one, recipients[row.id], nearest=row.place == 0 and one.direct)
        if whose is not None:
            candidates[one.id].append(
                _Candidate(row.place, row.id, row.sent_at, whose, whose == one.person, row)
            )
    return candidates


def _recipients(connection: sa.Connection, ids: Collection[int]) -> dict[int, list[tuple[bytes, bytes]]]:
    """Address and organisation of the external recipients of sends."""
    found: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for some in in_pieces(sorted(ids)):
        rows = connection.execute(
            sa.select(recipient.c.send_id, recipient.c.address, recipient.c.organisation).where(
                recipient.c.send_id.in_(some), recipient.c.external
            )
        )
        for send_id, address, organisation in rows:
            found[send_id].append((address, organisation))
    return found


def _whose(one: Any, recipients: Sequence[tuple[bytes, bytes]], *, nearest: bool) -> bytes | None:
    """Which recipient an answer comes from: people answer from another of their addresses too.

    None where it only follows our send in a thread of other people.
    """
    addresses = [address for address, _ in recipients]
    if one.person in addresses:
        return bytes(one.person)
    if not nearest:
        return None
    if len(addresses) == 1:
        return addresses[0]
    same = [address for address, organisation in recipients if organisation == one.organisation]
    if len(same) == 1:
        return same[0]
    return None if one.person is None else bytes(one.person)


def _meant(connection: sa.Connection, row: Any) -> list[_Candidate]:
    """What a request to stop is about that refers to nothing: the last outreach that reached this person."""
    if row.sort != Sort.UNSUBSCRIBE or row.send_id is not None or row.person is None:
        return []
    query = (
        sa.select(send.c.id, send.c.sent_at, send.c.team, send.c.kind, send.c["class"])
        .join(recipient, recipient.c.send_id == send.c.id)
        .where(
            recipient.c.address == row.person,
            send.c.judged_seq.is_not(None),
            send.c.kind.in_([str(kind) for kind in OUTREACH]),
            send.c.sent_at <= row.at,
            send.c.sent_at >= row.at - _STOP_SPAN_SECONDS,
        )
        .order_by(send.c.sent_at.desc())
        .limit(1)
    )
    last = connection.execute(query).one_or_none()
    return [] if last is None else [_Candidate(0, last.id, last.sent_at, row.person, True, last)]
