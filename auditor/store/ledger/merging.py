"""Two templates that turned out to be one: the older lives on, the younger is an alias of it."""

from collections.abc import Mapping

import sqlalchemy as sa

from auditor.statistics.tally import Counted
from auditor.store.database.dialects import upsert
from auditor.store.database.schema import send, template, template_alias
from auditor.store.ledger.purposes import recount
from auditor.store.ledger.tallies import hand_over


def merge(connection: sa.Connection, aliases: Mapping[str, str]) -> list[tuple[Counted, Counted]]:
    """The younger template's sends, tally and aliases become the older one's.

    Returns:
        How sends counted before and count now, where a purpose that people gave makes a difference.
    """
    moves: list[tuple[Counted, Counted]] = []
    for younger, older in aliases.items():
        connection.execute(sa.update(send).where(send.c.template == younger).values(template=older))
        connection.execute(
            sa.update(template_alias).where(template_alias.c.template == younger).values(template=older)
        )
        row = {"id": younger, "template": older}
        connection.execute(upsert(connection, template_alias, ["id"], ["template"]), row)
        hand_over(connection, younger, older)
        if _inherit(connection, younger, older):
            moves += recount(connection, older)
        connection.execute(sa.delete(template).where(template.c.id == younger))
    return moves


def _inherit(connection: sa.Connection, younger: str, older: str) -> bool:
    """What people or the k rule gave the younger template is the older one's, where it has none.

    Returns:
        Whether one of them has a purpose.
    """
    columns = (template.c.wording, template.c.name, template.c.purpose)
    given = connection.execute(sa.select(*columns).where(template.c.id == younger)).one_or_none()
    if given is None:
        return False
    for column in columns:
        value = given._mapping[column.name]
        if value is not None:
            statement = sa.update(template).where(template.c.id == older, column.is_(None))
            connection.execute(statement.values({column.name: value}))
    either = sa.select(template.c.id).where(
        template.c.id.in_((younger, older)), template.c.purpose.is_not(None)
    )
    return connection.execute(either).first() is not None
