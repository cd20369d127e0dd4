"""Changes that people ask for: applied in the judgement transaction, or refused by name."""

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from auditor.request import kinds
from auditor.request.change import Asked
from auditor.request.template import one_line
from auditor.store import requests
from auditor.store.database.schema import template
from auditor.store.requests import Refused, Request, State
from tests.mail import campaign
from tests.store.ledgers import NOW, Ledgers


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Writes something, and then cannot go on."""

    why: str

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        connection.execute(sa.update(template).values(name="half"))
        if self.why == "refused":
            raise Refused("half_way", "not further")
        raise ZeroDivisionError


@pytest.fixture
def ledgers(tmp_path):
    made = Ledgers(tmp_path / "auditor.db")
    made.take(list(campaign(6)))
    made.judge()
    yield made
    made.close()


def ask(ledgers: Ledgers, what: str, arguments: str) -> Request:
    """Ask, let judgement run once, and look at what became of it."""
    number = ledgers.store.run_here(lambda c: requests.put(c, what, "mia", arguments, NOW))
    judged = ledgers.store.run_here(lambda c: ledgers.judge_.judge(c, NOW))
    assert judged.settled == 1
    return ledgers.store.run_here(lambda c: requests.find(c, number))


def test_judgement_applies_what_waits_once(ledgers):
    ((id_,),) = ledgers.rows(sa.select(template.c.id))
    settled = ask(ledgers, "template_name", f'{{"template": "{id_}", "name": "Ramp offer"}}')
    assert (settled.state, settled.answer) == (State.APPLIED, f"Template {id_} is called “Ramp offer” now.")
    assert ledgers.rows(sa.select(template.c.name)) == [("Ramp offer",)]
    assert ledgers.store.run_here(lambda c: ledgers.judge_.judge(c, NOW)).settled == 0


@pytest.mark.parametrize(
    ("what", "arguments", "reason"),
    [
        ("no_such_change", "{}", "unknown_change"),
        ("template_name", '{"template": "t1"}', "wrong_arguments"),
        ("template_name", '{"template": "t1", "name": "x", "more": 1}', "wrong_arguments"),
        ("template_name", '{"template": "t1", "name": 7}', "wrong_arguments"),
        ("template_name", "no JSON", "wrong_arguments"),
        ("template_name", '{"template": "t1", "name": "x"}', "unknown_template"),
    ],
)
def test_refusals_are_named(ledgers, what, arguments, reason):
    settled = ask(ledgers, what, arguments)
    assert (settled.state, settled.reason) == (State.REFUSED, reason)
    assert settled.answer


@pytest.mark.parametrize("why", ["refused", "failed"])
def test_what_cannot_be_finished_leaves_nothing(ledgers, monkeypatch, why):
    monkeypatch.setitem(kinds.KINDS, "half", HalfWay)
    settled = ask(ledgers, "half", f'{{"why": "{why}"}}')
    assert settled.state is State.REFUSED
    assert settled.reason == {"refused": "half_way", "failed": "failed"}[why]
    assert ledgers.rows(sa.select(template.c.name)) == [(None,)]


def test_a_name_is_one_clean_line():
    assert one_line(" Ramp\r\n offer\t 2\u202e\u0000 ") == "Ramp offer 2"
    assert one_line("Angebot fu\u0308r Rampen") == "Angebot für Rampen"
