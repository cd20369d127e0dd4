"""Once a minute: what was sent lately, against what is usual; incidents decided and letters written.

Only series with something new are read. What is usual is worked out again every hour and remembered in
between; that memory is a convenience, everything that matters is in the store.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.alert.decide import Rules, decide
from auditor.alert.incident import ACTIVE, Decision, Incident
from auditor.alert.links import link
from auditor.config.sections import Config
from auditor.people import NO_TEAM, People
from auditor.post.spikes import Secretary
from auditor.statistics.series import (
    DAY,
    HOUR,
    MINUTE,
    ORGANISATION,
    WEEK,
    Counts,
    History,
    Mixed,
    Recent,
    Series,
    Unit,
)
from auditor.statistics.spikes import (
    Limits,
    Spike,
    find,
    find_new_templates,
    find_single_sends,
    volume,
)
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import HISTORY_WEEKS, Band, Usual, usual
from auditor.store import incidents, plans, volumes
from auditor.story.letter import Coverage

_FRESH = 10 * MINUTE
_REMEMBERED = 4 * DAY
"""How long an ended incident still explains longer windows that reach back over it."""

_FEWEST_TEMPLATES = 20
_KNOWN_AS_TEAM = 3
"""From this many people a team's size is taken from people.csv; below, an average sender is assumed."""


