"""What to do about this minute's spikes: a pure function of the incidents so far, the spikes and the time.

One event, one letter: a spike is held for some minutes, joins an incident that shares a sender, a template
or a team, and opens one of its own only when nothing that was told explains it. The order in which spikes
are given does not matter.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.alert.belonging import EXPLAINS, cause_of, explains, group, is_related, touched, widens
from auditor.alert.incident import ACTIVE, Decision, Incident, Occasion, Reason, State
from auditor.alert.links import Links
from auditor.alert.planned import beyond_plans
from auditor.statistics.plans import Plan
from auditor.statistics.series import HOUR, MINUTE, ORGANISATION, SIZE, Series
from auditor.statistics.spikes import IMMEDIATE, Cause, Spike, Way

LONGEST_GROWTH = 4 * HOUR
"""An incident that opened on a shorter window grows up to this one: a day's window would hardly end."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of an incident's life, in seconds.

    `armed_at` is when the first audit was finished: nothing sent before it opens an incident (a window that
    reaches back over it must hold only what was sent from then on). None: not yet.
    """

    armed_at: float | None
    hold: float = 5 * MINUTE
    cooldown: float = 24 * HOUR
    attach: float = 2 * HOUR
    quiet: float = 30 * MINUTE  # how long an open incident must have been calm
    oldest: float = 6 * HOUR
    opens_an_hour: int = 5
    growth: float = 2.0


_OPENING = {
    Cause.NIGHT_BLAST: Reason.NIGHT_BLAST,
    Cause.NEW_TEMPLATE: Reason.NEW_TEMPLATE,
    Cause.SINGLE_SEND: Reason.SINGLE_SEND,
}


def decide(
    incidents: Iterable[Incident],
    spikes: Iterable[Spike],
    now: float,
    rules: Rules,
    links: Links,
    observed_again: Mapping[int, int] | None = None,
    plans: Sequence[Plan] = (),
    silenced: Container[Series] = frozenset(),
) -> tuple[Decision, ...]:
    """Decide about every incident under way and every spike.

    Args:
        incidents: those under way, and those that ended within the last days.
        spikes: this minute's readings, faint ones included.
        now: seconds since the epoch.
        rules: the numbers of an incident's life.
        links: which series touch which.
        observed_again: by incident id, what its own window holds now; less than before when sends were
            reclassified.
        plans: campaigns that somebody announced.
        silenced: series of which no letter is to tell.
    """
    desk = _Desk(sorted(incidents, key=_age), sorted(spikes, key=_rank), now, rules, links)
    desk.silenced = silenced
    desk.expect(plans)
    desk.correct(observed_again or {})
    desk.attach()
    desk.begin()
    desk.open()
    desk.close()
    return tuple(desk.decisions)


def _age(incident: Incident) -> tuple[float, int]:
    return incident.first_seen, incident.id or 0


def _rank(spike: Spike) -> tuple[int, float, str, str, float, int, str, float]:
    """Smallest scope first, then the largest excess; the rest only makes the order certain."""
    series = spike.series
    certain = series.name, spike.unit, spike.end, spike.window, spike.cause, spike.strength
    return SIZE[series.scope], -spike.excess, *certain


class _Desk:
    """One sitting of `decide`: the incidents change hands here and nowhere else."""

    def __init__(
        self, incidents: Sequence[Incident], spikes: Sequence[Spike], now: float, rules: Rules, links: Links
    ) -> None:
        self.now = now
        self.rules = rules
        self.links = links
        self.active = [one for one in incidents if one.state in ACTIVE]
        self.closed = [one for one in incidents if one.state is State.RESOLVED]
        self.opened = [one.opened_at for one in incidents if one.opened_at and not (one.folded or one.quiet)]
        self.folded = [one.opened_at for one in incidents if one.opened_at and one.folded]
        self.decisions: list[Decision] = []
        self.unclaimed: list[Spike] = []
        self.spikes = [spike for spike in spikes if self._counts(spike)]
        self.silenced: Container[Series] = frozenset()
        self.widened: set[int | None] = set()  # incidents that grew into a larger series now

    def _counts(self, spike: Spike) -> bool:
        armed = self.rules.armed_at
        if armed is None or spike.end <= armed:
            reason = Reason.NOT_ARMED
        elif spike.end < self.now - self.rules.oldest:
            reason = Reason.TOO_OLD
        else:
            return True
        if spike.alarming:
            self.decisions.append(Decision(reason, None, spike))
        return False

    def expect(self, plans: Sequence[Plan]) -> None:
        """Let go of what plans explain, and measure the rest against them."""
        left = []
        for spike in self.spikes:
            beyond = beyond_plans(spike, plans, self.links)
            if beyond is not None:
                left.append(beyond)
            elif spike.alarming:
                self.decisions.append(Decision(Reason.PLANNED, None, spike))
        self.spikes = left

    def correct(self, observed_again: Mapping[int, int]) -> None:
        """End incidents whose sends are no longer called templated."""
        for incident in list(self.active):
            again = observed_again.get(incident.id) if incident.id is not None else None
            if again is None or _still_stands(incident, again):
                continue
            self.active.remove(incident)
            told = incident.state is State.OPEN and self._tells(incident)
            ended = replace(_ended(incident, State.CORRECTED, Reason.RECLASSIFIED, self.now), observed=again)
            self._decide(Reason.RECLASSIFIED, ended, letter=Occasion.CORRECTED if told else None)

    def attach(self) -> None:
        """Give each spike to the incident it belongs to; what is left is new."""
        joined: dict[int, Spike] = {}
        for spike in self.spikes:
            places = [n for n, one in enumerate(self.active) if self._belongs(spike, one)]
            if places:  # the incident of this very series; else the oldest that it belongs to
                place = min(places, key=lambda n: self.active[n].series != spike.series)
                self.active[place] = self._joined(self.active[place], spike)
                joined.setdefault(place, spike)
            elif spike.alarming and not self._was_told(spike):
                self.unclaimed.append(spike)
        for place, spike in joined.items():
            self._decide(Reason.ATTACHED, self.active[place], spike)

    def _belongs(self, spike: Spike, incident: Incident) -> bool:
        if spike.cause.way is not incident.cause.way:
            return False
        if spike.start > max(incident.until, incident.updated_at) + self.rules.attach:
            return False
        if spike.series == incident.series:
            return True
        if not spike.alarming:
            return False
        return is_related(spike, incident, self.links)

    def _joined(self, incident: Incident, spike: Spike) -> Incident:
        """The incident with this spike in it, told by its figures if it leads."""
        # A longer window than the incident's own stays loud long after the event: it keeps nothing open.
        alive = spike.window <= max(incident.window, HOUR) or spike.cause is Cause.SUSTAINED
        changed = replace(incident, updated_at=self.now if alive else incident.updated_at)
        if spike.alarming and spike.series not in incident.touches and spike.series != ORGANISATION:
            changed = replace(changed, touches=incident.touches | {spike.series})
        if self._leads(spike, incident):
            if incident.state is State.OPEN and spike.series != incident.series:
                self.widened.add(incident.id)
            changed = _measured(changed, spike, changed.touches | touched(spike, self.links))
        return changed

    def _leads(self, spike: Spike, incident: Incident) -> bool:
        """Whether the incident should be told by this spike's figures from now on."""
        if not spike.alarming:
            return False
        pending = incident.state is State.PENDING
        if pending and (spike.cause in IMMEDIATE) != (incident.cause in IMMEDIATE):
            return spike.cause in IMMEDIATE
        if spike.series == incident.series:
            fits = spike.unit is incident.unit and spike.window <= max(incident.window, LONGEST_GROWTH)
            return fits and spike.excess > incident.excess
        if not pending:
            return widens(spike, incident, self.spikes)
        if SIZE[spike.series.scope] < SIZE[incident.series.scope]:
            return explains(spike, incident.excess)
        return spike.unit is incident.unit and incident.excess < EXPLAINS * spike.excess

    def _was_told(self, spike: Spike) -> bool:
        """Whether an incident that has ended says all there is to say; twice its excess is news again."""
        for incident in self.closed:
            if spike.cause.way is not incident.cause.way:
                continue
            ended = incident.resolved_at if incident.resolved_at is not None else incident.updated_at
            reaches_back = spike.start < ended and is_related(spike, incident, self.links)
            if spike.cause.way is Way.DOWN and reaches_back:  # all of a silence lies in windows after it
                self.decisions.append(Decision(Reason.ALREADY_TOLD, None, spike))
                return True
            if spike.excess >= self.rules.growth * incident.excess:
                continue
            if spike.series == incident.series and self.now - ended < self.rules.cooldown:
                self.decisions.append(Decision(Reason.COOLING_DOWN, None, spike))
                return True
            if spike.start < max(incident.until, incident.updated_at) and is_related(
                spike, incident, self.links
            ):
                self.decisions.append(Decision(Reason.ALREADY_TOLD, None, spike))
                return True
        return False

    def begin(self) -> None:
        """Make one held incident of each group of new spikes that belong together."""
        for way in Way:
            groups = group((one for one in self.unclaimed if one.cause.way is way), self.links)
            owner = {spike: n for n, together in enumerate(groups) for spike in together}
            for n, together in enumerate(groups):
                free = (spike for spike in self.spikes if owner.get(spike, n) == n)
                lead = cause_of(together, free, self.links)
                touches = frozenset().union(*(touched(one, self.links) for one in together))
                touches = (
                    frozenset({ORGANISATION}) if lead.series == ORGANISATION else touches - {ORGANISATION}
                )
                self.active.append(_begun(lead, touches, self.now))

    def open(self) -> None:
        """Open what lasted or cannot wait; let go of what did not last."""
        for place, incident in enumerate(list(self.active)):
            if incident.state is not State.PENDING:
                continue
            if incident.cause in IMMEDIATE:
                self.active[place] = self._opened(incident, _OPENING[incident.cause])
            elif incident.updated_at < self.now:
                faded = _ended(incident, State.FADED, Reason.FADED, self.now)
                self.active[place] = faded
                self._decide(Reason.FADED, faded)
            elif self.now - incident.first_seen >= self.rules.hold:
                self.active[place] = self._opened(incident, Reason.LASTED)
            elif incident.id is None:
                self._decide(Reason.HELD, incident)

    def _tells(self, incident: Incident) -> bool:
        """Whether letters may tell of an incident."""
        return not (incident.folded or incident.quiet or incident.series in self.silenced)

    def _opened(self, incident: Incident, reason: Reason) -> Incident:
        hour = self.now - HOUR
        if incident.series in self.silenced:
            opened = replace(
                incident, state=State.OPEN, opened_at=self.now, told=incident.excess, quiet=True,
                reason=Reason.SILENCED,
            )  # fmt: skip
            self._decide(Reason.SILENCED, opened)
            return opened
        folded = sum(at > hour for at in self.opened) >= self.rules.opens_an_hour
        first_folded = folded and not any(at > hour for at in self.folded)
        (self.folded if folded else self.opened).append(self.now)
        opened = replace(
            incident, state=State.OPEN, opened_at=self.now, told=incident.excess, folded=folded,
            reason=Reason.FOLDED if folded else reason,
        )  # fmt: skip
        letter = Occasion.OPENED if not folded else Occasion.FLOOD if first_folded else None
        self._decide(opened.reason, opened, letter=letter)
        return opened

    def close(self) -> None:
        """Tell of what grew, and end what has been calm for long enough."""
        for incident in self.active:
            if incident.state is not State.OPEN or incident.opened_at == self.now:
                continue
            if self.now - incident.updated_at >= self.rules.quiet:
                ended = _ended(incident, State.RESOLVED, Reason.BACK_TO_USUAL, self.now)
                self._decide(
                    Reason.BACK_TO_USUAL, ended, letter=Occasion.RESOLVED if self._tells(ended) else None
                )
                continue
            widened = incident.id in self.widened
            if widened or incident.excess >= self.rules.growth * incident.told:
                reason = Reason.WIDENED if widened else Reason.GREW
                reason = reason if incident.acknowledged_at is None else Reason.ACKNOWLEDGED
                grown = replace(incident, reason=reason, told=incident.excess)
                tells = reason is not Reason.ACKNOWLEDGED and self._tells(grown)
                self._decide(reason, grown, letter=Occasion.UPDATED if tells else None)

    def _decide(
        self, reason: Reason, incident: Incident, spike: Spike | None = None, letter: Occasion | None = None
    ) -> None:
        self.decisions.append(Decision(reason, incident, spike, letter))


