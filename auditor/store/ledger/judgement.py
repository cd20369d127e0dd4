"""The judgement ledger: verdicts, changed earlier verdicts, tallies and templates, in one transaction.

It takes the sends that have no number yet (never "id beyond a mark": ids of concurrent writers commit
out of order) and numbers them in the order in which they were judged.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from auditor.pseudonyms import Pseudonyms
from auditor.statistics.tally import Counted
from auditor.store import requests
from auditor.store.database.dialects import upsert
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.pieces import in_pieces
from auditor.store.database.rows import insert_rows, update_rows
from auditor.store.database.schema import recipient, request, send, template, template_entry, template_phrase
from auditor.store.ledger import templates
from auditor.store.ledger.intake import unpack_references, unpack_words
from auditor.store.ledger.merging import merge
from auditor.store.ledger.purposes import kind_in_figures, service_templates
from auditor.store.ledger.tallies import as_tallied
from auditor.template.candidates import LOADED_AT_ONCE
from auditor.template.values import Judgement, Kept, KeyedSend, Readdressed, Resting, Verdict
from auditor.vocabulary import Class, Direction, Kind, Shape

_WAITING = sa.select(sa.exists().where(send.c.judged_seq.is_(None)))

_DUE = sa.select(
    sa.exists().where(send.c.judged_seq.is_(None))
    | sa.exists().where(send.c.recount)
    | sa.exists().where(request.c.state == requests.State.PENDING)
)
"""Asked every few seconds, mostly for nothing: made once."""

_KINDS = {
    Shape.NEW: Kind.NEW,
    Shape.FORWARD: Kind.FORWARD,
    Shape.AUTO: Kind.AUTO,
    Shape.CALENDAR: Kind.CALENDAR,
}


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A send that waits for judgement, and what the tally and the counters will need of it."""

    send: KeyedSend
    sender: str
    team: str
    live: bool
    stored_at: float
    deliveries: int
    word_count: int
    merge_failure: bool
    before: Counted | None = None  # how it counts so far: a later copy brought its text

    def counted(self, verdict: Verdict, service: Container[str]) -> Counted:
        """How it counts under a verdict; `service` are the templates of that purpose."""
        return Counted(
            sender=self.sender,
            team=self.team,
            template=verdict.template,
            sent_at=self.send.sent_at,
            direction=self.send.direction,
            kind=kind_in_figures(self.send.kind, verdict.template, service),
            class_=verdict.class_,
            deliveries=self.deliveries,
            words=self.word_count,
            share=verdict.share,
            merge_failure=self.merge_failure,
        )


def is_due(connection: sa.Connection) -> bool:
    """Whether anything waits for judgement: a send, a copy that said more, or a request of somebody."""
    return bool(connection.scalar(_DUE))


def is_waiting(connection: sa.Connection) -> bool:
    """Whether any send waits for its first judgement."""
    return bool(connection.scalar(_WAITING))


def unjudged(
    connection: sa.Connection, pseudonyms: Pseudonyms, limit: int, by_time: bool = False
) -> tuple[Unjudged, ...]:
    """The next sends to judge, at most `limit`; in the order they were stored, or sent (`by_time`)."""
    order = (send.c.sent_at, send.c.id) if by_time else (send.c.id,)
    rows = connection.execute(
        sa.select(send).where(send.c.judged_seq.is_(None)).order_by(*order).limit(limit).with_for_update()
    ).all()
    addressed = _recipients(connection, [row.id for row in rows])
    own = _own_message_ids(connection, rows)
    return tuple(_unjudged(row, pseudonyms, addressed.get(row.id, ()), own) for row in rows)


def write(
    connection: sa.Connection, judged: Sequence[Unjudged], judgement: Judgement, first_seq: int
) -> tuple[tuple[Counted | None, Counted], ...]:
    """Write what a batch did to sends and templates; return how each send counted before and counts now.

    The tally is moved with `move_tally` by the changes that follow from the answer, in this transaction.
    """
    merged = merge(connection, judgement.aliases)
    service = service_templates(connection)
    kept = _kept(connection, [verdict.send_id for verdict in judgement.changed])
    first = [one.counted(verdict, service) for one, verdict in zip(judged, judgement.verdicts, strict=True)]
    changing = [verdict for verdict in judgement.changed if verdict.send_id in kept]  # others were purged
    changed = {verdict.send_id: kept[verdict.send_id].under(verdict, service) for verdict in changing}
    update_rows(
        connection,
        send,
        [
            _verdict_row(verdict, counted)
            | {
                "judged_seq": first_seq + n,
                "kind": one.send.kind,
                "tallied_deliveries": one.deliveries,
                "tallied_direction": one.send.direction,
                "recount": False,
            }
            for n, (one, verdict, counted) in enumerate(zip(judged, judgement.verdicts, first, strict=True))
        ],
    )
    update_rows(connection, send, [_verdict_row(verdict, changed[verdict.send_id]) for verdict in changing])
    _write_templates(connection, judgement, first_seq + len(judged) - 1)
    return (
        *((one.before, counted) for one, counted in zip(judged, first, strict=True)),
        *((kept[id_].counted, counted) for id_, counted in changed.items()),
        *merged,
    )


