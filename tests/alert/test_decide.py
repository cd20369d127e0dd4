"""The life of an incident, one reason after another."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.alert.decide import Rules, decide
from auditor.alert.incident import Decision, Incident, Occasion, Reason, State
from auditor.alert.links import Links, link
from auditor.statistics.series import DAY, HOUR, MINUTE, ORGANISATION, Mixed, Series, Unit
from auditor.statistics.spikes import Cause, Spike, Way
from auditor.statistics.tally import Scope

NOW = 1_790_000_100.0
RULES = Rules(armed_at=NOW - 30 * DAY)
ANN, BOB = Series(Scope.SENDER, "ann@example.org"), Series(Scope.SENDER, "bob@example.org")
NORTH, SOUTH = Series(Scope.TEAM, "north"), Series(Scope.TEAM, "south")
OFFER = Series(Scope.TEMPLATE, "offer")
LINKS = {
    ANN: frozenset({ANN, NORTH, OFFER}),
    BOB: frozenset({BOB, SOUTH}),
    NORTH: frozenset({NORTH}),
    SOUTH: frozenset({SOUTH}),
    OFFER: frozenset({OFFER, NORTH}),
}


def spike(
    series: Series = ANN,
    observed: int = 100,
    *,
    at: float = NOW,
    window: int = HOUR,
    cause: Cause = Cause.ABOVE_USUAL,
    strength: float = 1.5,
    unit: Unit = Unit.SENDS,
) -> Spike:
    return Spike(series, unit, window, at - window, at, observed, 10.0, 2.0, 25.0, 6.0 * strength, 6.0, cause)


class Life:
    """Incidents as the store would keep them, over several sittings."""

    def __init__(self, rules: Rules = RULES, links: Links = LINKS) -> None:
        self.rules = rules
        self.links = links
        self.incidents: dict[int, Incident] = {}

    def sit(self, now: float, *spikes: Spike, again: dict[int, int] | None = None) -> list[Decision]:
        decisions = decide(self.incidents.values(), spikes, now, self.rules, self.links, again)
        for decision in decisions:
            if decision.incident is not None:
                number = decision.incident.id or len(self.incidents) + 1
                self.incidents[number] = replace(decision.incident, id=number)
        return list(decisions)

    def opened(self, now: float = NOW, *spikes: Spike) -> "Life":
        """With an incident of Ann's that opened at `now`."""
        for at in (now - 5 * MINUTE, now):
            self.sit(at, *(spikes or (spike(at=at),)))
        assert self.incidents[1].state is State.OPEN
        return self


def reasons(decisions: list[Decision]) -> list[Reason]:
    return [decision.reason for decision in decisions]


def letters(decisions: list[Decision]) -> list[Occasion]:
    return [decision.letter for decision in decisions if decision.letter is not None]


def test_a_spike_is_held_then_opens_once() -> None:
    life = Life()
    assert reasons(life.sit(NOW, spike())) == [Reason.HELD]
    assert reasons(life.sit(NOW + 60, spike(at=NOW + 60))) == [Reason.ATTACHED]
    last = life.sit(NOW + 300, spike(at=NOW + 300))
    assert reasons(last) == [Reason.ATTACHED, Reason.LASTED]
    assert letters(last) == [Occasion.OPENED]
    assert letters(life.sit(NOW + 360, spike(at=NOW + 360))) == []
    assert len(life.incidents) == 1


def test_a_spike_that_does_not_last_fades_untold() -> None:
    life = Life()
    life.sit(NOW, spike())
    assert reasons(life.sit(NOW + 60)) == [Reason.FADED]
    assert life.incidents[1].state is State.FADED


@pytest.mark.parametrize(
    ("cause", "series", "reason"),
    [
        (Cause.NIGHT_BLAST, ANN, Reason.NIGHT_BLAST),
        (Cause.NEW_TEMPLATE, OFFER, Reason.NEW_TEMPLATE),
        (Cause.SINGLE_SEND, ANN, Reason.SINGLE_SEND),
    ],
)
def test_what_cannot_wait_opens_at_once(cause: Cause, series: Series, reason: Reason) -> None:
    decisions = Life().sit(NOW, spike(series, cause=cause))
    assert reasons(decisions) == [reason]
    assert letters(decisions) == [Occasion.OPENED]


