"""One slow rise is one incident, whichever of a sender and the team is seen first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.alert.incident import Occasion, Reason, State
from auditor.alert.links import link
from auditor.statistics.series import DAY, HOUR, MINUTE, Series
from auditor.statistics.spikes import FAINT, Cause, Spike
from auditor.statistics.tally import Scope
from tests.alert.test_decide import ANN, NORTH, NOW, Life, letters, reasons, spike

CAT = Series(Scope.SENDER, "cat@example.org")
HOMES = {"ann@example.org": "north", "cat@example.org": "north"}
NIGHT = link((), HOMES)
"""What is known at night, when nobody has sent anything for hours."""


def rise(series: Series, observed: int, at: float, *, strength: float = 1.2) -> Spike:
    """A rise over a week, or of a team over two days."""
    days = 2 if series.scope is Scope.TEAM else 8
    return spike(series, observed, at=at, window=days * DAY, cause=Cause.SUSTAINED, strength=strength)


def evenings(life: Life, *found: list[Spike]) -> list[Occasion]:
    """Some evenings, each read for a quarter of an hour, and told of until the next one."""
    told: list[Occasion] = []
    for evening, spikes in enumerate(found):
        for minute in (0, 3, 6, 9, 12, 8 * 60, 16 * 60):
            at = NOW + evening * DAY + minute * MINUTE
            told += letters(life.sit(at, *(_still(one, at) for one in spikes)))
    return told


def _still(one: Spike, at: float) -> Spike:
    return rise(one.series, one.observed, at, strength=one.strength)


@pytest.fixture
def life() -> Life:
    return Life(links=NIGHT)


def test_a_sender_whose_rise_is_the_teams_is_told_of_alone(life: Life) -> None:
    told = evenings(life, [rise(ANN, 400, NOW)], [rise(ANN, 420, NOW), rise(NORTH, 450, NOW)])
    assert told == [Occasion.OPENED]
    assert [one.series for one in life.incidents.values()] == [ANN]


def test_both_on_one_evening_are_one_opening(life: Life) -> None:
    assert evenings(life, [rise(ANN, 400, NOW), rise(NORTH, 450, NOW)]) == [Occasion.OPENED]
    assert [one.series for one in life.incidents.values()] == [ANN]


def test_a_team_that_rises_beyond_the_sender_widens_the_incident_once(life: Life) -> None:
    told = evenings(
        life,
        [rise(ANN, 300, NOW)],
        [rise(ANN, 310, NOW), rise(NORTH, 700, NOW)],
        [rise(ANN, 320, NOW), rise(NORTH, 900, NOW)],
    )
    assert told == [Occasion.OPENED, Occasion.UPDATED]
    assert [(one.series, one.state) for one in life.incidents.values()] == [(NORTH, State.OPEN)]


def test_a_sender_seen_after_the_team_joins(life: Life) -> None:
    told = evenings(life, [rise(NORTH, 500, NOW)], [rise(ANN, 400, NOW), rise(NORTH, 510, NOW)])
    assert told == [Occasion.OPENED]
    assert [one.series for one in life.incidents.values()] == [NORTH]


def test_a_team_seen_when_the_senders_rise_is_over_is_no_news(life: Life) -> None:
    assert evenings(life, [rise(ANN, 400, NOW)], [], [rise(NORTH, 450, NOW)]) == [
        Occasion.OPENED,
        Occasion.RESOLVED,
    ]


def test_two_people_of_a_team_are_two_events(life: Life) -> None:
    told = evenings(life, [rise(ANN, 400, NOW), rise(CAT, 300, NOW)])
    assert told == [Occasion.OPENED, Occasion.OPENED]
    assert {one.series for one in life.incidents.values()} == {ANN, CAT}


def test_a_rise_of_days_and_a_day_of_somebody_else_are_two_events(life: Life) -> None:
    evenings(life, [rise(ANN, 400, NOW)])
    at = NOW + 17 * HOUR
    assert Reason.HELD in reasons(
        life.sit(at, _still(rise(ANN, 400, NOW), at), spike(CAT, at=at, window=DAY))
    )


@given(
    st.lists(
        st.tuples(st.integers(30, 900), st.integers(30, 900), st.sampled_from([0.5, 0.7, 1.0, 1.6])),
        min_size=1,
        max_size=8,
    )
)
def test_however_they_rise_a_sender_and_the_team_are_never_open_side_by_side(
    weeks: list[tuple[int, int, float]],
) -> None:
    life = Life(links=NIGHT)
    for evening, (alone, together, strength) in enumerate(weeks):
        for minute in (0, 6, 12, 8 * 60, 16 * 60):
            at = NOW + evening * DAY + minute * MINUTE
            spikes = [
                rise(ANN, alone, at, strength=strength),
                rise(NORTH, together, at, strength=1.7 - strength),
            ]
            life.sit(at, *(one for one in spikes if one.strength >= FAINT))
            assert sum(one.state is State.OPEN for one in life.incidents.values()) <= 1
