"""Whether teams, or everybody, have fallen silent, over the mailboxes that have been read that far."""

from collections.abc import Callable, Collection, Iterable

import sqlalchemy as sa

from auditor.alert.incident import Incident, State
from auditor.people import NO_TEAM, People
from auditor.statistics.days_off import DaysOff
from auditor.statistics.drops import Gap
from auditor.statistics.look import look_for_drops
from auditor.statistics.scatter import DROP_WINDOWS, Limits
from auditor.statistics.series import DAY, HOUR, MINUTE, ORGANISATION, Series, Unit
from auditor.statistics.spikes import Spike, Way, window_start
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Usual
from auditor.store.reading import volumes

READ_WITHIN = 15 * MINUTE
"""So much later a mailbox that is well has been read; drops are judged up to this long ago."""

_TOO_MANY_UNREAD = 0.5
"""Where so many of our people's mailboxes are behind, nothing can be missed."""

Learn = Callable[[Iterable[Series]], Usual]


class Absence:
    """Reads drops every five minutes, and says the same in between."""

    def __init__(self, people: People, teams: Collection[str]) -> None:
        self._people = people
        self._wholes = [
            ORGANISATION,
            *(Series(Scope.TEAM, team) for team in sorted(teams) if team != NO_TEAM),
        ]
        self._end = 0.0
        self._spikes: tuple[Spike, ...] = ()

    def spikes(
        self,
        connection: sa.Connection,
        now: float,
        armed: float,
        unread: Collection[str],
        under_way: Iterable[Incident],
        learn: Learn,
        limits: Limits,
        days_off: DaysOff,
    ) -> tuple[Spike, ...]:
        """Every drop there is.

        Args:
            now: seconds since the epoch.
            armed: from when on everything that was sent is counted.
            unread: senders whose mailboxes have not been read for `READ_WITHIN` or longer.
            under_way: incidents, pending and open.
            learn: what is usual for some series.
            limits: what the company accepts.
            days_off: on which nobody is missed.
        """
        end = (now - READ_WITHIN) // FINE_SECONDS * FINE_SECONDS
        if len(unread) > _TOO_MANY_UNREAD * max(len(self._people.persons), 1):
            return ()
        if end == self._end:
            return self._spikes
        usual = learn([*self._wholes, *(Series(Scope.SENDER, one) for one in unread)])
        counts = volumes.buckets(connection, self._wholes, end - 2 * DAY - HOUR)
        gaps = self._gaps(connection, usual, end, unread)
        dropped = {one.series for one in under_way if one.state is State.OPEN and one.cause.way is Way.DOWN}
        self._end = end
        self._spikes = look_for_drops(counts, usual, end, armed, limits, days_off, gaps, dropped)
        return self._spikes

    def _gaps(
        self, connection: sa.Connection, usual: Usual, end: float, unread: Collection[str]
    ) -> dict[tuple[Series, int], Gap]:
        """By series and window what the mailboxes that are behind would usually carry, and are known to."""
        if not unread:
            return {}
        series = [Series(Scope.SENDER, one) for one in sorted(unread)]
        counts = volumes.buckets(connection, series, end - DROP_WINDOWS[-1] - HOUR)
        gaps: dict[tuple[Series, int], Gap] = {}
        for window in DROP_WINDOWS:
            start = window_start(end, window)
            for one in series:
                missing = usual.between(one, Unit.SENDS, start, end)
                known = sum(pair[0] for at, pair in counts[one].items() if start <= at < end)
                for whole in (ORGANISATION, Series(Scope.TEAM, self._people.team(one.name))):
                    gap = gaps.get((whole, window), Gap(0.0, 0))
                    gaps[whole, window] = Gap(gap.expected + missing, gap.observed + known)
        return gaps
