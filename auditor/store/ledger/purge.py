"""What is older than the horizon goes: sends with their words, recipients and places, and all that is of one
person. Counts of teams, templates in use and the organisation stay; they are of nobody.

config/PRIVACY.md tells of each column how long it is kept; what is changed here is changed there.
"""

from collections.abc import Collection

import sqlalchemy as sa

from auditor.alert.incident import ENDED
from auditor.statistics.tally import COARSE_SECONDS, Scope
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.schema import (
    answer,
    incident,
    lease,
    location,
    mailbox,
    outbox,
    plan,
    recipient,
    request,
    review,
    send,
    silence,
    tally,
    template,
    template_alias,
    template_entry,
    unreadable,
)
from auditor.store.outbox import ENDED as ENDED_LETTERS

AT_ONCE = 1_000
"""Sends that go in one transaction: some tens of milliseconds."""

_PURGED_BEFORE = "purged_before"
_INCIDENT_ENDED = incident.c.state.in_(sorted(ENDED))
_LETTER_ENDED = outbox.c.state.in_(ENDED_LETTERS)


def purge(connection: sa.Connection, horizon: float) -> int:
    """Remove some of what was sent before `horizon` (seconds since the epoch); how many sends.

    Fewer than `AT_ONCE` mean that this is done: then what hangs on them goes too.
    """
    before = horizon // COARSE_SECONDS * COARSE_SECONDS  # no row of the tally is to be half true
    founders = sa.select(template.c.founded_by)  # a template that is in use is found by its founding send
    last = sa.select(sa.func.max(send.c.judged_seq)).scalar_subquery()  # sends are numbered on from the last
    going = _old(before) & (send.c.judged_seq < last) & send.c.id.not_in(founders)
    rows = connection.execute(sa.select(send.c.id, send.c.judged_seq).where(going).limit(AT_ONCE)).all()
    numbers = [row.judged_seq for row in rows]
    connection.execute(sa.delete(template_entry).where(template_entry.c.number.in_(numbers)))
    connection.execute(sa.delete(send).where(send.c.id.in_([row.id for row in rows])))
    write_meta(connection, _PURGED_BEFORE, str(max(int(before), purged_before(connection))).encode())
    if len(rows) < AT_ONCE:
        _purge_rest(connection, before)
    return len(rows)


def purged_before(connection: sa.Connection) -> int:
    """From when on every send that was counted is there still, in seconds since the epoch: a full hour. Of
    older ones some are purged, and the tally alone knows what they were."""
    return int(read_meta(connection, _PURGED_BEFORE) or 0)


def purge_letters(connection: sa.Connection, before: float) -> int:
    """Remove letters from before a moment (seconds since the epoch) that need nothing more; how many.

    Those of an incident that goes on stay: what follows is threaded to them.
    """
    going_on = sa.select(incident.c.id).where(~_INCIDENT_ENDED)
    ended = _LETTER_ENDED & (outbox.c.created_at < before)
    kept = outbox.c.incident_id.is_not(None) & outbox.c.incident_id.in_(going_on)
    return connection.execute(sa.delete(outbox).where(ended, ~kept)).rowcount


def purge_mailboxes(connection: sa.Connection, horizon: float, watched: Collection[str]) -> int:
    """Remove mailboxes of which nothing was read since `horizon` and nothing is kept; how many.

    Args:
        watched: keys of the mailboxes in the configuration; these stay.
    """
    used = sa.exists().where(location.c.mailbox_id == mailbox.c.id)
    leased = sa.exists().where(lease.c.name == mailbox.c.key)
    silent = sa.func.coalesce(mailbox.c.last_sync, 0.0) < horizon
    found = connection.execute(sa.select(mailbox.c.id, mailbox.c.key).where(silent, ~used, ~leased)).all()
    gone = [row.id for row in found if row.key not in watched][:AT_ONCE]
    connection.execute(sa.delete(unreadable).where(unreadable.c.mailbox_id.in_(gone)))
    connection.execute(sa.delete(mailbox).where(mailbox.c.id.in_(gone)))
    return len(gone)


def _old(before: float) -> sa.ColumnElement[bool]:
    return (send.c.sent_at < before) & send.c.judged_seq.is_not(None)


def _purge_rest(connection: sa.Connection, before: float) -> None:
    staying = sa.select(send.c.id).where(_old(before))
    connection.execute(sa.delete(recipient).where(recipient.c.send_id.in_(staying)))
    connection.execute(sa.delete(location).where(location.c.send_id.in_(staying)))
    connection.execute(sa.update(send).where(_old(before)).values(message_id=None, references=b"", sender=""))
    of_one_person = (tally.c.scope == Scope.SENDER) & (tally.c.bucket < before)
    connection.execute(sa.delete(tally).where(of_one_person))
    _purge_templates(connection, before)
    connection.execute(sa.delete(incident).where(_INCIDENT_ENDED, incident.c.updated_at < before))
    connection.execute(sa.delete(outbox).where(_LETTER_ENDED, outbox.c.created_at < before))
    connection.execute(sa.delete(request).where(request.c.settled_at < before))
    connection.execute(sa.delete(answer).where(answer.c.at < before))
    connection.execute(sa.delete(silence).where(silence.c.until < before))
    connection.execute(sa.delete(plan).where((plan.c.ends < before) | (plan.c.removed_at < before)))
    connection.execute(sa.delete(review).where(review.c.at < before))


def _purge_templates(connection: sa.Connection, before: float) -> None:
    """Templates that nothing but their founding send follows; that one goes in the next turn."""
    followed = sa.exists().where(send.c.template == template.c.id, send.c.id != template.c.founded_by)
    unused = sa.select(template.c.id).where(template.c.last_sent < before, ~followed)
    ids = list(connection.scalars(unused.limit(AT_ONCE)))
    connection.execute(sa.delete(template_alias).where(template_alias.c.template.in_(ids)))
    connection.execute(
        sa.delete(tally).where(
            tally.c.scope == Scope.TEMPLATE, tally.c.series.in_(ids), tally.c.bucket < before
        )
    )
    connection.execute(sa.delete(template).where(template.c.id.in_(ids)))
