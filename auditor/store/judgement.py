"""The judgement ledger: verdicts, changed earlier verdicts, tallies and templates, in one transaction.

It takes the sends that have no number yet (never "id beyond a mark": ids of concurrent writers commit
out of order) and numbers them in the order in which they were judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from auditor.statistics.tally import Counted
from auditor.store import templates
from auditor.store.engine import read_meta, write_meta
from auditor.store.intake import unpack_references, unpack_words
from auditor.store.schema import recipient, send, template, template_alias, template_entry, template_phrase
from auditor.store.tallies import hand_over
from auditor.template.values import Entry, Judgement, Kept, KeyedSend, Readdressed, Resting, Verdict
from auditor.vocabulary import Class, Direction, Kind, Shape

_ROWS_A_QUERY = 500

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
    team: str
    live: bool
    stored_at: float
    deliveries: int
    word_count: int
    merge_failure: bool

    def counted(self, verdict: Verdict) -> Counted:
        """How it counts under a verdict."""
        return Counted(
            sender=self.send.sender,
            team=self.team,
            template=verdict.template,
            sent_at=self.send.sent_at,
            direction=self.send.direction,
            kind=self.send.kind,
            class_=verdict.class_,
            deliveries=self.deliveries,
            words=self.word_count,
            share=verdict.share,
            merge_failure=self.merge_failure,
        )


def unjudged(connection: sa.Connection, limit: int, by_time: bool = False) -> tuple[Unjudged, ...]:
    """The next sends to judge, at most `limit`; in the order they were stored, or sent (`by_time`)."""
    order = (send.c.sent_at, send.c.id) if by_time else (send.c.id,)
    rows = connection.execute(
        sa.select(send).where(send.c.judged_seq.is_(None)).order_by(*order).limit(limit)
    ).all()
    addressed = _recipients(connection, [row.id for row in rows])
    own = _own_message_ids(connection, rows)
    return tuple(_unjudged(row, addressed.get(row.id, ()), own) for row in rows)


def write(
    connection: sa.Connection, judged: Sequence[Unjudged], judgement: Judgement, first_seq: int
) -> tuple[tuple[Counted | None, Counted], ...]:
    """Write what a batch did to sends and templates; return how each send counted before and counts now.

    The tally is moved with `move_tally` by the changes that follow from the answer, in this transaction.
    """
    _merge(connection, judgement.aliases)
    earlier = _counted(connection, [verdict.send_id for verdict in judgement.changed])
    moves: list[tuple[Counted | None, Counted]] = [
        (None, one.counted(verdict)) for one, verdict in zip(judged, judgement.verdicts, strict=True)
    ]
    moves += [
        (earlier[verdict.send_id], _as(earlier[verdict.send_id], verdict)) for verdict in judgement.changed
    ]
    _write_verdicts(
        connection,
        [
            _verdict_row(verdict)
            | {
                "b_seq": first_seq + n,
                "b_kind": one.send.kind,
                "b_tallied": one.deliveries,
                "b_direction": one.send.direction,
            }
            for n, (one, verdict) in enumerate(zip(judged, judgement.verdicts, strict=True))
        ],
        judged_seq=sa.bindparam("b_seq"),
        kind=sa.bindparam("b_kind"),
        tallied_deliveries=sa.bindparam("b_tallied"),
        tallied_direction=sa.bindparam("b_direction"),
        recount=sa.false(),
    )
    _write_verdicts(connection, [_verdict_row(verdict) for verdict in judgement.changed])
    _write_templates(connection, judgement, first_seq + len(judged) - 1)
    return tuple(moves)


def readdressed(connection: sa.Connection, limit: int) -> tuple[Readdressed, ...]:
    """Judged sends of which a later copy named more recipients, at most `limit`, as they were judged."""
    query = sa.select(send).where(send.c.recount, send.c.judged_seq.is_not(None))
    rows = connection.execute(query.order_by(send.c.judged_seq).limit(limit)).all()
    addressed = _recipients(connection, [row.id for row in rows])
    return tuple(
        Readdressed(row.judged_seq, _keyed(row, addressed.get(row.id, ()), Kind(row.kind)), _verdict(row))
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
    before = _counted(connection, list(verdicts))
    after = {id_: _as(before[id_], verdict) for id_, verdict in verdicts.items()}
    for one in late:
        recipients, direction = len(one.send.recipients), one.send.direction
        after[one.send.id] = replace(after[one.send.id], deliveries=recipients, direction=direction)
        statement = sa.update(send).where(send.c.id == one.send.id)
        connection.execute(
            statement.values(recount=sa.false(), tallied_deliveries=recipients, tallied_direction=direction)
        )
    _write_verdicts(connection, [_verdict_row(verdict) for verdict in judgement.changed])
    _write_templates(connection, judgement, next_seq(connection) - 1)
    return tuple((before[id_], after[id_]) for id_ in verdicts)


def next_seq(connection: sa.Connection) -> int:
    """The number of the next send to be judged."""
    return int(connection.scalar(sa.select(sa.func.max(send.c.judged_seq))) or 0) + 1


def resting(connection: sa.Connection) -> Resting:
    """The template stage's index as judgement last left it: what a start loads."""
    judged = next_seq(connection) - 1
    latest = sa.select(sa.func.max(send.c.sent_at)).where(send.c.judged_seq.is_not(None))
    numbers = sa.select(template.c.id, send.c.judged_seq).join(send, send.c.id == template.c.founded_by)
    numbers = numbers.where(template.c.sends > 0)  # without a send they wait to be found again
    entries = sa.select(template_entry).order_by(template_entry.c.at)
    return Resting(
        judged=judged,
        latest=float(connection.scalar(latest) or 0),
        shared_state=read_meta(connection, "templates"),
        names={row.id: row.judged_seq for row in connection.execute(numbers)},
        entries=[Entry(*row) for row in connection.execute(entries)],
        phrases=list(connection.scalars(sa.select(template_phrase.c.features))),
    )


