"""Texts that were read before a later copy said that they are never to be.

The copy in Sent may not name everybody who stood in Bcc; the journal does. Where it names somebody under
`privacy.never_read`, what was made of the text goes.
"""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from auditor.statistics.tally import Counted
from auditor.store.database.schema import recipient, send, template, template_entry
from auditor.store.ledger import templates
from auditor.store.ledger.intake import unpack_words
from auditor.store.ledger.tallies import as_tallied
from auditor.template import classes
from auditor.template.forgetting import without_member
from auditor.template.values import KeyedSend, Verdict
from auditor.vocabulary import Direction, Kind


def withdraw(connection: sa.Connection) -> tuple[tuple[Counted, Counted], ...]:
    """Take back what was made of texts that became private; how each of these sends counted and counts now.

    The index in memory knows these texts: whoever gets an answer that is not empty drops it.
    """
    private = send.c.recount & send.c.private & (send.c.word_count > 0)
    moved = []
    for row in connection.execute(sa.select(send).where(private)).all():
        values: dict[str, Any] = {"words": b"", "word_count": 0, "short": True, "merge_failure": False}
        if row.judged_seq is not None:
            verdict = _without_text(connection, row)
            _leave(connection, row)
            values |= {
                "class": verdict.class_,
                "template": None,
                "share": verdict.share,
                "similarity": None,
                "generated_field": False,
                "reason": verdict.reason,
                "tallied_kind": row.kind,
            }
            moved.append((as_tallied(row), _counted(row, verdict)))
        connection.execute(sa.update(send).where(send.c.id == row.id).values(values))
    return tuple(moved)


def _counted(row: sa.Row[tuple[object, ...]], verdict: Verdict) -> Counted:
    return replace(
        as_tallied(row),
        template=None,
        kind=Kind(row.kind),
        class_=verdict.class_,
        words=0,
        share=verdict.share,
        merge_failure=False,
    )


def _without_text(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Verdict:
    """What its headers alone make of a send, with the recipients that it was judged with."""
    external = row.tallied_direction == Direction.EXTERNAL
    own = (recipient.c.send_id == row.id) & (recipient.c.external == external)
    addressed = connection.execute(sa.select(recipient.c.address, recipient.c.organisation).where(own)).all()
    keyed = KeyedSend(
        id=row.id,
        identity=row.identity,
        sender=0,  # compared with nothing
        sent_at=row.sent_at,
        direction=Direction(row.tallied_direction),
        kind=Kind(row.kind),
        recipients=tuple(who.address for who in addressed),
        organisations=tuple(who.organisation for who in addressed),
        bcc=row.bcc,
        words=(),
        short=True,
    )
    return classes.without_wording(keyed) or classes.alone(classes.facts_of(keyed))


def _leave(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> None:
    """Take a send and its words out of its template, or out of the texts that follow nothing yet.

    A template that had no other waits to be found again.
    """
    if row.template is None:
        connection.execute(sa.delete(template_entry).where(template_entry.c.number == row.judged_seq))
        return
    for record in templates.records(connection, {row.template}).values():
        left = templates.record_row(without_member(record, row.id, unpack_words(row.words)))
        kept = {name: left[name] for name in ("sends", "fixed", "state")}
        connection.execute(sa.update(template).where(template.c.id == record.id).values(kept))
        if not left["sends"]:
            founder = sa.select(send.c.judged_seq).where(send.c.id == record.founded_by).scalar_subquery()
            connection.execute(sa.delete(template_entry).where(template_entry.c.number == founder))