def test_a_held_incident_opens_at_once_when_a_sign_comes_that_cannot_wait() -> None:
    life = Life()
    life.sit(NOW, spike())
    decisions = life.sit(
        NOW + 60, spike(at=NOW + 60), spike(at=NOW + 60, cause=Cause.NIGHT_BLAST, window=15 * MINUTE)
    )
    assert Reason.NIGHT_BLAST in reasons(decisions)


@pytest.mark.parametrize("other", [NORTH, OFFER, ORGANISATION])
def test_what_shares_a_series_joins(other: Series) -> None:
    life = Life().opened()
    decisions = life.sit(NOW + 60, spike(at=NOW + 60), spike(other, 110, at=NOW + 60))
    assert set(reasons(decisions)) == {Reason.ATTACHED}
    assert len(life.incidents) == 1


def test_what_shares_nothing_begins_its_own() -> None:
    life = Life().opened()
    assert Reason.HELD in reasons(life.sit(NOW + 60, spike(BOB, at=NOW + 60)))
    assert life.incidents[2].series == BOB


def test_two_hours_later_it_is_another_event() -> None:
    life = Life().opened()
    late = NOW + 4 * HOUR
    assert Reason.HELD in reasons(life.sit(late, spike(NORTH, 400, at=late)))


@pytest.mark.parametrize(
    ("spikes", "root"),
    [
        ([spike(ANN, 100), spike(NORTH, 110), spike(ORGANISATION, 120)], ANN),
        ([spike(ANN, 30), spike(OFFER, 200), spike(NORTH, 120), spike(ORGANISATION, 220, strength=3)], OFFER),
        ([spike(ANN, 30), spike(NORTH, 200, strength=2), spike(ORGANISATION, 210)], NORTH),
        ([spike(ANN, 40), spike(BOB, 40), spike(ORGANISATION, 900, strength=5)], ORGANISATION),
        ([spike(ANN, 100, strength=0.7), spike(NORTH, 110)], ANN),  # faint alone, yet it explains the whole
    ],
)
def test_the_cause_is_the_smallest_series_that_explains_the_excess(spikes: list[Spike], root: Series) -> None:
    life = Life()
    life.sit(NOW, *spikes)
    assert life.incidents[1].series == root


def test_told_again_only_at_twice_the_excess() -> None:
    life = Life().opened()
    assert letters(life.sit(NOW + 60, spike(observed=180, at=NOW + 60))) == []
    decisions = life.sit(NOW + 120, spike(observed=191, at=NOW + 120))
    assert Reason.GREW in reasons(decisions)
    assert letters(decisions) == [Occasion.UPDATED]
    assert letters(life.sit(NOW + 180, spike(observed=300, at=NOW + 180))) == []


def test_resolved_after_half_an_hour_of_calm() -> None:
    life = Life().opened()
    assert reasons(life.sit(NOW + 20 * MINUTE)) == []
    decisions = life.sit(NOW + 30 * MINUTE)
    assert reasons(decisions) == [Reason.BACK_TO_USUAL]
    assert letters(decisions) == [Occasion.RESOLVED]


def test_a_faint_reading_keeps_it_open() -> None:
    life = Life().opened()
    life.sit(NOW + 29 * MINUTE, spike(at=NOW + 29 * MINUTE, strength=0.7))
    assert reasons(life.sit(NOW + 31 * MINUTE)) == []


def test_a_days_window_does_not_keep_an_hours_incident_open() -> None:
    life = Life().opened()
    life.sit(NOW + 29 * MINUTE, spike(at=NOW + 29 * MINUTE, window=DAY))
    assert Reason.BACK_TO_USUAL in reasons(
        life.sit(NOW + 31 * MINUTE, spike(at=NOW + 31 * MINUTE, window=DAY))
    )


