"""To which whole each series belongs, and in which time zone it lives: what people.csv says of it."""

from collections import Counter

from auditor.people import NO_TEAM, People
from auditor.statistics.series import ORGANISATION, Series
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member

FEWEST_TEMPLATES = 20
_KNOWN_AS_TEAM = 3
"""From this many people a team's size is taken from people.csv; below, an average sender is assumed."""


class Membership:
    """Answers for one company; `senders` and `templates` are how many it has in all."""

    def __init__(self, people: People, timezone: str, senders: int, templates: int) -> None:
        self._people = people
        self._timezone = timezone
        self._senders = max(senders, 1)
        self._templates = max(templates, FEWEST_TEMPLATES)
        self._sizes = Counter(people.team(address) for address in people.persons)
        self._zones = _team_zones(people, timezone)
        zones = {people.timezone(address, timezone) for address in people.persons}
        self._timezones = tuple(sorted({timezone, *zones}))

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams that have people, sorted."""
        return tuple(sorted(self._sizes))

    @property
    def timezones(self) -> tuple[str, ...]:
        """Every time zone that somebody lives in, sorted."""
        return self._timezones

    def member(self, series: Series, since: float) -> Member:
        """What has to be known of a series that exists since a moment (seconds since the epoch)."""
        if series == ORGANISATION:
            return Member(series, self._timezone, since)
        parent = self.parent(series)
        return Member(series, self.zone(series), since, parent, 1 / self._siblings(series, parent))

    def parent(self, series: Series) -> Series:
        """The whole a series leans on: a sender's team when it is large enough, else the organisation."""
        team = self._people.team(series.name) if series.scope is Scope.SENDER else NO_TEAM
        if team != NO_TEAM and self._sizes[team] >= _KNOWN_AS_TEAM:
            return Series(Scope.TEAM, team)
        return ORGANISATION

    def zone(self, series: Series) -> str:
        """The time zone in which a series lives."""
        if series.scope is Scope.SENDER:
            return self._people.timezone(series.name, self._timezone)
        if series.scope is Scope.TEAM:
            return self._zones.get(series.name, self._timezone)
        return self._timezone

    def _siblings(self, series: Series, parent: Series) -> int:
        """Among how many series the parent's volume is divided."""
        if series.scope is Scope.SENDER:
            return self._sizes[parent.name] if parent.scope is Scope.TEAM else self._senders
        if series.scope is Scope.TEAM:
            return max(len(self._sizes), 1)
        return self._templates


def _team_zones(people: People, default: str) -> dict[str, str]:
    """The time zone in which most people of each team work."""
    zones: dict[str, Counter[str]] = {}
    for address in sorted(people.persons):
        zones.setdefault(people.team(address), Counter())[people.timezone(address, default)] += 1
    return {team: counter.most_common(1)[0][0] for team, counter in zones.items()}
