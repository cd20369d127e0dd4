"""The weekly digest: once a week whatever happens, to whom it belongs, and what it says."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from selectolax.lexbor import LexborHTMLParser

from auditor.config import Config
from auditor.people import People, Person
from auditor.post.digests import Digests, due_before
from auditor.statistics.figures import Parts
from auditor.statistics.series import HOUR, WEEK, Series
from auditor.statistics.tally import Counted, Scope, changes
from auditor.statistics.weeks import Week, find_shifts
from auditor.store.database import schema
from auditor.store.engine import Store, open_temporary
from auditor.store.ledger.tallies import move_tally
from auditor.story.digest import WeekStory, write_digest
from auditor.story.letter import Coverage, House
from auditor.vocabulary import Class, Direction, Kind

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 16, 7, 0, tzinfo=BERLIN)  # when the digest of 9 to 15 November is due
PEOPLE = People.of(
    ["example.org"],
    [
        Person(
            f"p{n}@example.org",
            team="North" if n < 6 else "South",
            manager="lead@example.org" if n < 6 else None,
        )
        for n in range(12)
    ],
    5,
)


def config(**digest: object) -> Config:
    return Config.model_validate(
        {
            "organisation": {
                "name": "Example Ltd", "domains": ["example.org"], "timezone": "Europe/Berlin",
                "people_file": "people.csv",
            },
            "digest": {"to": ["ops@example.org"], **digest},
            "targets": {"mass_ratio": 0.4, "teams": {"South": 0.9}},
            "smtp": {"sender": "auditor@example.org"},
        }
    )  # fmt: skip


class Company:
    """Ten weeks in which North sends more and more of one template and South mostly writes by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.run_here(self._fill)

    def _fill(self, connection: sa.Connection) -> None:
        moves = []
        start = (MONDAY - timedelta(weeks=10)).timestamp() + 3 * HOUR
        number = 0
        for week in range(10):
            for person in range(12):
                for n in range(20):
                    sender = f"p{person}@example.org"
                    mass = n < (4 + week if person < 6 else 2)
                    class_ = Class.MASS if mass else Class.TAILORED if n == 19 else Class.PERSONAL
                    at = start + week * WEEK + person * 60 + n * 3000
                    template = None if class_ is Class.PERSONAL else "offer"
                    moves.append((None, _counted(sender, template, at, class_)))
                    number += 1
                    if template and week >= 8:
                        connection.execute(sa.insert(schema.send).values(_send(number, sender, at, class_)))
        move_tally(connection, changes(moves, MONDAY.timestamp()))
        connection.execute(
            sa.insert(schema.template).values(
                id="offer", founded_by=1, first_sent=start, last_sent=MONDAY.timestamp(), sends=9,
                reached=True, fixed=b"", state=b"", wording="hello ‹name› <b>prices</b> go up",
            )
        )  # fmt: skip

    def write(self, at: datetime, settings: Config | None = None) -> int:
        """Look at the clock as the daemon does, each time with new parts, as after a restart."""
        digests = Digests(settings or config(), PEOPLE)
        return self.store.run_here(lambda c: digests.write_due(c, at.timestamp(), Coverage(11, 12)))

    def letters(self) -> list[sa.Row]:
        return self.store.run_here(
            lambda c: list(c.execute(sa.select(schema.outbox).order_by(schema.outbox.c.id)))
        )


def _counted(sender: str, template: str | None, at: float, class_: Class) -> Counted:
    team = PEOPLE.team(sender)
    return Counted(sender, team, template, at, Direction.EXTERNAL, Kind.NEW, class_, 1, 60, 0.0, at % 7 < 1)


def _send(number: int, sender: str, at: float, class_: Class) -> dict[str, object]:
    return {
        "id": number, "identity": number.to_bytes(16, "big"), "sender": sender, "team": PEOPLE.team(sender),
        "sent_at": at, "stored_at": at, "live": True, "direction": "external", "shape": "new",
        "quotes_other": False, "bcc": 0, "deliveries": 1, "words": b"", "word_count": 60, "short": False,
        "merge_failure": False, "kind": "new", "class": str(class_), "template": "offer", "share": 0.0,
    }  # fmt: skip


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    store = open_temporary(tmp_path / "store.db")
    yield Company(store)
    store.close()


def test_it_comes_once_a_week_whatever_restarts(company: Company) -> None:
    assert company.write(MONDAY - timedelta(days=4)) == 0  # the first look: the past is no news
    assert company.write(MONDAY - timedelta(minutes=1)) == 0
    assert company.write(MONDAY) == 1
    for minutes in (0, 1, 600, 6 * 1440):
        assert company.write(MONDAY + timedelta(minutes=minutes)) == 0
    assert company.write(MONDAY + timedelta(days=8)) == 1  # a day late: the daemon was down
    assert company.write(MONDAY + timedelta(days=10)) == 0
    assert [row.occasion for row in company.letters()] == ["digest", "digest"]


