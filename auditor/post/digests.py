"""The weekly digest: when it is due, what it tells and whom; each week once, whatever restarts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.answer.rates import AnswerFigures
from auditor.config import Config
from auditor.config.post import Digest
from auditor.people import NO_TEAM, OTHER_TEAMS, People
from auditor.post import letters
from auditor.post.house import house_of, naming
from auditor.statistics.figures import Parts
from auditor.statistics.series import Series
from auditor.statistics.tally import Scope
from auditor.statistics.weeks import TeamWeek, Week, find_shifts
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.reading import weeks
from auditor.story import findings
from auditor.story.digest import Moved, WeekStory, order_teams, write_digest
from auditor.story.letter import Coverage, Letter
from auditor.story.who import of_team, team_in_words
from auditor.story.words import capitalised

WEEKS = 12
TEMPLATES = 5
MOVED = 5

_WRITTEN = "digest_written"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read of the store once, for all digests of one week."""

    begins: tuple[date, ...]
    boundaries: tuple[float, ...]
    everybody: tuple[Parts, ...]
    teams: Mapping[str, tuple[Parts, ...]]
    moved: tuple[Moved, ...]
    moved_in: Mapping[str, tuple[Moved, ...]]  # by team
    failures: Mapping[str, int]


def due_before(digest: Digest, zone: ZoneInfo, now: float) -> date:
    """The day on which the last digest was due."""
    local = datetime.fromtimestamp(now, zone)
    ago = (local.weekday() - _DAYS.index(digest.day)) % 7
    if ago == 0 and local.hour < digest.hour:
        ago = 7
    return local.date() - timedelta(days=ago)


def due_now(connection: sa.Connection, mark: str, digest: Digest, zone: ZoneInfo, now: float) -> date | None:
    """The day on which letters of the week became due, noted under `mark`; None where they are written.

    None too before the first due moment after the auditor began: its past is no news.
    """
    due = due_before(digest, zone, now)
    kept = read_meta(connection, mark)
    if kept is not None and date.fromisoformat(kept.decode()) >= due:
        return None
    write_meta(connection, mark, due.isoformat().encode())
    return None if kept is None else due