def test_the_series_cools_down_for_a_day() -> None:
    life = Life().opened()
    life.sit(NOW + HOUR)
    again = NOW + 10 * HOUR
    assert reasons(life.sit(again, spike(at=again))) == [Reason.COOLING_DOWN]
    later = NOW + 26 * HOUR
    assert reasons(life.sit(later, spike(at=later))) == [Reason.HELD]


def test_twice_as_much_is_news_even_while_cooling_down() -> None:
    life = Life().opened()
    life.sit(NOW + HOUR)
    again = NOW + 10 * HOUR
    assert reasons(life.sit(again, spike(observed=300, at=again))) == [Reason.HELD]


def test_a_longer_window_that_reaches_back_says_nothing_new() -> None:
    life = Life().opened()
    life.sit(NOW + HOUR)
    at = NOW + 6 * HOUR
    assert reasons(life.sit(at, spike(NORTH, 120, at=at, window=DAY))) == [Reason.ALREADY_TOLD]


def test_a_flood_is_folded_into_one_letter() -> None:
    life = Life()
    told = []
    for number in range(9):
        series = Series(Scope.SENDER, f"p{number}@example.org")
        told += life.sit(NOW + number, spike(series, at=NOW + number, cause=Cause.NIGHT_BLAST))
    assert letters(told) == [Occasion.OPENED] * 5 + [Occasion.FLOOD]
    assert reasons(told)[5:] == [Reason.FOLDED] * 4
    assert letters(life.sit(NOW + HOUR)) == [Occasion.RESOLVED] * 5


def test_corrected_when_a_reclassification_made_it_vanish() -> None:
    life = Life().opened()
    assert reasons(life.sit(NOW + 60, spike(at=NOW + 60), again={1: 90})) == [Reason.ATTACHED]
    decisions = life.sit(NOW + 120, again={1: 12})
    assert reasons(decisions) == [Reason.RECLASSIFIED]
    assert letters(decisions) == [Occasion.CORRECTED]
    assert life.incidents[1].state is State.CORRECTED


def test_a_held_incident_that_vanishes_was_never_told() -> None:
    life = Life()
    life.sit(NOW, spike())
    assert letters(life.sit(NOW + 60, again={1: 0})) == []


@pytest.mark.parametrize("armed_at", [None, NOW])
def test_nothing_opens_before_the_first_audit_was_finished(armed_at: float | None) -> None:
    life = Life(Rules(armed_at=armed_at))
    assert reasons(life.sit(NOW, spike(cause=Cause.NIGHT_BLAST))) == [Reason.NOT_ARMED]
    assert life.incidents == {}


def test_windows_that_ended_long_ago_open_nothing() -> None:
    life = Life()
    assert reasons(life.sit(NOW, spike(at=NOW - 7 * HOUR, cause=Cause.NIGHT_BLAST))) == [Reason.TOO_OLD]
    assert reasons(life.sit(NOW, spike(at=NOW - 5 * HOUR, cause=Cause.NIGHT_BLAST))) == [Reason.NIGHT_BLAST]


def test_a_push_of_everybody_hides_no_blast_at_night() -> None:
    life = Life()
    whole = [spike(ORGANISATION, 500, strength=2)]
    life.opened(NOW, *whole)
    at = NOW + 60
    assert Reason.ATTACHED in reasons(life.sit(at, spike(BOB, at=at)))
    assert Reason.NIGHT_BLAST in reasons(life.sit(at + 60, spike(ANN, at=at + 60, cause=Cause.NIGHT_BLAST)))


def test_links_join_a_sender_with_team_and_template_but_nobody_without_a_team() -> None:
    rows = [
        Mixed("ann", "north", "offer", 0, 60, 60, 1, 0.0),
        Mixed("cat", "none", "offer", 0, 5, 5, 1, 0.0),
        Mixed("cat", "none", "other", 0, 50, 50, 1, 0.0),
    ]
    links = link(rows)
    ann, cat = Series(Scope.SENDER, "ann"), Series(Scope.SENDER, "cat")
    assert links[ann] == {ann, NORTH, OFFER}
    assert links[cat] == {cat, Series(Scope.TEMPLATE, "other")}
    assert links[OFFER] == {OFFER, NORTH}


