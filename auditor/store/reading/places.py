"""Where the copies of a send lie, to read one of them again."""

from collections.abc import Mapping

import sqlalchemy as sa

from auditor.mailbox.reread import Place
from auditor.store.database.schema import location, mailbox, send
from auditor.vocabulary import RATED, Class, Direction


def places(connection: sa.Connection, send_id: int) -> tuple[Place, ...]:
    """Where a send was found, the latest place first."""
    rows = connection.execute(
        sa.select(mailbox.c.key, location.c.uidvalidity, location.c.uid)
        .select_from(location.join(mailbox, mailbox.c.id == location.c.mailbox_id))
        .where(location.c.send_id == send_id)
        .order_by(location.c.uidvalidity.desc(), location.c.uid.desc())
    )
    return tuple(Place(row.key, row.uidvalidity, row.uid) for row in rows)


def population(connection: sa.Connection, since: float) -> Mapping[Class, int]:
    """How many sends of each class a review draws from: to people outside, sent from `since` on."""
    class_ = send.c["class"]
    rows = connection.execute(sa.select(class_, sa.func.count()).where(_drawn(since)).group_by(class_))
    return {Class(name): count for name, count in rows}


def draw(connection: sa.Connection, class_: Class, count: int, since: float) -> list[int]:
    """Random sends of a class that lie in a mailbox."""
    lies = sa.exists().where(location.c.send_id == send.c.id)
    query = sa.select(send.c.id).where(_drawn(since), send.c["class"] == class_, lies)
    return list(connection.scalars(query.order_by(sa.func.random()).limit(count)))


def _drawn(since: float) -> sa.ColumnElement[bool]:
    return (
        (send.c.direction == Direction.EXTERNAL)
        & send.c["class"].in_(sorted(RATED))
        & (send.c.sent_at >= since)
    )
