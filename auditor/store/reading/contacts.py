"""Who was written to in a span, for `answer.contacts`; and the keyed words of what was written by hand."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from auditor.answer.arrival import Sort
from auditor.answer.contacts import Contacted
from auditor.store.database.schema import answer, recipient, send
from auditor.store.ledger.intake import unpack_words
from auditor.vocabulary import OUTREACH, Class, Direction, Kind

BY_HAND_AT_MOST = 5_000
"""Mails written by hand whose words are counted: the latest."""


def read_contacted(connection: sa.Connection, span: tuple[float, float]) -> list[Contacted]:
    """What was sent in `span` (seconds since the epoch) to people outside, automatic mail left out."""
    columns = (
        send.c.id, recipient.c.address, send.c.sender, send.c.sent_at, send.c.kind, send.c["class"],
        send.c.template,
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .join(recipient, recipient.c.send_id == send.c.id)
        .where(*_outside(span), recipient.c.external, send.c["class"] != Class.EXCLUDED)
    )
    return [
        Contacted(id_, person, sender, at, Kind(kind), Class(class_), template)
        for id_, person, sender, at, kind, class_, template in connection.execute(query)
    ]


def read_answered(connection: sa.Connection, span: tuple[float, float]) -> Mapping[bytes, int]:
    """How many answers of each person came in `span`."""
    query = (
        sa.select(answer.c.recipient, sa.func.count())
        .where(
            answer.c.sort == Sort.REPLY,
            answer.c.recipient.is_not(None),
            answer.c.at >= span[0],
            answer.c.at < span[1],
        )
        .group_by(answer.c.recipient)
    )
    return {bytes(person): count for person, count in connection.execute(query)}


def read_by_hand(
    connection: sa.Connection, span: tuple[float, float]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Sender and keyed words of outreach of `span` that was written for one person."""
    query = (
        sa.select(send.c.sender, send.c.words)
        .where(
            *_outside(span),
            send.c["class"] == Class.PERSONAL,
            send.c.kind.in_([str(kind) for kind in OUTREACH]),
        )
        .order_by(send.c.sent_at.desc())
        .limit(BY_HAND_AT_MOST)
    )
    for sender, words in connection.execute(query):
        yield sender, unpack_words(words)


def _outside(span: tuple[float, float]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        send.c.sent_at >= span[0],
        send.c.sent_at < span[1],
        send.c.judged_seq.is_not(None),
        send.c.direction == Direction.EXTERNAL,
    )