def readdressed(connection: sa.Connection, pseudonyms: Pseudonyms, limit: int) -> tuple[Readdressed, ...]:
    """Judged sends of which a later copy named more recipients, at most `limit`, as they were judged."""
    query = sa.select(send).where(send.c.recount, send.c.judged_seq.is_not(None))
    rows = connection.execute(query.order_by(send.c.judged_seq).limit(limit).with_for_update()).all()
    addressed = _recipients(connection, [row.id for row in rows])
    return tuple(
        Readdressed(
            row.judged_seq,
            _keyed(row, pseudonyms, addressed.get(row.id, ()), Kind(row.kind)),
            _verdict(row),
        )
        for row in rows
    )


def write_readdressed(
    connection: sa.Connection, late: Sequence[Readdressed], judgement: Judgement
) -> tuple[tuple[Counted, Counted], ...]:
    """Write what late recipients changed; return how each send counted before and counts now.

    Those of `late` count with all their recipients from now on, whatever their class.
    """
    changed = {verdict.send_id: verdict for verdict in judgement.changed}
    verdicts = {one.send.id: one.verdict for one in late} | changed
    kept, service = _kept(connection, list(verdicts)), service_templates(connection)
    after = {
        id_: kept[id_].under(verdict, service) for id_, verdict in verdicts.items() if id_ in kept
    }  # others were purged
    for one in late:
        recipients, direction = len(one.send.recipients), one.send.direction
        after[one.send.id] = replace(after[one.send.id], deliveries=recipients, direction=direction)
        statement = sa.update(send).where(send.c.id == one.send.id)
        connection.execute(
            statement.values(recount=sa.false(), tallied_deliveries=recipients, tallied_direction=direction)
        )
    rows = [_verdict_row(one, after[one.send_id]) for one in judgement.changed if one.send_id in after]
    update_rows(connection, send, rows)
    _write_templates(connection, judgement, next_seq(connection) - 1)
    return tuple((kept[id_].counted, counted) for id_, counted in after.items())


def next_seq(connection: sa.Connection) -> int:
    """The number of the next send to be judged."""
    return int(connection.scalar(sa.select(sa.func.max(send.c.judged_seq))) or 0) + 1


def resting(connection: sa.Connection) -> Resting:
    """The template stage's index as judgement last left it: what a start loads."""
    judged = next_seq(connection) - 1
    latest = sa.select(sa.func.max(send.c.sent_at)).where(send.c.judged_seq.is_not(None))
    numbers = sa.select(template.c.id, send.c.judged_seq).join(send, send.c.id == template.c.founded_by)
    numbers = numbers.where(template.c.sends > 0)  # without a send they wait to be found again
    phrases = sa.select(template_phrase.c.at, template_phrase.c.features).order_by(template_phrase.c.at)
    return Resting(
        judged=judged,
        latest=float(connection.scalar(latest) or 0),
        shared_state=read_meta(connection, "templates"),
        names=dict(map(tuple, connection.execute(numbers).all())),
        entries=_entries(connection),
        phrases=list(map(tuple, connection.execute(phrases).all())),
    )


def _entries(connection: sa.Connection) -> Iterator[Sequence[tuple[int, int, bytes]]]:
    """The index's entries, the latest first, in pieces: there are hundreds of thousands."""
    query = sa.select(template_entry.c.at, template_entry.c.number, template_entry.c.features)
    query = query.order_by(template_entry.c.at.desc())
    for some in connection.execute(query, execution_options={"yield_per": LOADED_AT_ONCE}).partitions():
        yield [tuple(row) for row in some]


def recall(connection: sa.Connection, pseudonyms: Pseudonyms, numbers: Sequence[int]) -> dict[int, Kept]:
    """Judged sends by their numbers, each with its template."""
    found: dict[int, Kept] = {}
    for some in in_pieces(numbers):
        rows = connection.execute(sa.select(send).where(send.c.judged_seq.in_(some))).all()
        addressed = _recipients(connection, [row.id for row in rows])
        named = templates.records(connection, {row.template for row in rows if row.template is not None})
        for row in rows:
            one = _keyed(row, pseudonyms, addressed.get(row.id, ()), Kind(row.kind))
            found[row.judged_seq] = Kept(one, named.get(row.template))
    return found


