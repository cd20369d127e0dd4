"""What came back on the sends of a span of time, and who of those it was sent to answered."""

from collections.abc import Collection

import sqlalchemy as sa

from auditor.answer.arrival import Sort
from auditor.answer.rates import Answers, Returned, Touch, answers
from auditor.statistics.tally import Scope
from auditor.store.database.schema import answer, recipient, send, tally
from auditor.vocabulary import OUTREACH, RATED, Class, Direction, Kind

_SENDERS_NAMED = 50  # beyond these it is quicker to look at everybody's


def read_answers(
    connection: sa.Connection, span: tuple[float, float], within: float, senders: Collection[str]
) -> Answers:
    """Everything that is told of the answers to what was sent in `span`; arguments as of `read_touches`."""
    touches = read_touches(connection, span, within, senders)
    return answers(touches, read_returned(connection, span), _deliveries(connection, span))


def read_touches(
    connection: sa.Connection, span: tuple[float, float], within: float, senders: Collection[str]
) -> list[Touch]:
    """Outreach sent in `span` to people outside who had not answered anything before, one touch a person.

    Args:
        span: seconds since the epoch; its sends have had their time to be answered.
        within: seconds in which an answer counts.
        senders: whose inboxes are read; of the others nobody knows who answered.
    """
    reply = (answer.c.sort == Sort.REPLY) & (answer.c.recipient == recipient.c.address)
    in_time = sa.exists().where(reply, answer.c.send_id == send.c.id, answer.c.at <= send.c.sent_at + within)
    heard = sa.exists().where(reply, answer.c.at < send.c.sent_at)
    before, whom = send.alias(), recipient.alias()
    # We have answered them: so they had written, whether or not we have read that.
    answered_by_us = sa.exists().where(
        whom.c.address == recipient.c.address,
        before.c.id == whom.c.send_id,
        before.c.kind == Kind.REPLY,
        before.c.sent_at < send.c.sent_at,
    )
    query = (
        sa.select(
            send.c.sender, send.c.team, send.c.kind, send.c["class"], send.c.template, send.c.share,
            recipient.c.address, send.c.sent_at, in_time,
        )
        .join(recipient, recipient.c.send_id == send.c.id)
        .where(
            send.c.sent_at >= span[0],
            send.c.sent_at < span[1],
            send.c.judged_seq.is_not(None),
            send.c.direction == Direction.EXTERNAL,
            send.c.tallied_kind.in_([str(kind) for kind in OUTREACH]),
            recipient.c.external,
            ~heard,
            ~answered_by_us,
        )
    )  # fmt: skip
    known = frozenset(senders)
    if len(known) <= _SENDERS_NAMED:
        query = query.where(send.c.sender.in_(sorted(known)))
    return [
        Touch(team, Kind(kind), Class(class_), template, share, person, at, bool(answered))
        for sender, team, kind, class_, template, share, person, at, answered in connection.execute(query)
        if sender in known
    ]


def read_returned(connection: sa.Connection, span: tuple[float, float]) -> tuple[Returned, ...]:
    """What came back on the sends of `span`, whoever sent them, by sort, team and class."""
    columns = (answer.c.sort, send.c.team, send.c["class"])
    query = (
        sa.select(*columns, sa.func.count())
        .join(send, send.c.id == answer.c.send_id)
        .where(send.c.sent_at >= span[0], send.c.sent_at < span[1])
        .group_by(*columns)
    )
    return tuple(
        Returned(Sort(sort), team, Class(class_), count)
        for sort, team, class_, count in connection.execute(query)
    )


def _deliveries(connection: sa.Connection, span: tuple[float, float]) -> int:
    """Outreach of a span, by the people it reached."""
    outreach = (
        tally.c.scope == Scope.ORGANISATION,
        tally.c.direction == Direction.EXTERNAL,
        tally.c.kind.in_([str(kind) for kind in OUTREACH]),
        tally.c["class"].in_([str(class_) for class_ in RATED]),
        tally.c.bucket >= span[0],
        tally.c.bucket < span[1],
    )
    return int(connection.scalar(sa.select(sa.func.sum(tally.c.deliveries)).where(*outreach)) or 0)
