"""A slow rise in the daemon: one letter when its day has ended, across restarts; over when it is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.lookout.tick import Lookout
from auditor.statistics.series import DAY, HOUR, MINUTE
from auditor.statistics.tally import changes
from auditor.store.database import schema
from auditor.store.engine import open_temporary
from auditor.store.ledger.tallies import move_tally
from auditor.vocabulary import Class
from tests.lookout.test_tick import CONFIG, MONDAY, PEOPLE, Company, _counted

RISING = "p3@example.org"
MIDNIGHT = MONDAY + 12 * DAY - 2 * HOUR  # Friday of the second week has ended in Berlin
STEPS = (0, 0, 0, 0, 20, 40, 60, 70, 80, 90)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """Six ordinary weeks, and two in which one sends more and more: 27 a day, at last four times that."""
    store = open_temporary(tmp_path / "store.db")
    made = Company(store)
    for _ in range(3):
        made.history()
    moves = []
    for number in range(10):
        day = MONDAY + (number + number // 5 * 2) * DAY
        for person in range(12):
            who = f"p{person}@example.org"
            more = STEPS[number] if who == RISING else 0
            ordinary = [day + 7 * HOUR + n * HOUR / 3 + person * 240 for n in range(27)]
            for at in ordinary + [day + 7 * HOUR + n * 300 for n in range(more)]:
                moves.append((None, _counted(who, PEOPLE.team(who), "usual", at, Class.MASS, 1)))
    store.run_here(lambda connection: move_tally(connection, changes(moves, MONDAY - 3 * DAY)))
    yield made
    store.close()


def letters(company: Company) -> list[tuple[str, str]]:
    return [(row.occasion, row.subject) for row in company.letters()]


def looks(company: Company, start: float, minutes: int, *, restarts: bool = False) -> None:
    for minute in range(0, minutes, 2):
        if restarts:
            company.lookout = Lookout(CONFIG, PEOPLE)
        company.look(start + minute * MINUTE)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_rise_is_told_once_when_its_day_has_ended(company: Company, restarts: bool) -> None:
    looks(company, MIDNIGHT - 20 * MINUTE, 90, restarts=restarts)
    ((occasion, subject),) = letters(company)
    assert occasion == "opened"
    assert "in 8 days" in subject
    kept = company.store.run_here(lambda c: c.execute(sa.select(schema.incident)).one())
    assert (kept.cause, kept.series, kept.state) == ("sustained", RISING, "open")


def test_a_rise_that_is_most_of_its_teams_is_told_once(company: Company) -> None:
    more = [MONDAY + day * DAY + 7 * HOUR + n * 120 for day in (10, 11) for n in range(220)]
    moves = [(None, _counted(RISING, PEOPLE.team(RISING), "usual", at, Class.MASS, 1)) for at in more]
    company.store.run_here(lambda connection: move_tally(connection, changes(moves, MONDAY - 3 * DAY)))
    looks(company, MIDNIGHT - 4 * MINUTE, 30)
    kept = company.store.run_here(lambda c: c.execute(sa.select(schema.incident)).all())
    assert [(one.series, one.state) for one in kept] == [(RISING, "open")]
    assert "north" in kept[0].touches
    assert [occasion for occasion, _ in letters(company)] == ["opened"]


def test_it_stays_open_over_the_weekend_and_ends_after_ordinary_days(company: Company) -> None:
    looks(company, MIDNIGHT - 4 * MINUTE, 20)
    for hour in range(1, 60):
        company.look(MIDNIGHT + hour * HOUR)
    assert [one for one, _ in letters(company)] == ["opened"]
    moves = [
        (None, _counted(who, PEOPLE.team(who), "usual", at, Class.MASS, 1))
        for day in range(14, 17)
        for who in PEOPLE.persons
        for at in [MONDAY + day * DAY + 7 * HOUR + n * HOUR / 3 for n in range(27)]
    ]
    company.store.run_here(lambda connection: move_tally(connection, changes(moves, MONDAY)))
    for half_hours in range(2 * 60, 2 * 5 * 24):
        company.look(MIDNIGHT + half_hours * 30 * MINUTE)
    assert [one for one, _ in letters(company)] == ["opened", "resolved"]


def test_a_rise_from_before_the_first_audit_was_finished_is_no_news(company: Company) -> None:
    for minute in range(0, 30, 2):
        company.look(MIDNIGHT - 4 * MINUTE + minute * MINUTE, armed_at=MONDAY + 10 * DAY)
    assert letters(company) == []