def test_a_transaction_that_fails_writes_it_the_next_time(company: Company) -> None:
    company.write(MONDAY - timedelta(days=4))

    def work(connection: sa.Connection) -> None:
        assert Digests(config(), PEOPLE).write_due(connection, MONDAY.timestamp()) == 1
        raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        company.store.run_here(work)
    assert company.letters() == []
    assert company.write(MONDAY + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    ("day", "at", "due"),
    [
        ("monday", datetime(2026, 3, 30, 7, 0, tzinfo=BERLIN), "2026-03-30"),  # the day after the clock moved
        ("monday", datetime(2026, 3, 30, 6, 59, tzinfo=BERLIN), "2026-03-23"),
        ("sunday", datetime(2026, 10, 25, 7, 0, tzinfo=BERLIN), "2026-10-25"),
        ("friday", datetime(2026, 11, 19, 12, 0, tzinfo=BERLIN), "2026-11-13"),
    ],
)
def test_when_it_is_due(day: str, at: datetime, due: str) -> None:
    assert str(due_before(config(day=day).digest, BERLIN, at.timestamp())) == due


def test_what_it_says(company: Company) -> None:
    company.write(MONDAY - timedelta(days=4))
    company.write(MONDAY)
    (row,) = company.letters()
    text = re.sub(r"\s+", " ", row.text)
    assert row.subject == "Week of 9 Nov: 38% mass-sent, Example Ltd"
    assert (
        "Of 100 outreach mails that reached a person outside, 38 were mass-sent, 5 a template tailored by "
        "hand, 57 personal; 35 mass-sent the week before, the target is at most 40%."
    ) in text
    assert "Team North: 65%, +5, over 40%" in text
    assert "Team South: 10%, ±0, met" in text
    assert "hello ‹name› <b>prices</b> go up: 102, 96" in text
    assert "merge field that was not filled" in text
    assert "Based on 11 of 12 people" in text
    tree = LexborHTMLParser(row.html)
    assert [node.attributes["src"] for node in tree.css("img")] == ["cid:weeks"]
    assert tree.css("b") == []
    assert "offer" not in row.subject


def test_a_manager_gets_the_own_team_alone(company: Company) -> None:
    settings = config(managers=True)
    company.write(MONDAY - timedelta(days=4), settings)
    assert company.write(MONDAY, settings) == 2
    everybody, north = company.letters()
    assert (everybody.recipients, north.recipients) == ("ops@example.org", "lead@example.org")
    assert north.subject == "Week of 9 Nov: 65% mass-sent, Team North"
    assert "South" not in north.text + north.html
    assert everybody.message_id != north.message_id


def test_nobody_wants_it(company: Company) -> None:
    settings = config(to=[])
    company.write(MONDAY - timedelta(days=4), settings)
    assert company.write(MONDAY, settings) == 0


def test_a_company_that_has_sent_nothing(tmp_path: Path) -> None:
    store = open_temporary(tmp_path / "store.db")
    letter = store.run_here(lambda c: Digests(config(), PEOPLE).preview(c, MONDAY.timestamp()))
    assert "No outreach reached anybody outside" in letter.text
    store.close()


TEAM = Series(Scope.TEAM, "North")


@pytest.mark.parametrize(
    ("weekly", "found"),
    [
        ([100, 104, 97, 102, 250], True),  # a shift
        ([100, 104, 97, 102, 20], True),  # and a stop
        ([100, 120, 145, 170, 200], True),  # a ramp, no step of which is large
        ([100, 104, 97, 102, 120], False),
        ([0, 0, 0, 0, 12], False),
        ([0, 0, 0, 0, 60], True),
        ([20, 300, 10, 250, 280], False),  # that is how this one is
        ([100, 250], False),
    ],
)
def test_what_moved(weekly: list[int], found: bool) -> None:
    assert bool(find_shifts({TEAM: weekly}, 5)) == found


def test_the_strongest_come_first() -> None:
    counts = {
        Series(Scope.TEAM, name): [100] * 4 + [last] for name, last in (("A", 200), ("B", 900), ("C", 0))
    }
    assert find_shifts(counts, 2)[0].series.name == "B"
    assert len(find_shifts(counts, 2)) == 2


def test_a_week_without_mail_has_no_ratio() -> None:
    """Nothing of nothing is not 0%."""
    weeks = tuple(
        Week(MONDAY.date() + timedelta(weeks=n), parts) for n, parts in enumerate((Parts(3, 0, 9), Parts()))
    )
    written = write_digest(WeekStory(weeks), House("Example Ltd"))
    assert "25% and no mail lately" in " ".join(written.text.split())
