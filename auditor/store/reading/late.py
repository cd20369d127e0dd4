"""Mail that came into the store long after it was sent, because nobody was watching then."""

from collections.abc import Iterable

import sqlalchemy as sa

from auditor.statistics.series import Mixed
from auditor.store.database.pieces import in_pieces
from auditor.store.database.schema import send
from auditor.store.reading.volumes import sent_templated


def newest(connection: sa.Connection) -> int:
    """The number of the send that came last; 0 where there is none."""
    return connection.scalar(sa.select(sa.func.max(send.c.id))) or 0


def arrived(connection: sa.Connection, after: int, since: float, lateness: float) -> tuple[Mixed, ...]:
    """Templated sends that came late, by five minutes.

    Args:
        after: sends with a higher number than this one.
        since: sent from then on (seconds since the epoch).
        lateness: stored so many seconds after they were sent, or more.
    """
    late = send.c.sent_at < send.c.stored_at - lateness
    return sent_templated(connection, (send.c.id > after) & (send.c.sent_at >= since) & late)


def watched_since(connection: sa.Connection, senders: Iterable[str]) -> dict[str, float]:
    """When something of each of some people was stored first; reads every send."""
    wanted, found = sorted(set(senders)), {}
    for some in in_pieces(wanted):
        query = (
            sa.select(send.c.sender, sa.func.min(send.c.stored_at).label("since"))
            .where(send.c.sender.in_(some))
            .group_by(send.c.sender)
        )
        found.update({row.sender: float(row.since) for row in connection.execute(query)})
    return found
