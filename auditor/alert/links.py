"""Which series belong to one event: a sender and the team, a template and the people who sent it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from auditor.people import NO_TEAM
from auditor.statistics.series import Mixed, Series
from auditor.statistics.tally import Scope

SHARED = 0.2
"""Two series belong together when at least this part of the smaller one's volume is common to both."""

Links = Mapping[Series, frozenset[Series]]


def link(mix: Iterable[Mixed], homes: Mapping[str, str] | None = None) -> Links:
    """What each series touches: itself, a sender's team and templates, a template's teams.

    People without a team are no team. Nothing touches the organisation: it would join everything.

    Args:
        mix: what was sent lately.
        homes: the teams of senders who may have sent nothing lately: a rise over days is read at night.
    """
    touched: dict[Series, set[Series]] = defaultdict(set)
    volumes: dict[Series, int] = defaultdict(int)
    shared: dict[tuple[Series, Series], int] = defaultdict(int)
    for one in mix:
        sender, team = Series(Scope.SENDER, one.sender), Series(Scope.TEAM, one.team)
        template = None if one.template is None else Series(Scope.TEMPLATE, one.template)
        for series in (sender, team, *((template,) if template else ())):
            volumes[series] += one.deliveries
        if template is not None:
            shared[sender, template] += one.deliveries
        if one.team != NO_TEAM:
            touched[sender].add(team)
            if template is not None:
                shared[template, team] += one.deliveries
    for name, home in (homes or {}).items():
        touched[Series(Scope.SENDER, name)] |= {Series(Scope.TEAM, home)} - {Series(Scope.TEAM, NO_TEAM)}
    for (one_series, other), common in shared.items():
        if common >= SHARED * min(volumes[one_series], volumes[other]):
            touched[one_series].add(other)
    return {series: frozenset({series, *touched[series]}) for series in {**volumes, **touched}}
