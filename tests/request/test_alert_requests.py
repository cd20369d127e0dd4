"""Plans, silences and acknowledgements as requests: applied once, or refused by name."""

import json

import pytest
import sqlalchemy as sa

from auditor.statistics.series import ORGANISATION, Series
from auditor.statistics.tally import Scope
from auditor.store import incidents, plans, requests
from auditor.store.database.schema import incident, template
from auditor.store.requests import Request, State
from tests.mail import campaign
from tests.store.ledgers import NOW, Ledgers

DAY = 86400


@pytest.fixture
def ledgers(tmp_path):
    made = Ledgers(tmp_path / "auditor.db")
    made.take(list(campaign(6)))
    made.judge()
    yield made
    made.close()


def ask(ledgers: Ledgers, what: str, **arguments: object) -> Request:
    text = json.dumps(arguments)
    number = ledgers.store.run_here(lambda c: requests.put(c, what, "mia", text, NOW))
    ledgers.store.run_here(lambda c: ledgers.judge_.judge(c, NOW))
    return ledgers.store.run_here(lambda c: requests.find(c, number))


def plan(
    ledgers: Ledgers, starts: float = 0, ends: float = DAY, expected: int = 500, **about: str
) -> Request:
    return ask(ledgers, "plan_add", starts=NOW + starts, ends=NOW + ends, expected=expected, about=about)


def known(ledgers: Ledgers) -> list[tuple[int, Series, int]]:
    found = ledgers.store.run_here(lambda c: plans.between(c, NOW, NOW + 400 * DAY))
    return [(one.id, one.series, one.expected) for one in found]


def test_plans_are_added_and_removed(ledgers):
    ((id_,),) = ledgers.rows(sa.select(template.c.id))
    assert plan(ledgers, template=id_).answer == f"Plan 1: 500 mails of template {id_} are expected."
    assert plan(ledgers).answer == "Plan 2: 500 mails of the whole organisation are expected."
    assert plan(ledgers, sender="Ann@NorthVans.example").state is State.APPLIED
    assert known(ledgers) == [
        (1, Series(Scope.TEMPLATE, id_), 500),
        (2, ORGANISATION, 500),
        (3, Series(Scope.SENDER, "ann@northvans.example"), 500),
    ]
    assert ask(ledgers, "plan_remove", number=2).answer == "Plan 2 is removed."
    assert ask(ledgers, "plan_remove", number=2).reason == "unknown_plan"
    assert [number for number, *_ in known(ledgers)] == [1, 3]


def test_plans_of_one_series_do_not_overlap(ledgers):
    plan(ledgers, team="North")
    refused = plan(ledgers, starts=DAY - 1, ends=2 * DAY, team="North")
    assert (refused.state, refused.reason) == (State.REFUSED, "overlapping_plan")
    assert "plan 1 of team North" in refused.answer
    assert plan(ledgers, starts=DAY, ends=2 * DAY, team="North").state is State.APPLIED  # one after the other
    assert plan(ledgers, starts=0, ends=2 * DAY, team="South").state is State.APPLIED


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"starts": DAY, "ends": DAY}, "wrong_times"),
        ({"starts": DAY, "ends": 0}, "wrong_times"),
        ({"starts": -9 * DAY, "ends": -8 * DAY}, "wrong_times"),
        ({"starts": 0, "ends": 100 * DAY}, "wrong_times"),
        ({"expected": 0}, "nothing_expected"),
        ({"expected": 1.5}, "wrong_arguments"),
        ({"template": "no such template"}, "unknown_template"),
        ({"team": "North", "sender": "ann@northvans.example"}, "several_series"),
    ],
)
def test_refusals_are_named(ledgers, arguments, reason):
    refused = plan(ledgers, **arguments)
    assert (refused.state, refused.reason) == (State.REFUSED, reason)
    assert known(ledgers) == []


def opened(ledgers: Ledgers, state: str = "open") -> None:
    row = {
        "scope": "team", "series": "North", "unit": "sends", "state": state, "cause": "above_usual",
        "reason": "lasted", "first_seen": NOW, "opened_at": NOW, "updated_at": NOW, "until": NOW,
        "window": 3600, "observed": 100, "usual": 10.0, "low": 2.0, "high": 25.0,
    }  # fmt: skip
    ledgers.store.run_here(lambda c: c.execute(sa.insert(incident).values(row)))


def test_an_incident_is_acknowledged(ledgers):
    opened(ledgers)
    assert ask(ledgers, "incident_acknowledge", incident=1).state is State.APPLIED
    ((one, by),) = ledgers.store.run_here(lambda c: incidents.listed(c, 9, open_only=True))
    assert (one.acknowledged_at, by) == (NOW, "mia")
    assert ask(ledgers, "incident_acknowledge", incident=2).reason == "unknown_incident"


def test_what_is_over_cannot_be_acknowledged(ledgers):
    opened(ledgers, "resolved")
    assert ask(ledgers, "incident_acknowledge", incident=1).reason == "not_open"


def test_silences_begin_and_end(ledgers):
    opened(ledgers)
    assert ask(ledgers, "silence", seconds=3600.0, incident=1).state is State.APPLIED
    assert ask(ledgers, "silence", seconds=7200.0, about={"sender": "ann@northvans.example"}).answer
    silent = ledgers.store.run_here(lambda c: plans.silences(c, NOW + 60))
    assert silent == {
        Series(Scope.TEAM, "North"): NOW + 3600,
        Series(Scope.SENDER, "ann@northvans.example"): NOW + 7200,
    }
    told = ask(ledgers, "silence", seconds=0.0, about={"team": "North"})
    assert told.answer == "Letters tell of team North again."
    assert len(ledgers.store.run_here(lambda c: plans.silences(c, NOW + 60))) == 1
    assert ask(ledgers, "silence", seconds=1e9, incident=1).reason == "too_long"
    assert ask(ledgers, "silence", seconds=1.0, incident=7).reason == "unknown_incident"
