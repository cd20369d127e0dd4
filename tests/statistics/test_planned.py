"""Planned campaigns are expected, not learned: what was announced is taken out, and never more than it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.statistics.planned import Sent, without_plans
from auditor.statistics.plans import Plan
from auditor.statistics.series import HOUR, ORGANISATION, Counts, Series
from auditor.statistics.tally import Scope

OFFER = Series(Scope.TEMPLATE, "offer")
NORTH = Series(Scope.TEAM, "north")
ANN, BOB = Series(Scope.SENDER, "ann"), Series(Scope.SENDER, "bob")


def plan(series: Series, expected: int, starts: int = 100, ends: int = 110) -> Plan:
    return Plan(1, series, starts * HOUR, ends * HOUR, expected)


def sent(hour: int, messages: int, sender: str = "ann", template: str = "offer") -> Sent:
    return Sent(sender, "north", template, hour, messages, 2 * messages)


def counts(rows: Sequence[Sent]) -> dict[Series, Counts]:
    """Hourly counts of all series that some sends count in."""
    found: dict[Series, dict[int, tuple[int, int]]] = {}
    for row in rows:
        for series in row.series:
            held = found.setdefault(series, {})
            before = held.get(row.hour, (0, 0))
            held[row.hour] = before[0] + row.messages, before[1] + row.deliveries
    return dict(found)


def test_a_planned_template_is_taken_out_of_everything_it_counts_in() -> None:
    ordinary = [sent(hour, 10, template="usual") for hour in range(90, 112)]
    campaign = [sent(103, 400), sent(104, 100, "bob")]
    whole = counts([*ordinary, *campaign])
    left = without_plans(whole, {OFFER: whole[OFFER]}, {plan(OFFER, 500): campaign})
    assert left[OFFER] == {103: (0, 0), 104: (0, 0)}
    assert left[ANN][103] == left[NORTH][103] == left[ORGANISATION][103] == (10, 20)
    assert left[BOB][104] == (0, 0)
    assert left[ANN] == whole[Series(Scope.TEMPLATE, "usual")]


def test_of_a_planned_team_what_stands_out_goes_and_what_is_ordinary_stays() -> None:
    rows = [sent(hour, 20 if hour != 104 else 320) for hour in range(80, 120)]
    whole = counts(rows)
    within = [row for row in rows if 100 <= row.hour < 110]
    left = without_plans(whole, {NORTH: whole[NORTH]}, {plan(NORTH, 5_000): within})
    assert left[NORTH] == dict.fromkeys(range(80, 120), (20, 40))


def test_more_than_was_announced_is_learned() -> None:
    campaign = [sent(102, 300), sent(103, 500)]
    whole = counts(campaign)
    left = without_plans(whole, {OFFER: whole[OFFER]}, {plan(OFFER, 400): campaign})
    assert left[OFFER] == {102: (200, 400), 103: (200, 400)}


def test_without_plans_nothing_changes() -> None:
    whole = counts([sent(1, 3)])
    assert without_plans(whole, {}, {}) == whole


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=10),
    st.integers(1, 3_000),
    st.lists(st.integers(1, 50), max_size=5),
)
def test_never_more_goes_than_was_announced(within: list[int], expected: int, outside: list[int]) -> None:
    campaign = [sent(100 + n, messages) for n, messages in enumerate(within)]
    others = [sent(n, messages) for n, messages in enumerate(outside)]
    whole = counts([*campaign, *others])
    left = without_plans(whole, {OFFER: whole[OFFER]}, {plan(OFFER, expected): campaign})
    gone = sum(pair[0] for pair in whole[OFFER].values()) - sum(pair[0] for pair in left[OFFER].values())
    floor = sum(outside) / len(outside) if outside else 0
    assert gone <= expected + len(within)  # each hour is rounded
    assert all(left[OFFER][n] == whole[OFFER][n] for n in range(len(outside)))
    if floor == 0 and expected <= sum(within):
        assert gone == pytest.approx(expected, abs=len(within))
