"""Plans, silences and acknowledgements: what people announce or want, and what the decision makes of it."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auditor.alert.decide import decide
from auditor.alert.incident import Decision, Incident, Occasion, Reason, State
from auditor.alert.planned import beyond_plans
from auditor.statistics.plans import Plan
from auditor.statistics.series import DAY, HOUR, MINUTE, ORGANISATION, Series
from auditor.statistics.spikes import Cause, Spike
from tests.alert.test_decide import ANN, BOB, LINKS, NORTH, NOW, OFFER, RULES, letters, reasons, spike


def plan(series: Series = OFFER, expected: int = 500, starts: float = NOW - 2 * HOUR) -> Plan:
    return Plan(1, series, starts, starts + 8 * HOUR, expected)


class Desk:
    """Incidents over several sittings, with what people said."""

    def __init__(self, plans: Sequence[Plan] = (), silenced: frozenset[Series] = frozenset()) -> None:
        self.plans, self.silenced = plans, silenced
        self.incidents: dict[int, Incident] = {}

    def sit(self, now: float, *spikes: Spike) -> list[Decision]:
        made = decide(self.incidents.values(), spikes, now, RULES, LINKS, None, self.plans, self.silenced)
        for one in made:
            if one.incident is not None:
                number = one.incident.id or len(self.incidents) + 1
                self.incidents[number] = replace(one.incident, id=number)
        return list(made)


def test_what_is_planned_is_no_news() -> None:
    desk = Desk([plan()])
    for at in (NOW, NOW + 10 * MINUTE):
        assert reasons(desk.sit(at, spike(OFFER, 400, at=at))) == [Reason.PLANNED]
    assert desk.incidents == {}


def test_a_planned_template_is_expected_of_its_team_and_of_everybody() -> None:
    planned = [beyond_plans(spike(one, 400), [plan()], LINKS) for one in (OFFER, ANN, NORTH, ORGANISATION)]
    assert planned == [None] * 4
    assert beyond_plans(spike(BOB, 400), [plan()], LINKS) == spike(BOB, 400)


def test_what_goes_beyond_a_plan_is_told_against_it() -> None:
    told = beyond_plans(spike(OFFER, 900), [plan()], LINKS)
    assert told is not None
    assert (told.usual, told.low, told.high) == (510.0, 502.0, 525.0)


def test_a_plan_of_another_time_explains_nothing() -> None:
    tomorrow = plan(starts=NOW + DAY)
    assert beyond_plans(spike(OFFER, 400), [tomorrow], LINKS) == spike(OFFER, 400)


def test_plans_of_several_series_add_up_where_they_meet() -> None:
    both = [plan(OFFER, 300), plan(ANN, 200)]
    assert beyond_plans(spike(NORTH, 520), both, LINKS) is None
    assert beyond_plans(spike(NORTH, 560), both, LINKS) is not None


def test_a_night_blast_within_a_plan_waits_for_nobody() -> None:
    assert reasons(Desk([plan(ANN)]).sit(NOW, spike(ANN, 60, cause=Cause.NIGHT_BLAST))) == [Reason.PLANNED]


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_an_incident_is_never_measured_against_less_than_its_plan(expected: int, observed: int) -> None:
    told = beyond_plans(spike(OFFER, observed), [plan(expected=expected)], LINKS)
    assert told is None or observed <= 10 or told.usual == 10 + expected


def test_a_silenced_series_opens_and_ends_without_letters() -> None:
    desk = Desk(silenced=frozenset({ANN}))
    desk.sit(NOW - 5 * MINUTE, spike(at=NOW - 5 * MINUTE))
    assert Reason.SILENCED in reasons(desk.sit(NOW, spike(at=NOW)))
    assert desk.incidents[1].state is State.OPEN
    told = desk.sit(NOW + 60, spike(observed=900, at=NOW + 60))
    told += desk.sit(NOW + 2 * HOUR)
    assert letters(told) == []
    assert desk.incidents[1].state is State.RESOLVED


def test_a_silence_holds_for_what_is_open_already() -> None:
    desk = Desk()
    desk.sit(NOW - 5 * MINUTE, spike(at=NOW - 5 * MINUTE))
    assert letters(desk.sit(NOW, spike(at=NOW))) == [Occasion.OPENED]
    desk.silenced = frozenset({ANN})
    assert letters(desk.sit(NOW + 2 * HOUR)) == []


def test_an_acknowledged_incident_grows_untold_and_its_end_is_told() -> None:
    desk = Desk()
    desk.sit(NOW - 5 * MINUTE, spike(at=NOW - 5 * MINUTE))
    desk.sit(NOW, spike(at=NOW))
    desk.incidents[1] = replace(desk.incidents[1], acknowledged_at=NOW + 30)
    grown = desk.sit(NOW + 60, spike(observed=900, at=NOW + 60))
    assert Reason.ACKNOWLEDGED in reasons(grown)
    assert letters(grown) == []
    assert letters(desk.sit(NOW + 2 * HOUR)) == [Occasion.RESOLVED]
