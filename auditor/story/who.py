"""Whose sends they are, in words: teams, and people as far as they may be shown."""

from collections import Counter
from collections.abc import Sequence

from auditor.alert.extent import TeamPart
from auditor.people import NO_TEAM, OTHER_TEAMS
from auditor.story.words import count, listed, plain

_TEAMS, _PEOPLE = 6, 6


def team_in_words(team: str) -> str:
    """A team within a sentence: "Team North", "no team", "smaller teams"; of people `of_team` says it."""
    if team == NO_TEAM:
        return "no team"
    if team == OTHER_TEAMS:
        return "smaller teams"
    shown = plain(team, 60)
    return shown if shown.lower().startswith("team") else f"Team {shown}"


def of_team(team: str) -> str:
    """Whose people they are: "of Team North", "without a team"."""
    return "without a team" if team == NO_TEAM else f"of {team_in_words(team)}"


def senders_in_words(parts: Sequence[TeamPart]) -> str:
    """ "3 people of Team North and 1 person without a team", with names where there are some."""
    told = [_part(part) for part in parts[:_TEAMS]]
    if len(parts) > _TEAMS:
        rest = sum(part.senders for part in parts[_TEAMS:])
        told.append(f"{count(rest, 'person', 'people')} of {len(parts) - _TEAMS} more teams")
    return listed(told)


def _part(part: TeamPart) -> str:
    said = f"{count(part.senders, 'person', 'people')} {of_team(part.team)}"
    return f"{said} ({_named(part.named)})" if part.named else said


def _named(named: Sequence[str]) -> str:
    """Names or roles, equal ones together: "2 × account executive, trainee and 3 more"."""
    together = Counter(plain(one, 60) for one in named).most_common()
    told = [name if times == 1 else f"{times} × {name}" for name, times in together[:_PEOPLE]]
    if rest := sum(times for _, times in together[_PEOPLE:]):
        told.append(f"{rest} more")
    return listed(told)
