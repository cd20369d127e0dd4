"""What an incident is, and the words for what can happen to it."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.statistics.series import Series, Unit
from auditor.statistics.spikes import Cause, Spike


class State(StrEnum):
    """Where an incident stands in its life."""

    PENDING = "pending"  # seen, and not yet held long enough to be told
    OPEN = "open"
    RESOLVED = "resolved"  # back to what is usual
    CORRECTED = "corrected"  # a reclassification made it vanish
    FADED = "faded"  # it did not last for the hold; nobody was told


ACTIVE = frozenset({State.PENDING, State.OPEN})
ENDED = frozenset(State) - ACTIVE


class Reason(StrEnum):
    """Why a decision was made: the word in log and store, and as a sentence in the letter."""

    HELD = "held"  # a new spike; it waits to see whether it lasts
    LASTED = "lasted"  # it lasted for the hold, so it opened
    NIGHT_BLAST = "night_blast"  # opened at once: hours in which the sender sends practically nothing
    NEW_TEMPLATE = "many_senders_new_template"  # opened at once: many people, a template of this week
    SINGLE_SEND = "single_send"  # opened at once: one mail to very many people
    FOLDED = "folded"  # opened without a letter of its own: more than five opened within the hour
    ATTACHED = "attached"  # the spike shares a sender, template or team with an incident under way
    GREW = "grew_twofold"  # the excess is twice what the last letter said
    WIDENED = "widened"  # more than it was told of: one person's team now, one team's organisation
    BACK_TO_USUAL = "back_to_usual"
    FADED = "faded_within_hold"
    RECLASSIFIED = "reclassified"  # the sends are no longer called templated
    COOLING_DOWN = "cooling_down"  # the series had an incident within the cooldown
    ALREADY_TOLD = "already_told"  # a window that reaches back over an incident that has been told
    NOT_ARMED = "not_armed"  # the window begins before the first audit was finished
    PLANNED = "planned"  # a plan explains it
    SILENCED = "silenced"  # opened, and somebody wants no letters about its series
    ACKNOWLEDGED = "acknowledged"  # grew or widened, and somebody is at it
    TOO_OLD = "too_old"  # the window ended over six hours ago: one letter tells of all of them


OPENING = frozenset({Reason.LASTED, Reason.NIGHT_BLAST, Reason.NEW_TEMPLATE, Reason.SINGLE_SEND})
"""Why an incident opens."""

OPENED = OPENING | {Reason.FOLDED, Reason.SILENCED, Reason.TOO_OLD}
"""What a decision by which an incident opened says, whether or not it has a letter of its own."""


class Occasion(StrEnum):
    """What a letter is for."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    CORRECTED = "corrected"
    FLOOD = "flood"
    MISSED = "missed"  # several, of a time that is over
    OPERATOR = "operator"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Incident:
    """One event from its first sign to its end. All of its state is here: a restart goes on from the rows.

    `series` is the cause: the smallest one that explains the excess. `until` is the end of the window that
    was read at its height, `told` the excess that the last letter named, 0 when there was none.
    Times are seconds since the epoch.
    """

    id: int | None  # of the store; None until it is written
    series: Series
    unit: Unit
    state: State
    cause: Cause
    reason: Reason
    first_seen: float
    updated_at: float  # when it was last seen above the faint mark
    window: int  # seconds
    until: float
    observed: int
    usual: float
    low: float
    high: float
    touches: frozenset[Series]
    opened_at: float | None = None
    resolved_at: float | None = None
    told: float = 0.0
    folded: bool = False
    quiet: bool = False  # it opened while its series was silenced: no letter tells of it
    acknowledged_at: float | None = None  # somebody is at it: no letter tells that it grew

    @property
    def excess(self) -> float:
        """How much was sent beyond the usual, at its height; of a drop, how much was missing."""
        return abs(self.observed - self.usual)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one incident or spike, and why.

    `incident` is the incident as it is from now on, None where a spike led to none. `letter` is set when
    somebody has to be told.
    """

    reason: Reason
    incident: Incident | None
    spike: Spike | None = None
    letter: Occasion | None = None