def _begun(spike: Spike, touches: frozenset[Series], now: float) -> Incident:
    return Incident(
        id=None,
        series=spike.series,
        unit=spike.unit,
        state=State.PENDING,
        cause=spike.cause,
        reason=Reason.HELD,
        first_seen=now,
        updated_at=now,
        window=spike.window,
        until=spike.end,
        observed=spike.observed,
        usual=spike.usual,
        low=spike.low,
        high=spike.high,
        touches=touches,
    )


def _still_stands(incident: Incident, again: int) -> bool:
    """Whether the window of an incident, counted again, still says what was told of it.

    Sends that are no longer called templated take a spike back, mail that came late takes a drop back.
    """
    if incident.cause.way is Way.DOWN:
        return again <= incident.observed or again < incident.low
    return again >= incident.observed or again > incident.high


def _ended(incident: Incident, state: State, reason: Reason, now: float) -> Incident:
    return replace(incident, state=state, reason=reason, resolved_at=now)


def _measured(incident: Incident, spike: Spike, touches: frozenset[Series]) -> Incident:
    """The incident, told by this spike's figures."""
    return replace(
        incident,
        series=spike.series,
        unit=spike.unit,
        cause=incident.cause if incident.state is State.OPEN else spike.cause,
        window=spike.window,
        until=spike.end,
        observed=spike.observed,
        usual=spike.usual,
        low=spike.low,
        high=spike.high,
        touches=touches,
    )
