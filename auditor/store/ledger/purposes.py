"""What people say a template is for, and what follows for its sends: service mail is no outreach.

A send keeps its kind in the conversation (`send.kind`); what it counts as is beside it (`send.tallied_kind`),
and the tally moves with it at the time the mail was sent, as with a reclassification.
"""

from collections.abc import Container

import sqlalchemy as sa

from auditor.statistics.tally import Counted, changes
from auditor.store.database.schema import send, template
from auditor.store.ledger.rollup import fine_from
from auditor.store.ledger.tallies import as_tallied, move_tally
from auditor.vocabulary import OUTREACH, Kind, Purpose


def service_templates(connection: sa.Connection) -> frozenset[str]:
    """The templates whose purpose is service."""
    return frozenset(
        connection.scalars(sa.select(template.c.id).where(template.c.purpose == Purpose.SERVICE))
    )


def kind_in_figures(kind: Kind, of_template: str | None, service: Container[str]) -> Kind:
    """As what a send counts: outreach under a service template is service."""
    return Kind.SERVICE if kind in OUTREACH and of_template in service else kind


def give_purpose(connection: sa.Connection, template_id: str, purpose: Purpose, now: float) -> int:
    """Say what a template is for, and move what its sends counted; how many count as something else now.

    Args:
        now: seconds since the epoch; decides only how finely old sends are counted.
    """
    given = sa.update(template).where(template.c.id == template_id)
    connection.execute(given.values(purpose=None if purpose is Purpose.OUTREACH else purpose))
    moved = recount(connection, template_id)
    move_tally(connection, changes(moved, fine_from(connection, now)))
    return len(moved)


def recount(connection: sa.Connection, template_id: str) -> list[tuple[Counted, Counted]]:
    """Count the sends of a template by its purpose; how those that move counted before and count now."""
    purpose = connection.scalar(sa.select(template.c.purpose).where(template.c.id == template_id))
    wanted = sa.literal(str(Kind.SERVICE)) if purpose == Purpose.SERVICE else send.c.kind
    moving = (
        (send.c.template == template_id)
        & send.c.judged_seq.is_not(None)
        & send.c.kind.in_(sorted(OUTREACH))
        & (send.c.tallied_kind != wanted)
    )
    before = {row.id: as_tallied(row) for row in connection.execute(sa.select(send).where(moving))}
    connection.execute(sa.update(send).where(moving).values(tallied_kind=wanted))
    moved = sa.select(send).where(send.c.template == template_id)
    return (
        [(before[row.id], as_tallied(row)) for row in connection.execute(moved) if row.id in before]
        if before
        else []
    )