class Digests:
    """Writes the digests. One instance a configuration."""

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._people = people
        self._zone = ZoneInfo(config.organisation.timezone)
        self._house = house_of(config)

    def write_due(
        self,
        connection: sa.Connection,
        now: float,
        coverage: Coverage | None = None,
        answers: AnswerFigures | None = None,
    ) -> int:
        """Write this week's digests if they are due and not written yet; how many."""
        due = due_now(connection, _WRITTEN, self._config.digest, self._zone, now)
        return 0 if due is None else self._write(connection, due, now, coverage, answers)

    def preview(self, connection: sa.Connection, now: float, coverage: Coverage | None = None) -> Letter:
        """The digest about everybody as it would be written now, about the seven days before today."""
        today = datetime.fromtimestamp(now, self._zone).date()
        return self._of_everybody(connection, self._read(connection, today), coverage)

    def _write(
        self,
        connection: sa.Connection,
        due: date,
        now: float,
        coverage: Coverage | None,
        answers: AnswerFigures | None,
    ) -> int:
        config = self._config.digest
        managers = self._managers() if config.managers else {}
        if not config.to and not managers:
            return 0
        read = self._read(connection, due)
        written: list[tuple[str, Letter, Sequence[str]]] = []
        if config.to:
            letter = self._of_everybody(connection, read, coverage, findings.of_figures(answers))
            written.append(("all", letter, config.to))
        for number, (team, whom) in enumerate(sorted(managers.items())):
            if team in read.teams:
                written.append((f"team-{number}", self._of_team(connection, read, team), whom))
        sender = self._config.smtp.sender
        for about, letter, to in written:
            letters.put(
                connection, letter, occasion="digest", recipients=to, sender=sender, now=now, about=about
            )
        return len(written)

    def _managers(self) -> dict[str, tuple[str, ...]]:
        """Who leads each team that may be shown."""
        led: dict[str, set[str]] = {}
        for person in self._people.persons.values():
            team = self._people.team(person.address)
            if person.manager and team not in (NO_TEAM, OTHER_TEAMS):
                led.setdefault(team, set()).add(self._people.resolve(person.manager))
        return {team: tuple(sorted(whom)) for team, whom in led.items()}

    def _read(self, connection: sa.Connection, until: date) -> _Read:
        begins = tuple(until - timedelta(weeks=WEEKS - n) for n in range(WEEKS))
        boundaries = tuple(datetime.combine(day, time(), self._zone).timestamp() for day in (*begins, until))
        nothing = (Parts(),) * WEEKS
        counts = weeks.weekly_templated(connection, (Scope.TEAM, Scope.TEMPLATE, Scope.SENDER), boundaries)
        in_team: dict[str, dict[Series, Sequence[int]]] = {}
        for series, weekly in counts.items():
            if series.scope is Scope.SENDER:
                in_team.setdefault(self._people.team(series.name), {})[series] = weekly
        return _Read(
            begins,
            boundaries,
            weeks.weekly_parts(connection, Scope.ORGANISATION, boundaries).get("", nothing),
            weeks.weekly_parts(connection, Scope.TEAM, boundaries),
            self._named(connection, counts),
            {team: self._named(connection, some) for team, some in in_team.items()},
            weeks.merge_failures(connection, boundaries[-2], boundaries[-1]),
        )

    def _named(self, connection: sa.Connection, counts: Mapping[Series, Sequence[int]]) -> tuple[Moved, ...]:
        """The strongest shifts, each with whose it is."""
        shifts = find_shifts(counts, MOVED)
        ids = [one.series.name for one in shifts if one.series.scope is Scope.TEMPLATE]
        names = weeks.template_names(connection, ids)
        return tuple(Moved(self._whose(one.series, names), one) for one in shifts)

    def _whose(self, series: Series, names: Mapping[str, str]) -> str:
        if series.scope is Scope.TEAM:
            return capitalised(team_in_words(series.name))
        if series.scope is Scope.TEMPLATE:
            named = names.get(series.name)
            return f"Template “{named}”" if named else f"Template {series.name}"
        team = self._people.team(series.name)
        shown = naming(self._config, self._people)(series.name, team)
        return f"{shown or 'One person'} {of_team(team)}"

    def _of_everybody(
        self,
        connection: sa.Connection,
        read: _Read,
        coverage: Coverage | None,
        told: tuple[str, ...] = (),
    ) -> Letter:
        targets = self._config.targets
        teams = [
            TeamWeek(team, parts[-1], parts[-2]) for team, parts in read.teams.items() if parts[-1].total
        ]
        story = WeekStory(
            weeks=_weeks(read.begins, read.everybody),
            target=targets.mass_ratio,
            teams=order_teams(teams),
            targets=targets.teams,
            templates=weeks.templates_of_week(connection, read.boundaries, TEMPLATES),
            moved=read.moved,
            merge_failures=sum(read.failures.values()),
            incidents=weeks.opened(connection, read.boundaries[-2], read.boundaries[-1]),
            findings=told,
        )
        return write_digest(story, replace(self._house, coverage=coverage))

    def _of_team(self, connection: sa.Connection, read: _Read, team: str) -> Letter:
        story = WeekStory(
            weeks=_weeks(read.begins, read.teams[team]),
            target=self._config.targets.of(team),
            team=team,
            templates=weeks.templates_of_week(connection, read.boundaries, TEMPLATES, team),
            moved=read.moved_in.get(team, ()),
            merge_failures=read.failures.get(team, 0),
        )
        return write_digest(story, self._house)


def _weeks(begins: Sequence[date], parts: Sequence[Parts]) -> tuple[Week, ...]:
    """The weeks since the first in which anything was sent, two of them at least."""
    first = next((n for n, one in enumerate(parts) if one.total), len(parts))
    kept = min(first, len(parts) - 2)
    return tuple(Week(day, one) for day, one in zip(begins[kept:], parts[kept:], strict=True))
