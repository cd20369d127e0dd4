"""Once a minute: what was sent lately, against what is usual; incidents decided and letters written.

Only series with something new are read. What is usual is worked out again every day (UTC) and remembered in
between; that memory is a convenience, everything that matters is in the store.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.alert.decide import Rules, decide
from auditor.alert.incident import ACTIVE, Decision, Incident, Occasion, Reason
from auditor.alert.late import look_back
from auditor.alert.links import link
from auditor.config.sections import Config
from auditor.lookout import unplanned
from auditor.lookout.absence import Absence
from auditor.lookout.days_off import days_off
from auditor.lookout.latecomers import Latecomers, episodes
from auditor.lookout.rises import Rises
from auditor.people import NO_TEAM, People
from auditor.post.spikes import Secretary
from auditor.statistics.days import HISTORY_WEEKS
from auditor.statistics.days_off import NONE, DaysOff
from auditor.statistics.look import look
from auditor.statistics.members import Membership
from auditor.statistics.scatter import COARSE_WINDOWS, FINE_WINDOWS, Channel, Limits
from auditor.statistics.series import DAY, HOUR, ORGANISATION, WEEK, Counts, Mixed, Series, Unit
from auditor.statistics.signs import find_new_templates, find_single_sends
from auditor.statistics.spikes import FRESH, REMEMBERED, Cause, Spike, window_start
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import LEARNT_UNTIL_DAYS, Band, Usual, expect, learn
from auditor.statistics.volumes import Volumes
from auditor.store import incidents, plans
from auditor.store.reading import volumes
from auditor.story.letter import Coverage

_AN_HOUR_AT_ONCE = 400
"""Of the series whose long windows are due, so many are read in one look."""

_LOOKED_BACK = (HOUR, 4 * HOUR)
"""Windows in which late mail is read: five-minute counts of that time may be gone."""


class Lookout:
    """Looks for spikes and writes the letters about them. One instance a configuration.

    `tick` belongs on the store's thread; an instance may be used by one thread at a time.
    """

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._people = people
        self._timezone = config.organisation.timezone
        self._secretary = Secretary(config, people)
        self._latecomers = Latecomers()
        self._membership = Membership(people, self._timezone, len(people.persons), 0)
        self._limits = self._limited_by(len(people.persons))
        self._absence = Absence(people, self._membership.teams)
        self._rises = Rises()
        self._days_off = NONE
        self._usual: Usual | None = None
        self._day = -1
        self._since = 0.0
        self._hour = -1
        self._due: list[Series] = []

    def tick(
        self,
        connection: sa.Connection,
        now: float,
        armed_at: float | None,
        coverage: Coverage | None = None,
        unread: Collection[str] = (),
    ) -> tuple[Decision, ...]:
        """Look once; write incidents and letters within the caller's transaction.

        Args:
            now: seconds since the epoch.
            armed_at: when the first audit was finished; None while it has not been: nothing opens then.
            coverage: how many of our people are watched, for the letters.
            unread: senders whose mailboxes have not been read for some minutes: nothing is missed of them.

        Returns:
            Every decision with its reason, for the log and the counters.
        """
        if armed_at is None:
            self._day = -1  # the past is still being read: what is usual is learned anew at the next look
            return ()
        alerts = self._config.alerts
        rules = Rules(armed_at, alerts.hold.total_seconds(), alerts.cooldown.total_seconds())
        decisions = incidents.write(connection, self._decide(connection, now, rules, unread))
        for decision in decisions:
            if decision.letter is not None and decision.incident is not None:
                usual = partial(self._band, decision.incident)
                self._secretary.tell(connection, decision.incident, decision.letter, now, usual, coverage)
        return decisions + self._look_back(connection, now, rules, coverage)

    def _look_back(
        self, connection: sa.Connection, now: float, rules: Rules, coverage: Coverage | None
    ) -> tuple[Decision, ...]:
        """Tell in one letter what late mail shows of a time that is over."""
        assert rules.armed_at is not None  # noqa: S101  # tick looks no further otherwise
        mix = self._latecomers.arrived(connection, now, rules.armed_at, rules.oldest)
        found = [
            Decision(Reason.TOO_OLD, one, letter=Occasion.MISSED)
            for episode in episodes(mix, rules.attach)
            for one in self._incidents_of(connection, episode, now, rules.armed_at)
        ]
        decisions = incidents.write(connection, found)
        if decisions:
            written = [one.incident for one in decisions if one.incident is not None]
            self._secretary.tell_missed(connection, written, now, coverage)
        return decisions

    def _incidents_of(
        self, connection: sa.Connection, mix: tuple[Mixed, ...], now: float, armed_at: float
    ) -> tuple[Incident, ...]:
        """What some late mail would have opened."""
        ends: dict[Series, set[float]] = {}
        for one in mix:
            for series in one.series:
                ends.setdefault(series, set()).add(float((one.bucket // HOUR + 1) * HOUR))
        self._learn(connection, ends)
        first = mix[0].bucket
        counts = volumes.hours(connection, ends, first - DAY)
        spikes = self._spikes(_in_seconds(counts), ends, _LOOKED_BACK)
        spikes += self._signs(connection, mix, ends, now)
        known, planned = incidents.load(connection, first), plans.between(connection, first, now)
        return look_back(known, spikes, now, armed_at, link(mix), planned)

    def usual_now(self, connection: sa.Connection, now: float) -> dict[str, Band]:
        """What is usual for each team in the hour that ends at `now`, in templated sends."""
        self._begin_day(connection, now)
        teams = [Series(Scope.TEAM, team) for team in self._membership.teams]
        self._learn(connection, teams)
        return {team.name: self._hour_band(team, now) for team in teams}

    def usual_of_all(self, now: float) -> Band | None:
        """The same for the whole organisation, as `usual_now` last learned it; None before that."""
        return None if self._usual is None else self._hour_band(ORGANISATION, now)

    def _hour_band(self, series: Series, now: float) -> Band:
        assert self._usual is not None  # noqa: S101  # learned by the callers
        mean = self._usual.between(series, Unit.SENDS, now - HOUR, now)
        weeks = self._usual.weeks_of(series)
        return self._limits.band(Channel(series.scope, HOUR), Unit.SENDS, mean, weeks)

    def _band(self, incident: Incident, start: float, end: float) -> Band:
        """What was usual between two moments for an incident's series, for the picture in its letter."""
        assert self._usual is not None  # noqa: S101  # an incident's series has been learned
        mean = self._usual.between(incident.series, incident.unit, start, end)
        weeks = self._usual.weeks_of(incident.series)
        return self._limits.band(Channel(incident.series.scope, DAY), incident.unit, mean, weeks)

    def usual_today(self, now: float) -> Band | None:
        """What is usual for the whole organisation from local midnight to `now`, in templated sends."""
        midnight = datetime.fromtimestamp(now, ZoneInfo(self._timezone)).replace(hour=0, minute=0, second=0)
        start = midnight.replace(microsecond=0).timestamp()
        if self._usual is None or start >= now:
            return None
        mean = self._usual.between(ORGANISATION, Unit.SENDS, start, now)
        weeks = self._usual.weeks_of(ORGANISATION)
        return self._limits.band(Channel(Scope.ORGANISATION, DAY), Unit.SENDS, mean, weeks)

    def _decide(
        self, connection: sa.Connection, now: float, rules: Rules, unread: Collection[str]
    ) -> tuple[Decision, ...]:
        self._begin_day(connection, now)
        known = incidents.load(connection, now - REMEMBERED)
        under_way = [one for one in known if one.state in ACTIVE]
        armed = (rules.armed_at or now) // FINE_SECONDS * FINE_SECONDS  # what was sent before is no news
        mix = volumes.mixed(connection, max(now - rules.oldest, armed), now, now - rules.attach, now - FRESH)
        fresh = _fresh(mix, now)
        self._begin_hour(mix, now)
        due, self._due = self._due[:_AN_HOUR_AT_ONCE], self._due[_AN_HOUR_AT_ONCE:]
        watched = {one.series for one in under_way}
        missed = self._absence.spikes(
            connection, now, armed, unread, under_way, partial(self._learn, connection),
            self._limits, self._days_off,
        )  # fmt: skip
        missed += self._rises.spikes(
            connection, now, armed, under_way, self._membership, self._since_when, self._limits,
            self._days_off,
        )  # fmt: skip
        if not (fresh or under_way or due or missed):
            return ()
        self._learn(connection, {*fresh, *watched, *due, *(spike.series for spike in missed)})
        lately = volumes.buckets(connection, {*fresh, *watched}, max(now - rules.oldest - DAY / 4, armed))
        long_ago = now - max(REMEMBERED, COARSE_WINDOWS[-1] + HOUR)
        further = volumes.buckets(connection, watched, max(long_ago, armed))
        hourly = volumes.hours(connection, due, max(now - COARSE_WINDOWS[-1] - HOUR, armed))
        spikes = self._spikes(
            lately, {series: fresh.get(series, set()) | {now} for series in lately}, FINE_WINDOWS
        )
        spikes += self._spikes(further, {series: {now} for series in further}, COARSE_WINDOWS)
        full = float(self._hour * HOUR)
        spikes += self._spikes(_in_seconds(hourly), {series: {full} for series in hourly}, COARSE_WINDOWS)
        spikes += self._signs(connection, mix, fresh, now) + missed
        if not spikes and not under_way:
            return ()
        return decide(
            known,
            spikes,
            now,
            rules,
            link(mix, self._homes(spikes)),
            _observed_again(under_way, further, armed, long_ago),
            plans.between(connection, now - REMEMBERED, now),
            plans.silences(connection, now),
        )

    def _homes(self, spikes: Iterable[Spike]) -> dict[str, str]:
        """The teams of those whose slow rises are read."""
        slow = (one.series for one in spikes if one.cause is Cause.SUSTAINED)
        return {one.name: self._people.team(one.name) for one in slow if one.scope is Scope.SENDER}

    def _begin_day(self, connection: sa.Connection, now: float) -> None:
        """Forget what was usual when a new day begins: the history has moved."""
        day = int(now // DAY)
        if day == self._day:
            return
        self._day = day
        self._usual = None
        self._days_off = self._days_off_about(now)
        first = volumes.first_volume(connection)
        self._since = now if first is None else first
        senders = max(len(self._people.persons), volumes.senders(connection))
        templates = volumes.templates_in_use(connection, now - 4 * WEEK)
        self._membership = Membership(self._people, self._timezone, senders, templates)
        self._limits = self._limited_by(senders)

    def _days_off_about(self, now: float) -> DaysOff:
        """Days off of this year and those beside it, as the configuration names them."""
        ours = self._config.organisation
        zones = {person.timezone or self._timezone for person in self._people.persons.values()}
        year = datetime.fromtimestamp(now, UTC).year
        return days_off(ours.holidays, ours.days_off, {self._timezone, *zones}, range(year - 1, year + 2))

    def _begin_hour(self, mix: Iterable[Mixed], now: float) -> None:
        """When an hour is full, the long windows of everything that was sent in it are due."""
        hour = int(now // HOUR)
        if hour == self._hour:
            return
        self._hour = hour
        last = [one for one in mix if (hour - 1) * HOUR <= one.bucket < hour * HOUR]
        self._due = sorted({series for one in last for series in one.series})

    def _limited_by(self, senders: int) -> Limits:
        alerts = self._config.alerts
        teams = len(self._membership.teams)
        return Limits(alerts.at_most_per_month, alerts.single_send_recipients, senders, teams)

    def _learn(self, connection: sa.Connection, watched: Iterable[Series]) -> Usual:
        """Work out what is usual for the watched series and for the wholes they belong to."""
        wanted = {ORGANISATION, *watched}
        wanted |= {self._membership.parent(series) for series in wanted if series != ORGANISATION}
        known = self._usual
        if known is None:  # teams lean on each other: they are learned together
            wanted |= {Series(Scope.TEAM, team) for team in self._membership.teams}
        missing = sorted(wanted if known is None else wanted - set(known.places))
        if known is not None and not missing:
            return known
        until = (self._day - LEARNT_UNTIL_DAYS) * 24
        since = until - HISTORY_WEEKS * WEEK // HOUR
        counts = unplanned.hours(connection, missing, since, (self._day + 1) * float(DAY))
        members = [self._membership.member(one, self._since_when(one, counts[one])) for one in missing]
        history = Volumes.of_mappings(counts, HOUR)
        learned = learn(members, history, until, self._days_off, known)
        self._usual = learned if known is None else known.joined(learned)
        return self._usual

    def _since_when(self, series: Series, counts: Counts) -> float:
        """A series exists from its first send on: before, it had no chance to send."""
        if series == ORGANISATION:
            return self._since
        return float(min(counts) * HOUR if counts else (self._day + 1) * DAY)

    def _spikes(
        self, counts: Mapping[Series, Counts], ends: Mapping[Series, set[float]], windows: tuple[int, ...]
    ) -> tuple[Spike, ...]:
        """Read each series over the windows that end at its `ends`."""
        assert self._usual is not None  # noqa: S101  # learned by the caller
        judged = {series: counts[series] for series in counts if series != Series(Scope.TEAM, NO_TEAM)}
        return look(judged, ends, self._usual, windows, self._limits)

    def _signs(
        self, connection: sa.Connection, mix: tuple[Mixed, ...], fresh: Iterable[Series], now: float
    ) -> tuple[Spike, ...]:
        """Single sends to very many people, and new templates that many people send."""
        assert self._usual is not None  # noqa: S101  # learned by the caller
        series = sorted(one for one in fresh if one.scope in (Scope.SENDER, Scope.TEMPLATE))
        if not series:
            return ()
        first_sent = volumes.first_sent(
            connection, [one.name for one in series if one.scope is Scope.TEMPLATE]
        )
        first = int(min(one.bucket for one in mix) // HOUR)
        expected = expect(self._usual, series, first, int(now // HOUR) + 2 - first)
        singles = find_single_sends(mix, expected, self._limits)
        return singles + find_new_templates(mix, first_sent, expected, now, self._limits)


def _fresh(mix: Iterable[Mixed], now: float) -> dict[Series, set[float]]:
    """Series that something came into within the last minutes, and the ends of buckets it came late into."""
    fresh: dict[Series, set[float]] = {}
    for one in mix:
        if max(one.bucket + FINE_SECONDS, one.stored_at) < now - FRESH:
            continue
        end = float(one.bucket + FINE_SECONDS)
        late = {end} if end < now - FRESH else set()
        for series in one.series:
            fresh.setdefault(series, set()).update(late)
    return fresh


def _in_seconds(hourly: Mapping[Series, Counts]) -> dict[Series, Counts]:
    """Counts by hour since the epoch, by the hour's start instead."""
    return {series: {hour * HOUR: pair for hour, pair in counts.items()} for series, counts in hourly.items()}


def _observed_again(
    under_way: Iterable[Incident], counts: Mapping[Series, Counts], armed: float, since: float
) -> dict[int, int]:
    """What the window of each incident holds now; a reclassification may have emptied it.

    Incidents from before `armed` are left out, and those whose window begins before `since`, as after a long
    sleep: counts that begin there would make them look empty.
    """
    again = {}
    for one in under_way:
        start = window_start(one.until, one.window)
        if one.id is None or one.first_seen < armed or start < since:
            continue
        within = [pair for at, pair in counts[one.series].items() if start <= at < one.until]
        again[one.id] = sum(pair[one.unit.place] for pair in within)
    return again