def recall(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Kept]:
    """Judged sends by their numbers, each with its template."""
    found: dict[int, Kept] = {}
    for start in range(0, len(numbers), _ROWS_A_QUERY):
        some = numbers[start : start + _ROWS_A_QUERY]
        rows = connection.execute(sa.select(send).where(send.c.judged_seq.in_(some))).all()
        addressed = _recipients(connection, [row.id for row in rows])
        named = templates.records(connection, {row.template for row in rows if row.template is not None})
        for row in rows:
            one = _keyed(row, addressed.get(row.id, ()), Kind(row.kind))
            found[row.judged_seq] = Kept(one, named.get(row.template))
    return found


def _unjudged(
    row: sa.Row[tuple[object, ...]], addressed: Iterable[tuple[bytes, bytes, bool]], own: set[bytes]
) -> Unjudged:
    return Unjudged(
        send=_keyed(row, addressed, _kind(row, own)),
        team=row.team,
        live=row.live,
        stored_at=row.stored_at,
        deliveries=row.deliveries,
        word_count=row.word_count,
        merge_failure=row.merge_failure,
    )


def _keyed(
    row: sa.Row[tuple[object, ...]], addressed: Iterable[tuple[bytes, bytes, bool]], kind: Kind
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
        sender=row.sender,
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
    for start in range(0, len(answered), _ROWS_A_QUERY):
        some = answered[start : start + _ROWS_A_QUERY]
        own.update(connection.scalars(sa.select(send.c.message_id).where(send.c.message_id.in_(some))))
    return own


def _recipients(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[tuple[bytes, bytes, bool]]]:
    found: dict[int, list[tuple[bytes, bytes, bool]]] = {}
    for start in range(0, len(ids), _ROWS_A_QUERY):
        query = sa.select(recipient).where(recipient.c.send_id.in_(ids[start : start + _ROWS_A_QUERY]))
        for row in connection.execute(query.order_by(recipient.c.send_id, recipient.c.address)):
            found.setdefault(row.send_id, []).append((row.address, row.organisation, row.external))
    return found


def _counted(connection: sa.Connection, ids: Sequence[int]) -> dict[int, Counted]:
    found: dict[int, Counted] = {}
    for start in range(0, len(ids), _ROWS_A_QUERY):
        query = sa.select(send).where(send.c.id.in_(ids[start : start + _ROWS_A_QUERY]))
        found.update((row.id, _from_row(row)) for row in connection.execute(query))
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


def _from_row(row: sa.Row[tuple[object, ...]]) -> Counted:
    """How a judged send was tallied."""
    return Counted(
        sender=row.sender,
        team=row.team,
        template=row.template,
        sent_at=row.sent_at,
        direction=Direction(row.tallied_direction),
        kind=Kind(row.kind),
        class_=Class(row._mapping["class"]),
        deliveries=row.tallied_deliveries,
        words=row.word_count,
        share=row.share,
        merge_failure=row.merge_failure,
    )


def _as(counted: Counted, verdict: Verdict) -> Counted:
    return replace(counted, template=verdict.template, class_=verdict.class_, share=verdict.share)


def _verdict_row(verdict: Verdict) -> dict[str, object]:
    return {
        "b_id": verdict.send_id,
        "b_class": verdict.class_,
        "b_template": verdict.template,
        "b_share": verdict.share,
        "b_similarity": verdict.similarity,
        "b_generated": verdict.generated_field,
        "b_reason": verdict.reason,
    }


def _write_verdicts(
    connection: sa.Connection, rows: Sequence[dict[str, object]], **more: sa.ColumnElement[Any]
) -> None:
    if not rows:
        return
    values = {
        "class": sa.bindparam("b_class"),
        "template": sa.bindparam("b_template"),
        "share": sa.bindparam("b_share"),
        "similarity": sa.bindparam("b_similarity"),
        "generated_field": sa.bindparam("b_generated"),
        "reason": sa.bindparam("b_reason"),
        **more,
    }
    connection.execute(sa.update(send).where(send.c.id == sa.bindparam("b_id")).values(values), rows)


def _write_templates(connection: sa.Connection, judgement: Judgement, judged: int) -> None:
    if judgement.templates:
        kept = ("first_sent", "last_sent", "sends", "reached", "fixed", "state")
        rows = [templates.record_row(record) for record in judgement.templates]
        connection.execute(_upsert(template, "id", kept), rows)
    if judgement.entries:
        rows = [{"at": one.at, "number": one.number, "features": one.features} for one in judgement.entries]
        connection.execute(_upsert(template_entry, "at", ("number", "features")), rows)
    if judgement.phrases:
        row = {"at": judged, "features": judgement.phrases}
        connection.execute(_upsert(template_phrase, "at", ("features",)), row)
    if judgement.shared_state is not None:
        write_meta(connection, "templates", judgement.shared_state)


def _upsert(table: sa.Table, key: str, kept: Sequence[str]) -> sqlite.Insert:
    statement = sqlite.insert(table)
    values = {name: statement.excluded[name] for name in kept}
    return statement.on_conflict_do_update(index_elements=[table.c[key]], set_=values)


def _merge(connection: sa.Connection, aliases: Mapping[str, str]) -> None:
    """The younger template's sends, tally and aliases become the older one's."""
    for younger, older in aliases.items():
        connection.execute(sa.update(send).where(send.c.template == younger).values(template=older))
        connection.execute(
            sa.update(template_alias).where(template_alias.c.template == younger).values(template=older)
        )
        connection.execute(sa.insert(template_alias).values(id=younger, template=older))
        hand_over(connection, younger, older)
        _inherit(connection, younger, older)
        connection.execute(sa.delete(template).where(template.c.id == younger))


def _inherit(connection: sa.Connection, younger: str, older: str) -> None:
    """What people or the k rule gave the younger template is the older one's, where it has none."""
    row = connection.execute(sa.select(template).where(template.c.id == younger)).one_or_none()
    if row is None:
        return
    for column in (template.c.wording, template.c.name, template.c.purpose):
        value = row._mapping[column.name]
        if value is not None:
            statement = sa.update(template).where(template.c.id == older, column.is_(None))
            connection.execute(statement.values({column.name: value}))
