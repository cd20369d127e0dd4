"""Mail that is read long after it was sent, held until it has all come: it is told of once."""

from collections.abc import Iterable

import sqlalchemy as sa

from auditor.statistics.series import MINUTE, Mixed
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.ledger import judgement
from auditor.store.reading import late

CALM_SECONDS = 10.0 * MINUTE
"""Late mail has come when none came for so long."""

_SEEN = "late_mail_seen"
_REMEMBER_EVERY = 1000  # sends


class Latecomers:
    """Late mail since it was last looked at; the store knows how far, so a restart repeats nothing."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._kept = 0

    def arrived(
        self, connection: sa.Connection, now: float, armed_at: float, lateness: float
    ) -> tuple[Mixed, ...]:
        """The late mail, once it has all come and is judged; it is handed out once.

        The past of a mailbox that is new is no late mail: nothing of its people was stored before it.

        Args:
            now: seconds since the epoch.
            armed_at: what was sent before is no news.
            lateness: stored so many seconds after it was sent, or more.
        """
        seen, newest = self._last_seen(connection), late.newest(connection)
        if newest == seen or judgement.is_waiting(connection):
            return ()
        mix = late.arrived(connection, seen, armed_at, lateness)
        if mix and max(one.stored_at for one in mix) > now - CALM_SECONDS:
            return ()
        since = late.watched_since(connection, (one.sender for one in mix)) if mix else {}
        news = tuple(one for one in mix if since[one.sender] < one.bucket)
        self._seen = newest
        if mix or newest - self._kept >= _REMEMBER_EVERY:
            self._kept = newest
            write_meta(connection, _SEEN, str(newest).encode())
        return news

    def _last_seen(self, connection: sa.Connection) -> int:
        if self._seen is None:
            kept = read_meta(connection, _SEEN)
            self._seen = self._kept = late.newest(connection) if kept is None else int(kept)
            if kept is None:
                write_meta(connection, _SEEN, str(self._seen).encode())
        return self._seen


def episodes(mix: Iterable[Mixed], apart: float) -> tuple[tuple[Mixed, ...], ...]:
    """Mail in the order of its time, cut where nothing was sent for `apart` seconds."""
    found: list[list[Mixed]] = []
    for one in sorted(mix, key=lambda each: each.bucket):
        if not found or one.bucket - found[-1][-1].bucket > apart:
            found.append([])
        found[-1].append(one)
    return tuple(tuple(episode) for episode in found)
