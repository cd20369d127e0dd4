"""Who gets a letter about an incident: `alerts.to`, and whom the routes add or put in their place. Pure."""

from collections.abc import Iterable, Sequence

from auditor.alert.extent import TeamPart
from auditor.config.post import Route

TAKES_PART = 0.2
"""A team with this part of the sends is one of those that the letter is about."""


def recipients(
    usual: Sequence[str], routes: Iterable[Route], kind: str, parts: Sequence[TeamPart]
) -> tuple[str, ...]:
    """The addresses, each once, `usual` first.

    Args:
        usual: who gets every letter.
        routes: from the configuration.
        kind: the incident's cause.
        parts: what each team contributed.
    """
    least = TAKES_PART * sum(part.messages for part in parts)
    teams = {part.team for part in parts if part.messages >= least}
    taken = [route for route in routes if _fits(route, kind, teams)]
    first = () if any(route.instead for route in taken) else tuple(usual)
    return tuple(dict.fromkeys((*first, *(one for route in taken for one in route.to))))


def _fits(route: Route, kind: str, teams: set[str]) -> bool:
    return (not route.kinds or kind in route.kinds) and (not route.teams or not teams.isdisjoint(route.teams))
