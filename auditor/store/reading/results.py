"""What was found, as it is shown: one send, one template, or everything. Read-only questions to the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from auditor.statistics.figures import Parts
from auditor.store.database.schema import recipient, send, template
from auditor.vocabulary import OUTREACH, RATED, Direction

_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SendResult:
    """One judged send: the fields of `scan --format jsonl` that the store knows, and where to go on."""

    id: int
    position: tuple[float, int]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """One template as people see it. `wording` is None until enough people received the same words."""

    id: str
    name: str | None
    wording: str | None
    sends: int
    recipients: int
    senders: int
    first_sent: datetime
    last_sent: datetime
    classes: Mapping[str, int]
    organisations: int = 0
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything a one-shot audit found. The headline is `outreach_deliveries`."""

    sends: int
    first_sent: datetime | None
    last_sent: datetime | None
    by_class: Mapping[str, int]
    by_direction: Mapping[str, int]
    outreach_messages: Parts
    outreach_deliveries: Parts
    all_messages: Parts
    all_deliveries: Parts
    merge_failures: int
    templates: tuple[TemplateResult, ...]
    senders: int


def verdicts(connection: sa.Connection, after: tuple[float, int] | None) -> tuple[SendResult, ...]:
    """The next judged sends in the order of sending, from the position `after` on."""
    recipients = (
        sa.select(sa.func.count()).where(recipient.c.send_id == send.c.id).correlate(send).scalar_subquery()
    )
    query = sa.select(send, recipients.label("recipients")).where(send.c.judged_seq.is_not(None))
    if after is not None:
        query = query.where(sa.tuple_(send.c.sent_at, send.c.id) > sa.tuple_(*after))
    rows = connection.execute(query.order_by(send.c.sent_at, send.c.id).limit(_ROWS_AT_ONCE))
    return tuple(SendResult(row.id, (row.sent_at, row.id), _fields(row)) for row in rows)


def find_send(connection: sa.Connection, message_id: bytes) -> sa.Row[Any] | None:
    """A judged send by its keyed Message-ID; the latest when a tool repeated it."""
    query = sa.select(send).where(send.c.message_id == message_id, send.c.judged_seq.is_not(None))
    return connection.execute(query.order_by(send.c.sent_at.desc()).limit(1)).one_or_none()


def send_by_id(connection: sa.Connection, id_: int) -> sa.Row[Any] | None:
    """A judged send by its number."""
    query = sa.select(send).where(send.c.id == id_, send.c.judged_seq.is_not(None))
    return connection.execute(query).one_or_none()


def latest_send_of(connection: sa.Connection, sender: str) -> int | None:
    """The number of the latest judged send of one of our people."""
    query = sa.select(send.c.id).where(send.c.sender == sender, send.c.judged_seq.is_not(None))
    found: int | None = connection.scalar(query.order_by(send.c.id.desc()).limit(1))
    return found


def summary(connection: sa.Connection) -> Summary:
    """Count everything that was judged."""
    judged = send.c.judged_seq.is_not(None)
    first, last = connection.execute(
        sa.select(sa.func.min(send.c.sent_at), sa.func.max(send.c.sent_at)).where(judged)
    ).one()
    return Summary(
        sends=connection.scalar(sa.select(sa.func.count()).select_from(send).where(judged)) or 0,
        first_sent=None if first is None else moment(first),
        last_sent=None if last is None else moment(last),
        by_class=_counts(connection, send.c["class"]),
        by_direction=_counts(connection, send.c.direction),
        outreach_messages=_parts(connection, sa.func.count(), outreach=True),
        outreach_deliveries=_parts(connection, sa.func.sum(send.c.deliveries), outreach=True),
        all_messages=_parts(connection, sa.func.count(), outreach=False),
        all_deliveries=_parts(connection, sa.func.sum(send.c.deliveries), outreach=False),
        merge_failures=connection.scalar(sa.select(sa.func.count()).where(judged, send.c.merge_failure)) or 0,
        templates=template_results(connection),
        senders=connection.scalar(sa.select(sa.func.count(sa.distinct(send.c.sender))).where(judged)) or 0,
    )


def template_results(connection: sa.Connection, template_id: str | None = None) -> tuple[TemplateResult, ...]:
    """Every template that sends follow, the most used first; or one of them."""
    people = sa.func.count(sa.distinct(recipient.c.address))
    organisations = sa.func.count(sa.distinct(recipient.c.organisation))
    joined = send.join(recipient, sa.and_(recipient.c.send_id == send.c.id, recipient.c.external))
    wanted = send.c.template.is_not(None) if template_id is None else send.c.template == template_id
    reach = sa.select(send.c.template, people, organisations).select_from(joined).where(wanted)
    reached: dict[str, tuple[int, int]] = {
        id_: (people, companies)
        for id_, people, companies in connection.execute(reach.group_by(send.c.template))
    }
    classes: dict[str, dict[str, int]] = {}
    count = sa.select(send.c.template, send.c["class"], sa.func.count()).where(wanted)
    for id_, class_, n in connection.execute(count.group_by(send.c.template, send.c["class"])):
        classes.setdefault(id_, {})[class_] = n
    used = sa.select(
        send.c.template,
        sa.func.count().label("sends"),
        sa.func.count(sa.distinct(send.c.sender)).label("senders"),
        sa.func.min(send.c.sent_at).label("first"),
        sa.func.max(send.c.sent_at).label("last"),
        template.c.name,
        template.c.wording,
        template.c.purpose,
    ).select_from(send.join(template, template.c.id == send.c.template, isouter=True))
    rows = connection.execute(
        used.where(wanted).group_by(send.c.template).order_by(sa.desc("sends"), send.c.template)
    )
    return tuple(
        TemplateResult(
            id=row.template,
            name=row.name,
            wording=row.wording,
            sends=row.sends,
            recipients=reached.get(row.template, (0, 0))[0],
            organisations=reached.get(row.template, (0, 0))[1],
            purpose=row.purpose,
            senders=row.senders,
            first_sent=moment(row.first),
            last_sent=moment(row.last),
            classes=classes.get(row.template, {}),
        )
        for row in rows
    )


def _fields(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "sender": row.sender,
        "sent_at": moment(row.sent_at).isoformat(),
        "recipients": row.recipients,
        "direction": row.direction,
        "kind": row.kind,
        "class": row._mapping["class"],
        "template": row.template,
        "handwritten_share": None if row.share is None else round(row.share, 4),
        "similarity": None if row.similarity is None else round(row.similarity, 4),
        "words": row.word_count,
        "merge_failure": row.merge_failure,
        "generated_field": row.generated_field,
        "reason": row.reason,
    }


def _counts(connection: sa.Connection, column: sa.ColumnElement[str]) -> dict[str, int]:
    query = (
        sa.select(column, sa.func.count())
        .where(send.c.judged_seq.is_not(None))
        .group_by(column)
        .order_by(column)
    )
    return {str(value): int(count) for value, count in connection.execute(query)}


def _parts(connection: sa.Connection, amount: sa.ColumnElement[int], *, outreach: bool) -> Parts:
    query = sa.select(send.c["class"], amount).where(
        send.c.direction == Direction.EXTERNAL, send.c["class"].in_(sorted(RATED))
    )
    if outreach:
        query = query.where(send.c.kind.in_(sorted(OUTREACH)))
    rows = connection.execute(query.group_by(send.c["class"]))
    return Parts.of({class_: int(total) for class_, total in rows})


def moment(seconds: float) -> datetime:
    """A time of the store as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)