def _unjudged(
    row: sa.Row[tuple[object, ...]],
    pseudonyms: Pseudonyms,
    addressed: Iterable[tuple[bytes, bytes, bool]],
    own: set[bytes],
) -> Unjudged:
    return Unjudged(
        send=_keyed(row, pseudonyms, addressed, _kind(row, own)),
        sender=row.sender,
        team=row.team,
        live=row.live,
        stored_at=row.stored_at,
        deliveries=row.deliveries,
        word_count=row.word_count,
        merge_failure=row.merge_failure,
        # It had no text when it was judged: see `ledger.intake`.
        before=None if row.tallied_kind is None else replace(as_tallied(row), words=0, merge_failure=False),
    )


def _keyed(
    row: sa.Row[tuple[object, ...]],
    pseudonyms: Pseudonyms,
    addressed: Iterable[tuple[bytes, bytes, bool]],
    kind: Kind,
) -> KeyedSend:
    direction = Direction(row.direction)
    counted = [
        (address, organisation)
        for address, organisation, external in addressed
        if external == (direction is Direction.EXTERNAL)
    ]
    return KeyedSend(
        id=row.id,
        identity=row.identity,
        sender=pseudonyms.sender(row.sender),
        sent_at=row.sent_at,
        direction=direction,
        kind=kind,
        recipients=tuple(address for address, _ in counted),
        organisations=tuple(organisation for _, organisation in counted),
        bcc=row.bcc,
        words=unpack_words(row.words),
        short=row.short,
    )


def _kind(row: sa.Row[tuple[object, ...]], own: set[bytes]) -> Kind:
    """An answer to our own kept send that quotes nobody else is a follow-up; to anyone else's, a reply."""
    kind = _KINDS.get(row.shape)
    if kind is not None:
        return kind
    answered = unpack_references(row.references)[:1]
    return Kind.FOLLOW_UP if not row.quotes_other and own.issuperset(answered) and answered else Kind.REPLY


def _own_message_ids(connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]) -> set[bytes]:
    answered = [r for row in rows if row.shape == Shape.ANSWER for r in unpack_references(row.references)[:1]]
    own: set[bytes] = set()
    for some in in_pieces(answered):
        own.update(connection.scalars(sa.select(send.c.message_id).where(send.c.message_id.in_(some))))
    return own


def _recipients(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[tuple[bytes, bytes, bool]]]:
    found: dict[int, list[tuple[bytes, bytes, bool]]] = {}
    for some in in_pieces(ids):
        query = sa.select(recipient).where(recipient.c.send_id.in_(some))
        for row in connection.execute(query.order_by(recipient.c.send_id, recipient.c.address)):
            found.setdefault(row.send_id, []).append((row.address, row.organisation, row.external))
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A judged send as it was tallied, and what it is in the conversation."""

    counted: Counted
    kind: Kind

    def under(self, verdict: Verdict, service: Container[str]) -> Counted:
        """How it counts under another verdict."""
        return replace(
            self.counted,
            template=verdict.template,
            kind=kind_in_figures(self.kind, verdict.template, service),
            class_=verdict.class_,
            share=verdict.share,
        )


def _kept(connection: sa.Connection, ids: Sequence[int]) -> dict[int, _Kept]:
    found: dict[int, _Kept] = {}
    for some in in_pieces(ids):
        query = sa.select(send).where(send.c.id.in_(some))
        found.update((row.id, _Kept(as_tallied(row), Kind(row.kind))) for row in connection.execute(query))
    return found


def _verdict(row: sa.Row[tuple[object, ...]]) -> Verdict:
    """The verdict that is kept of a judged send."""
    return Verdict(
        row.id,
        row.template,
        Class(row._mapping["class"]),
        row.share,
        row.similarity,
        row.generated_field,
        row.reason,
    )


def _verdict_row(verdict: Verdict, counted: Counted) -> dict[str, object]:
    return {
        "id": verdict.send_id,
        "class": verdict.class_,
        "template": verdict.template,
        "share": verdict.share,
        "similarity": verdict.similarity,
        "generated_field": verdict.generated_field,
        "reason": verdict.reason,
        "tallied_kind": counted.kind,
    }


def _write_templates(connection: sa.Connection, judgement: Judgement, judged: int) -> None:
    kept = ("first_sent", "last_sent", "sends", "reached", "fixed", "state")
    rows = [templates.record_row(record) for record in judgement.templates]
    insert_rows(connection, upsert(connection, template, ["id"], kept), rows)
    rows = [{"at": one.at, "number": one.number, "features": one.features} for one in judgement.entries]
    insert_rows(connection, upsert(connection, template_entry, ["at"], ["number", "features"]), rows)
    if judgement.phrases:
        row = {"at": judged, "features": judgement.phrases}
        connection.execute(upsert(connection, template_phrase, ["at"], ["features"]), row)
    if judgement.shared_state is not None:
        write_meta(connection, "templates", judgement.shared_state)
