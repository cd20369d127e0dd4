"""What is one event: which spikes belong together, which to an incident, and which of them caused the rest.

Within hours, what shares a sender, a template or a team is one event. A rise over days is one event only for
a whole and its part: two people of one team who both send more every day are two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.alert.incident import Incident
from auditor.alert.links import Links
from auditor.statistics.series import DAY, ORGANISATION, Series
from auditor.statistics.spikes import IMMEDIATE, Cause, Spike, Way
from auditor.statistics.tally import Scope

EXPLAINS = 0.6
"""The cause is the smallest series whose excess is this part of the whole event's."""


def touched(spike: Spike, links: Links) -> frozenset[Series]:
    """The series that a spike's own touches, itself included."""
    return links.get(spike.series, frozenset({spike.series}))


def is_related(spike: Spike, incident: Incident, links: Links) -> bool:
    """Whether a spike tells of the same event as an incident, as far as their series say."""
    if incident.window >= DAY > spike.window and spike.series != incident.series:
        return False  # what goes on for days says nothing of what happens within this hour
    if spike.series == ORGANISATION:
        return True  # the whole is loud because a part of it is
    if incident.series == ORGANISATION:
        return spike.cause not in IMMEDIATE  # a push of everybody must not hide a blast at night
    if Cause.SUSTAINED in (spike.cause, incident.cause):
        return spike.series in incident.touches or incident.series in touched(spike, links)
    return bool(touched(spike, links) & incident.touches)


@dataclass(frozen=True, slots=True)
class _Group:
    """Spikes of one event: their series, all that these touch, and what may be shared with it."""

    series: frozenset[Series] = frozenset()
    touches: frozenset[Series] = frozenset()
    shared: frozenset[Series] = frozenset()
    spikes: tuple[Spike, ...] = ()

    def takes(self, spike: Spike, touches: frozenset[Series]) -> bool:
        """Whether a spike that touches these series belongs to it."""
        if spike.series in self.touches or self.series & touches:
            return True
        return spike.cause is not Cause.SUSTAINED and bool(self.shared & touches)

    def joined(self, other: "_Group") -> "_Group":
        """Both as one."""
        return _Group(
            self.series | other.series,
            self.touches | other.touches,
            self.shared | other.shared,
            self.spikes + other.spikes,
        )


def group(spikes: Iterable[Spike], links: Links) -> list[tuple[Spike, ...]]:
    """The spikes of one way, those that belong together; the whole organisation's must come last."""
    groups: list[_Group] = []
    for spike in spikes:
        touches = touched(spike, links)
        own = frozenset({spike.series})
        if spike.series == ORGANISATION:
            near = _explaining(groups, spike)
        else:
            near = [one for one in groups if one.takes(spike, touches)]
        joined = _Group()
        for one in near:
            joined = joined.joined(one)
        alone = _Group(own, touches, own if spike.cause is Cause.SUSTAINED else touches, (spike,))
        groups = [one for one in groups if one not in near]
        groups.append(joined.joined(alone))
    return [one.spikes for one in groups]


def _explaining(groups: Sequence[_Group], whole: Spike) -> list[_Group]:
    """The group that explains a spike of the whole; when none does, all of them are parts of it.

    What cannot wait is never a mere part: a blast at night keeps its own incident.
    """
    for one in groups:
        if whole.series in one.series:
            return [one]  # one series is told once
    for one in groups:
        if any(spike.unit is whole.unit and explains(spike, whole.excess) for spike in one.spikes):
            return [one]
    parts = [one for one in groups if not any(spike.cause in IMMEDIATE for spike in one.spikes)]
    return parts or list(groups[:1])


def cause_of(group: Sequence[Spike], spikes: Iterable[Spike], links: Links) -> Spike:
    """The smallest series that explains the loudest spike of a group; a sign that cannot wait goes first.

    Args:
        group: of one event.
        spikes: those of no other group, the smallest scope first; faint ones may be the cause of a loud
            whole.
        links: which series touch which.
    """
    loudest = max(group, key=lambda spike: (spike.cause in IMMEDIATE, spike.strength, spike.excess))
    for spike in spikes:
        if spike.cause.way is not loudest.cause.way or spike.unit is not loudest.unit:
            continue
        if loudest.cause in IMMEDIATE and spike.cause is not loudest.cause:
            continue
        near = spike in group or _is_akin(spike, loudest, links)
        if near and explains(spike, loudest.excess):
            return spike
    return loudest


def _is_akin(spike: Spike, other: Spike, links: Links) -> bool:
    if other.series == ORGANISATION:
        return True
    mine, theirs = touched(spike, links), touched(other, links)
    if Cause.SUSTAINED in (spike.cause, other.cause):
        return spike.series in theirs or other.series in mine
    return bool(mine & theirs)


def explains(spike: Spike, excess: float) -> bool:
    """Whether a spike is large enough to be the cause of such an excess."""
    return spike.excess >= EXPLAINS * excess


def widens(spike: Spike, incident: Incident, spikes: Iterable[Spike]) -> bool:
    """Whether an incident that is told of has grown into this spike's series, which is larger.

    One team fell silent first, then everybody; one person sent more first, then most of the team. What an
    incident of another kind is told by, a template, one mail, an hour at night, is not lost that way.

    Args:
        spikes: all there are; where the incident's own series explains this one in the same window, it has
            not grown.
    """
    if spike.cause.way is Way.DOWN:
        larger = spike.series == ORGANISATION
    else:
        of_one_kind = spike.cause is incident.cause and spike.cause in {Cause.ABOVE_USUAL, Cause.SUSTAINED}
        is_team = spike.series.scope is Scope.TEAM and incident.series.scope is Scope.SENDER
        larger = of_one_kind and is_team and spike.window <= incident.window
    if not larger or spike.unit is not incident.unit or incident.excess >= EXPLAINS * spike.excess:
        return False
    same = (spike.unit, spike.window)
    own = (one for one in spikes if one.series == incident.series and (one.unit, one.window) == same)
    return not any(explains(one, spike.excess) for one in own)