def test_a_send_on_no_template_joins_the_sender_with_the_team_alone() -> None:
    links = link([Mixed("ann", "north", None, 0, 1, 260, 260, 0.0)])
    ann = Series(Scope.SENDER, "ann")
    assert links == {ann: {ann, NORTH}, NORTH: {NORTH}}


readings = st.builds(
    spike,
    st.sampled_from([ANN, BOB, NORTH, SOUTH, OFFER, ORGANISATION]),
    st.integers(20, 500),
    at=st.floats(NOW - 3 * HOUR, NOW),
    window=st.sampled_from([15 * MINUTE, HOUR, 4 * HOUR, DAY]),
    cause=st.sampled_from(list(Cause)),
    strength=st.floats(0.6, 4),
    unit=st.sampled_from(list(Unit)),
)


def silence(series: Series, usual: float, at: float, window: int = 2 * HOUR) -> Spike:
    return Spike(
        series, Unit.SENDS, window, at - window, at, 0, usual, usual / 2, usual * 2,
        6.0, 4.0, Cause.BELOW_USUAL,
    )  # fmt: skip


def test_a_silence_that_one_team_began_becomes_everybodys_in_the_same_incident() -> None:
    life = Life().opened(NOW, silence(NORTH, 80.0, NOW))
    later = NOW + 30 * MINUTE
    decisions = life.sit(
        later, silence(NORTH, 80.0, later), silence(SOUTH, 90.0, later), silence(ORGANISATION, 400.0, later)
    )
    assert Reason.WIDENED in reasons(decisions)
    assert letters(decisions) == [Occasion.UPDATED]
    assert [one.series for one in life.incidents.values() if one.state is State.OPEN] == [ORGANISATION]
    assert letters(life.sit(later + 60, silence(ORGANISATION, 410.0, later + 60))) == []


def test_a_team_whose_silence_is_most_of_what_is_missed_stays_the_cause() -> None:
    life = Life().opened(NOW, silence(NORTH, 80.0, NOW))
    later = NOW + 30 * MINUTE
    longer = [silence(NORTH, 300.0, later, 8 * HOUR), silence(ORGANISATION, 400.0, later, 8 * HOUR)]
    assert Reason.WIDENED not in reasons(life.sit(later, silence(NORTH, 80.0, later), *longer))
    assert life.incidents[1].series == NORTH


@pytest.mark.parametrize(
    ("observed", "window", "series"), [(110, HOUR, ANN), (400, HOUR, NORTH), (400, 4 * HOUR, ANN)]
)
def test_an_open_incident_grows_into_the_team_that_sends_far_more(
    observed: int, window: int, series: Series
) -> None:
    life = Life().opened()
    at = NOW + 60
    decisions = life.sit(at, spike(at=at), spike(NORTH, observed, at=at, window=window))
    assert letters(decisions) == ([Occasion.UPDATED] if series == NORTH else [])
    assert [one.series for one in life.incidents.values()] == [series]


@given(st.lists(readings, max_size=8), st.lists(readings, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_spikes_and_incidents_does_not_matter(
    first: list[Spike], second: list[Spike], shuffled: random.Random
) -> None:
    life = Life()
    life.sit(NOW - 5 * MINUTE, *first)
    known = list(life.incidents.values())
    expected = decide(known, second, NOW, RULES, LINKS)
    shuffled.shuffle(known)
    shuffled.shuffle(second)
    assert decide(known, second, NOW, RULES, LINKS) == expected


@given(st.lists(st.lists(readings, max_size=4), min_size=1, max_size=6))
def test_an_incident_opens_once_and_ends_once(sittings: list[list[Spike]]) -> None:
    life = Life()
    told: list[tuple[Occasion, float, Series, Way]] = []
    for place, spikes in enumerate(sittings):
        for decision in life.sit(NOW + place * 6 * MINUTE, *spikes):
            if decision.letter in {Occasion.OPENED, Occasion.RESOLVED} and decision.incident is not None:
                one = decision.incident
                told.append((decision.letter, one.first_seen, one.series, one.cause.way))
    assert len(told) == len(set(told))
