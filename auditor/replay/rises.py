"""Slow rises over recorded sends: read when a local day ends, and kept until the next one has."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.alert.incident import Incident
from auditor.people import NO_TEAM
from auditor.replay.tape import Tape
from auditor.statistics.clock import local_day, midnights
from auditor.statistics.days import is_working_day
from auditor.statistics.days_off import DaysOff
from auditor.statistics.members import Membership
from auditor.statistics.scatter import Limits
from auditor.statistics.series import HOUR, Series
from auditor.statistics.spikes import Cause, Spike
from auditor.statistics.sustained import COURSES, find_rises, still
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member


class Rises:
    """The slow rises of one run over a tape, day after day."""

    def __init__(self, tape: Tape, membership: Membership, limits: Limits, days_off: DaysOff) -> None:
        self._tape = tape
        self._limits = limits
        self._days_off = days_off
        self._zones: dict[str, list[Member]] = {}
        for one, since in zip(tape.hourly.series, tape.since.tolist(), strict=True):
            if one.scope in COURSES and one != Series(Scope.TEAM, NO_TEAM):
                member = membership.member(one, float(since))
                self._zones.setdefault(member.timezone, []).append(member)
        self._read: dict[float, tuple[str, tuple[Spike, ...]]] = {}
        self._latest: dict[str, tuple[Spike, ...]] = {}

    def read(self, day: int, begun: float) -> frozenset[int]:
        """Read every local day that ends on a day (UTC); the looks at which something alarms.

        Args:
            day: since the epoch.
            begun: what was sent before says nothing.
        """
        self._settle(float(day * 24 * HOUR))
        for zone, members in self._zones.items():
            for midnight in midnights(zone, day * 24 + 1, 24):
                if is_working_day(zone, local_day(zone, midnight - 1), self._days_off):
                    known = [replace(one, since=max(one.since, begun)) for one in members]
                    found = find_rises(known, self._tape.hourly, midnight, self._limits, self._days_off)
                    self._read[float(midnight * HOUR)] = zone, found
        alarming = {
            int(at) for at, (_, found) in self._read.items() if any(spike.alarming for spike in found)
        }
        return frozenset(alarming)

    def at(self, now: float, under_way: Iterable[Incident]) -> tuple[Spike, ...]:
        """What a look finds: what is new now, and what keeps incidents open."""
        self._settle(now)
        watched = {one.series for one in under_way if one.cause is Cause.SUSTAINED}
        return tuple(
            spike if spike.end == now else still(spike, now)
            for found in self._latest.values()
            for spike in found
            if spike.end == now or spike.series in watched
        )

    def _settle(self, now: float) -> None:
        for at in sorted(self._read):
            if at <= now:
                zone, found = self._read.pop(at)
                self._latest[zone] = found
