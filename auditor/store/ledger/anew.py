"""Judging every send anew, from the keyed words that are kept: templates keep their ids, and what people gave
them."""

from collections.abc import Iterator

import sqlalchemy as sa

from auditor.statistics.tally import Counted, changes
from auditor.store.database.meta import read_meta
from auditor.store.database.schema import (
    meta,
    send,
    tally,
    template,
    template_alias,
    template_entry,
    template_phrase,
)
from auditor.store.ledger.purge import purged_before
from auditor.store.ledger.tallies import as_tallied, move_tally

_UNJUDGED = {
    "judged_seq": None, "kind": None, "class": None, "template": None, "share": None, "similarity": None,
    "generated_field": False, "reason": None, "recount": False,
    "tallied_deliveries": 0, "tallied_direction": None, "tallied_kind": None,
    "live": False,  # it is not found live once more: the counters since the start count it as backlog
}  # fmt: skip


def judge_anew(connection: sa.Connection) -> None:
    """Take back every verdict, and what each counted. Judgement takes the sends up again as it does a first
    audit, and nothing alerts before it is through. What was counted of sends that are purged stays."""
    purged = purged_before(connection)
    fine_from = int(read_meta(connection, "fine_from") or purged)
    uncounted = changes(((counted, None) for counted in _counted(connection, purged)), fine_from)
    move_tally(connection, uncounted)
    connection.execute(sa.delete(tally).where(tally.c.bucket >= purged))
    connection.execute(sa.update(send).where(send.c.judged_seq.is_not(None)).values(_UNJUDGED))
    connection.execute(sa.delete(template_alias))
    connection.execute(sa.delete(template_entry))
    connection.execute(sa.delete(template_phrase))
    connection.execute(sa.delete(meta).where(meta.c.key.in_(("templates", "armed_at"))))
    connection.execute(sa.update(template).values(sends=0, reached=False, fixed=b"", state=b""))


def _counted(connection: sa.Connection, purged: int) -> Iterator[Counted]:
    """How sends count that founded templates, and are there still when others of their hours are purged."""
    staying = sa.select(send).where(send.c.sent_at < purged, send.c.judged_seq.is_not(None))
    for row in connection.execute(staying):
        yield as_tallied(row)
