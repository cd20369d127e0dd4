"""Slow rises as the daemon reads them: some series a look, once their local day has ended.

What was read holds until the next working day has ended. Nothing is remembered beyond that: after a restart
the latest day is read again, and an incident under way goes on from it.
"""

from collections.abc import Callable, Collection, Iterable

import sqlalchemy as sa

from auditor.alert.incident import Incident
from auditor.lookout import unplanned
from auditor.people import NO_TEAM
from auditor.statistics.clock import local_day, midnights
from auditor.statistics.days import HISTORY_WEEKS, is_working_day
from auditor.statistics.days_off import DaysOff
from auditor.statistics.members import Membership
from auditor.statistics.scatter import Limits
from auditor.statistics.series import DAY, HOUR, ORGANISATION, WEEK, Counts, Series
from auditor.statistics.spikes import Cause, Spike
from auditor.statistics.sustained import COURSES, find_rises, still
from auditor.statistics.tally import Scope
from auditor.statistics.volumes import Volumes
from auditor.store.reading import volumes

AT_ONCE = 100
"""So many series are read in one look."""

_LONGEST_BREAK = 10
"""Days in a row on which nobody works; then the latest working day is no news any more."""


class Rises:
    """Reads each time zone once a working day. One instance a configuration."""

    def __init__(self) -> None:
        self._ended: dict[str, int] = {}
        self._due: list[tuple[str, Series]] = []
        self._found: dict[Series, Spike] = {}

    def spikes(
        self,
        connection: sa.Connection,
        now: float,
        armed: float,
        under_way: Iterable[Incident],
        membership: Membership,
        since: Callable[[Series, Counts], float],
        limits: Limits,
        days_off: DaysOff,
    ) -> tuple[Spike, ...]:
        """What is new, and what keeps incidents open.

        Args:
            now: seconds since the epoch.
            armed: a rise that began before is no news.
            under_way: incidents, pending and open.
            membership: where the series live.
            since: from when on a series with such hourly counts would have been seen.
            limits: what the company accepts.
            days_off: on which nobody works.
        """
        watched = {one.series for one in under_way if one.cause is Cause.SUSTAINED}
        self._begin_days(connection, now, watched, membership, days_off)
        due, self._due = self._due[:AT_ONCE], self._due[AT_ONCE:]
        fresh: list[Spike] = []
        for zone in sorted({zone for zone, _ in due}):
            some = [series for of, series in due if of == zone]
            found = self._read(connection, zone, some, membership, since, limits, days_off)
            fresh += [spike for spike in found if spike.start >= armed]
        self._found.update({spike.series: spike for spike in fresh})
        kept = watched | {spike.series for spike in fresh}
        return tuple(still(self._found[one], now) for one in sorted(kept & set(self._found)))

    def _begin_days(
        self,
        connection: sa.Connection,
        now: float,
        watched: Collection[Series],
        membership: Membership,
        days_off: DaysOff,
    ) -> None:
        """Where a working day has ended, all that sent much on it is due."""
        ended = {zone: at for zone in membership.timezones if (at := _last_end(zone, now, days_off))}
        over = {zone: at for zone, at in ended.items() if self._ended.get(zone) != at}
        if not over:
            return
        self._ended |= over
        self._found = {one: spike for one, spike in self._found.items() if membership.zone(one) not in over}
        self._due = [(zone, series) for zone, series in self._due if zone not in over]
        for at in sorted(set(over.values())):
            sent = volumes.sent_at_least(
                connection,
                {scope: course.least for scope, course in COURSES.items()},
                at * HOUR - DAY,
                at * HOUR,
            )
            for series in sorted({*sent, *watched}):
                zone = membership.zone(series)
                if over.get(zone) == at and series != Series(Scope.TEAM, NO_TEAM):
                    self._due.append((zone, series))

    def _read(
        self,
        connection: sa.Connection,
        zone: str,
        some: Collection[Series],
        membership: Membership,
        since: Callable[[Series, Counts], float],
        limits: Limits,
        days_off: DaysOff,
    ) -> tuple[Spike, ...]:
        until = self._ended[zone]
        first = until - HISTORY_WEEKS * WEEK // HOUR
        counts = unplanned.hours(connection, [ORGANISATION, *some], first, float(until * HOUR))
        members = [membership.member(one, since(one, counts[one])) for one in some]
        return find_rises(members, Volumes.of_mappings(counts, HOUR), until, limits, days_off)


def _last_end(zone: str, now: float, days_off: DaysOff) -> int | None:
    """The hour since the epoch at which the latest working day of a time zone ended."""
    hours = _LONGEST_BREAK * 24
    for end in reversed(midnights(zone, int(now // HOUR) - hours + 1, hours)):
        if is_working_day(zone, local_day(zone, end - 1), days_off):
            return end
    return None