class Lookout:
    """Looks for spikes and writes the letters about them. One instance a configuration.

    `tick` belongs on the store's thread; an instance may be used by one thread at a time.
    """

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._people = people
        self._timezone = config.organisation.timezone
        self._secretary = Secretary(config, people)
        self._usual: dict[Series, Usual] = {}
        self._usual_hour = -1
        self._since = 0.0
        self._templates = _FEWEST_TEMPLATES
        self._team_sizes = Counter(people.team(address) for address in people.persons)
        self._limits = self._limited_by(len(people.persons))
        self._team_zones = _team_zones(people, self._timezone)

    def tick(
        self,
        connection: sa.Connection,
        now: float,
        armed_at: float | None,
        coverage: Coverage | None = None,
    ) -> tuple[Decision, ...]:
        """Look once; write incidents and letters within the caller's transaction.

        Args:
            now: seconds since the epoch.
            armed_at: when the first audit was finished; None while it has not been: nothing opens then.
            coverage: how many of our people are watched, for the letters.

        Returns:
            Every decision with its reason, for the log and the counters.
        """
        if armed_at is None:
            return ()
        alerts = self._config.alerts
        rules = Rules(armed_at, alerts.hold.total_seconds(), alerts.cooldown.total_seconds())
        decisions = incidents.write(connection, self._decide(connection, now, rules))
        for decision in decisions:
            if decision.letter is not None and decision.incident is not None:
                usual = partial(self._band, decision.incident)
                self._secretary.tell(connection, decision.incident, decision.letter, now, usual, coverage)
        return decisions

    def usual_now(self, connection: sa.Connection, now: float) -> dict[str, Band]:
        """What is usual for each team in the hour that ends at `now`, in templated sends."""
        self._begin_hour(connection, now)
        teams = {Series(Scope.TEAM, team) for team in self._team_sizes}
        self._learn(connection, teams)
        return {team.name: self._limits.hour(Scope.TEAM, self._usual[team], now) for team in teams}

    def usual_of_all(self, now: float) -> Band | None:
        """The same for the whole organisation, as `usual_now` last learned it; None before that."""
        known = self._usual.get(ORGANISATION)
        return None if known is None else self._limits.hour(Scope.ORGANISATION, known, now)

    def usual_today(self, now: float) -> Band | None:
        """What is usual for the whole organisation from local midnight to `now`, in templated sends."""
        known = self._usual.get(ORGANISATION)
        begin = datetime.fromtimestamp(now, ZoneInfo(self._timezone)).replace(hour=0, minute=0, second=0)
        start = begin.replace(microsecond=0).timestamp()
        if known is None or start >= now:
            return None
        return self._limits.around(Scope.ORGANISATION, Unit.SENDS, known, start, now)

    def _decide(self, connection: sa.Connection, now: float, rules: Rules) -> tuple[Decision, ...]:
        self._begin_hour(connection, now)
        known = incidents.load(connection, now - _REMEMBERED)
        under_way = [one for one in known if one.state in ACTIVE]
        armed = (rules.armed_at or now) // FINE_SECONDS * FINE_SECONDS  # what was sent before is no news
        mix = volumes.mixed(connection, max(now - rules.oldest, armed), now, now - rules.attach, now - _FRESH)
        fresh = _fresh(mix, now)
        watched = {*fresh, *(one.series for one in under_way)}
        if not watched:
            return ()
        counts = volumes.buckets(connection, watched, max(now - _REMEMBERED, armed))
        self._learn(connection, watched)
        first_sent = volumes.first_sent(connection, _names(fresh, Scope.TEMPLATE))
        spikes = self._spikes(fresh, counts, now)
        spikes += find_single_sends(mix, self._usual, self._limits)
        spikes += find_new_templates(mix, first_sent, self._usual, now)
        if not spikes and not under_way:
            return ()
        return decide(
            known,
            spikes,
            now,
            rules,
            link(mix),
            _observed_again(under_way, counts, armed),
            plans.between(connection, now - _REMEMBERED, now),
            plans.silences(connection, now),
        )

    def _band(self, incident: Incident, start: float, end: float) -> Band:
        """What was usual between two moments for an incident's series, for the picture in its letter."""
        usual = self._usual[incident.series]
        return self._limits.around(incident.series.scope, incident.unit, usual, start, end)

    def _begin_hour(self, connection: sa.Connection, now: float) -> None:
        """Forget what was usual when a new hour begins: the history has moved."""
        hour = int(now // HOUR)
        if hour == self._usual_hour:
            return
        self._usual_hour = hour
        self._usual.clear()
        first = volumes.first_volume(connection)
        self._since = now if first is None else first
        self._limits = self._limited_by(max(len(self._people.persons), volumes.senders(connection)))
        self._templates = max(volumes.templates_in_use(connection, now - 4 * WEEK), _FEWEST_TEMPLATES)

    def _limited_by(self, senders: int) -> Limits:
        alerts = self._config.alerts
        return Limits(alerts.at_most_per_month, alerts.single_send_recipients, senders, len(self._team_sizes))

    def _learn(self, connection: sa.Connection, watched: Iterable[Series]) -> None:
        """Work out what is usual for the watched series and for the wholes they belong to."""
        wanted = {ORGANISATION, *watched}
        wanted |= {self._parent(series) for series in wanted}
        missing = sorted(wanted - set(self._usual), key=lambda one: -_DEPTH[one.scope])
        until = self._usual_hour - DAY // HOUR
        counts = volumes.hours(connection, missing, (until - HISTORY_WEEKS * WEEK // HOUR) * HOUR)
        for series in missing:
            history = self._history(series, counts[series])
            parent = None if series == ORGANISATION else self._usual[self._parent(series)]
            self._usual[series] = usual(history, until, parent, self._members(series))

    def _history(self, series: Series, counts: Counts) -> History:
        """A series exists from its first send on: before, it had no chance to send."""
        since = self._since
        if series != ORGANISATION:
            since = float(min(counts) * HOUR if counts else self._usual_hour * HOUR)
        return History(series.scope, series.name, self._zone(series), counts, since)

    def _zone(self, series: Series) -> str:
        if series.scope is Scope.SENDER:
            return self._people.timezone(series.name, self._timezone)
        if series.scope is Scope.TEAM:
            return self._team_zones.get(series.name, self._timezone)
        return self._timezone

    def _parent(self, series: Series) -> Series:
        team = self._people.team(series.name) if series.scope is Scope.SENDER else NO_TEAM
        if team != NO_TEAM and self._team_sizes[team] >= _KNOWN_AS_TEAM:
            return Series(Scope.TEAM, team)
        return ORGANISATION

    def _members(self, series: Series) -> float:
        """Among how many series the parent's volume is divided."""
        if series.scope is Scope.SENDER:
            team = self._parent(series)
            return float(
                self._team_sizes[team.name] if team.scope is Scope.TEAM else max(self._limits.people, 1)
            )
        if series.scope is Scope.TEAM:
            return float(max(len(self._team_sizes), 1))
        return float(self._templates)

    def _spikes(
        self, fresh: Mapping[Series, set[float]], counts: Mapping[Series, Counts], now: float
    ) -> tuple[Spike, ...]:
        return tuple(
            spike
            for series in sorted(counts)
            if series != Series(Scope.TEAM, NO_TEAM)
            for spike in find(
                Recent(series, counts[series]), self._usual[series], now, self._limits, fresh.get(series, ())
            )
        )


_DEPTH = {Scope.SENDER: 0, Scope.TEMPLATE: 0, Scope.TEAM: 1, Scope.ORGANISATION: 2}


def _fresh(mix: Iterable[Mixed], now: float) -> dict[Series, set[float]]:
    """Series that something came into within the last minutes, and the ends of buckets it came late into."""
    fresh: dict[Series, set[float]] = {}
    for one in mix:
        if max(one.bucket + FINE_SECONDS, one.stored_at) < now - _FRESH:
            continue
        end = float(one.bucket + FINE_SECONDS)
        late = {end} if end < now - _FRESH else set()
        for series in (
            Series(Scope.SENDER, one.sender),
            Series(Scope.TEMPLATE, one.template),
            Series(Scope.TEAM, one.team),
            ORGANISATION,
        ):
            fresh.setdefault(series, set()).update(late)
    return fresh


def _names(series: Iterable[Series], scope: Scope) -> list[str]:
    return [one.name for one in series if one.scope is scope]


def _observed_again(
    under_way: Iterable[Incident], counts: Mapping[Series, Counts], armed: float
) -> dict[int, int]:
    """What the window of each incident holds now; a reclassification may have emptied it.

    Incidents from before `armed` are left out: counts that begin there would make them look empty.
    """
    return {
        one.id: volume(Recent(one.series, counts[one.series]), one.until, one.window)[one.unit.place]
        for one in under_way
        if one.id is not None and one.first_seen >= armed
    }


def _team_zones(people: People, default: str) -> dict[str, str]:
    """The time zone in which most people of each team work."""
    zones: dict[str, Counter[str]] = {}
    for address in sorted(people.persons):
        zones.setdefault(people.team(address), Counter())[people.timezone(address, default)] += 1
    return {team: counter.most_common(1)[0][0] for team, counter in zones.items()}
