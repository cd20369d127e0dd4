"""Time passes over recorded sends: every five minutes a look, through the daemon's own detector and decision.

A day is read at once to find the looks at which something alarms; only those, and those while an incident
is under way, are gone through one by one. The incidents are the same as if every look had been.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from auditor.alert.decide import Rules, decide
from auditor.alert.incident import ACTIVE, Decision, Incident, State
from auditor.alert.links import link
from auditor.people import NO_TEAM
from auditor.replay.rises import Rises
from auditor.replay.tape import Tape
from auditor.statistics.days_off import NONE, DaysOff
from auditor.statistics.drops import lasting, read_drops
from auditor.statistics.members import Membership
from auditor.statistics.scatter import COARSE_WINDOWS, FINE_WINDOWS, Limits
from auditor.statistics.series import DAY, HOUR, WEEK, Series
from auditor.statistics.signs import (
    NEW_TEMPLATE_AGE,
    NEW_TEMPLATE_SENDERS,
    NEW_TEMPLATE_WINDOW,
    find_new_templates,
    find_single_sends,
)
from auditor.statistics.spikes import FRESH, REMEMBERED, Cause, Readings, Spike, Way, read
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import LEARNT_UNTIL_DAYS, Expected, expect, learn
from auditor.statistics.volumes import Integers, Volumes

ARMED_AFTER = 2 * WEEK
"""So much history must be there before anything opens."""

LONGEST_GAP = 2 * WEEK
"""After such a silence the recording begins anew: what lies before says nothing of what comes."""


class Drive:
    """One run over a tape."""

    def __init__(self, tape: Tape, membership: Membership, limits: Limits, days_off: DaysOff = NONE) -> None:
        self._tape = tape
        self._membership = membership
        self._limits = limits
        self._days_off = days_off
        self._drops: tuple[Readings, ...] = ()
        self._rises = Rises(tape, membership, limits, days_off)
        self._incidents: dict[int, Incident] = {}
        series = tape.fine.series
        self._judged = np.array([one != Series(Scope.TEAM, NO_TEAM) for one in series])
        self._first_sent = {
            one.name: float(since)
            for one, since in zip(series, tape.since, strict=True)
            if one.scope is Scope.TEMPLATE
        }

    def decisions(self, progress: Callable[[float], None] = lambda done: None) -> Iterator[Decision]:
        """Everything that is decided, in order of time; `progress` is told how far it is, from 0 to 1."""
        times = self._tape.times
        breaks = np.nonzero(np.diff(times) > LONGEST_GAP)[0] + 1
        for part in np.split(times, breaks):
            begun, last = float(part[0]), int(part[-1] // DAY)
            for day in range(int(begun // DAY), last + 1):
                yield from self._day(day, begun)
                progress(float(np.searchsorted(times, (day + 1) * DAY)) / len(times))

    def _day(self, day: int, begun: float) -> Iterator[Decision]:
        if (day + 1) * DAY <= begun + ARMED_AFTER:
            return
        expected = self._expected(day, begun)
        rules = Rules(begun + ARMED_AFTER)
        readings = self._readings(day, expected)
        ticks = self._alarming(day, readings) | self._rises.read(day, begun)
        for tick in range(day * DAY + FINE_SECONDS, (day + 1) * DAY + 1, FINE_SECONDS):
            if tick in ticks or self._under_way():
                yield from self._look(float(tick), expected, rules)

    def _expected(self, day: int, begun: float) -> Expected:
        """What is usual on a day, from the days before."""
        tape = self._tape
        members = [
            self._membership.member(one, max(float(since), begun))
            for one, since in zip(tape.hourly.series, tape.since.tolist(), strict=True)
        ]
        usual = learn(members, tape.hourly, (day - LEARNT_UNTIL_DAYS) * 24, self._days_off)
        return expect(usual, tape.hourly.series, (day - 8) * 24, 9 * 24 + 1)

    def _readings(self, day: int, expected: Expected) -> tuple[Readings, ...]:
        """What every look of a day reads of the series that something came into."""
        found: list[Readings] = []
        for volumes, width, windows in (
            (self._tape.fine, FINE_SECONDS, FINE_WINDOWS),
            (self._tape.hourly, HOUR, COARSE_WINDOWS),
        ):
            places, starts = volumes.places, volumes.starts
            today = (starts >= day * DAY) & (starts < (day + 1) * DAY) & self._judged[places]
            ends = (starts[today] + width).astype(np.float64)
            found += read(volumes, expected, places[today], ends, windows, self._limits)
        ends = np.arange(day * DAY + FINE_SECONDS, (day + 1) * DAY + 1, FINE_SECONDS, dtype=np.float64)
        drops = read_drops(self._tape.fine, expected, ends, self._limits, self._days_off)
        self._drops = tuple(some.only(self._judged[some.place]) for some in drops)
        return (*found, *self._drops)

    def _alarming(self, day: int, readings: tuple[Readings, ...]) -> frozenset[int]:
        """The looks of a day at which something may alarm."""
        ticks: set[int] = set()
        for some in readings:
            ticks.update(some.end[some.strength >= 1].astype(np.int64).tolist())
        first, last = np.searchsorted(self._tape.times, [day * DAY - NEW_TEMPLATE_WINDOW, (day + 1) * DAY])
        senders: dict[str, dict[str, float]] = {}
        for event in self._tape.events[first:last]:
            tick = _look_after(event.sent_at)
            if event.recipients >= self._limits.single_send_recipients:
                ticks.add(tick)
            if event.sent_at - self._first_sent[event.template] < NEW_TEMPLATE_AGE:
                lately = senders.setdefault(event.template, {})
                lately[event.sender] = event.sent_at
                since = tick - NEW_TEMPLATE_WINDOW
                if (
                    len(lately) >= NEW_TEMPLATE_SENDERS
                    and sum(at >= since for at in lately.values()) >= NEW_TEMPLATE_SENDERS
                ):
                    ticks.add(tick)
        return frozenset(ticks)

    def _under_way(self) -> list[Incident]:
        return [one for one in self._incidents.values() if one.state in ACTIVE]

    def _look(self, now: float, expected: Expected, rules: Rules) -> Iterator[Decision]:
        known = [
            one
            for one in self._incidents.values()
            if one.state in ACTIVE or one.updated_at >= now - REMEMBERED
        ]
        mix = self._tape.mixed(now - rules.attach, now)
        spikes = self._spikes(now, expected, [one for one in known if one.state in ACTIVE])
        spikes += find_single_sends([one for one in mix if one.bucket >= now - FRESH], expected, self._limits)
        spikes += find_new_templates(mix, self._first_sent, expected, now, self._limits)
        slow = [one.series.name for one in spikes if one.cause is Cause.SUSTAINED]
        links = link(mix, {name: self._tape.homes[name] for name in slow if name in self._tape.homes})
        for decision in decide(known, spikes, now, rules, links):
            yield self._kept(decision)

    def _spikes(self, now: float, expected: Expected, under_way: list[Incident]) -> tuple[Spike, ...]:
        """What one look reads: series that something came into lately, and those of incidents."""
        tape, series = self._tape, self._tape.fine.series
        places = {one: n for n, one in enumerate(series)}
        watched = {places[one.series] for one in under_way if one.series in places}
        fresh = self._fresh(now, FRESH) | watched
        hourly = watched | (self._fresh(now, HOUR) if now % HOUR == 0 else set())
        found = list(_read(tape.fine, expected, fresh, now, FINE_WINDOWS, self._limits))
        found += _read(tape.hourly, expected, hourly, now, COARSE_WINDOWS, self._limits)
        found += [some.only(some.end == now) for some in self._drops]
        spikes = tuple(spike for some in found for spike in some.spikes(series))
        dropped = {
            places[one.series] for one in under_way if one.cause.way is Way.DOWN and one.state is State.OPEN
        }
        risen = self._rises.at(now, under_way)
        still = (lasting(tape.fine, expected, place, now, self._limits) for place in sorted(dropped))
        return spikes + risen + tuple(spike for spike in still if spike is not None)

    def _fresh(self, now: float, seconds: int) -> set[int]:
        """Places of the series that something was sent in within the last seconds."""
        every = np.nonzero(self._judged)[0]
        ends = np.full(len(every), int(now))
        return set(every[self._tape.fine.between(every, ends - seconds, ends)[0] > 0].tolist())

    def _kept(self, decision: Decision) -> Decision:
        """The decision with its incident in the memory of this run, under a number of its own."""
        incident = decision.incident
        if incident is None:
            return decision
        if incident.id is None:
            incident = replace(incident, id=len(self._incidents) + 1)
        assert incident.id is not None  # noqa: S101  # given above
        self._incidents[incident.id] = incident
        return replace(decision, incident=incident)


def _look_after(moment: float) -> int:
    """The first look that sees a send."""
    return int(moment // FINE_SECONDS + 1) * FINE_SECONDS


def _read(
    volumes: Volumes,
    expected: Expected,
    places: set[int],
    now: float,
    windows: tuple[int, ...],
    limits: Limits,
) -> tuple[Readings, ...]:
    at: Integers = np.array(sorted(places), dtype=np.int64)
    return read(volumes, expected, at, np.full(len(at), now), windows, limits)


def opened(decisions: Iterator[Decision]) -> Iterator[Incident]:
    """Each incident as it opened, once."""
    seen: set[int | None] = set()
    for decision in decisions:
        one = decision.incident
        if one is not None and one.opened_at is not None and one.id not in seen:
            seen.add(one.id)
            yield one
