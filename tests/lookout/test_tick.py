"""From sends in the store to a letter in the outbox, minute by minute."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.alert.incident import Decision, Occasion, Reason
from auditor.config.sections import Config
from auditor.lookout.tick import Lookout
from auditor.people import People, Person
from auditor.statistics.series import DAY, HOUR, MINUTE, Series
from auditor.statistics.tally import Counted, Scope, changes
from auditor.store import plans
from auditor.store.database import schema
from auditor.store.engine import Store, open_temporary
from auditor.store.ledger.tallies import move_tally
from auditor.vocabulary import Class, Direction, Kind

MONDAY = 1_788_134_400 + 6 * 7 * DAY  # 12 October 2026, 00:00 UTC
PEOPLE = People.of(
    ["example.org"],
    [
        Person(f"p{n}@example.org", team="north" if n < 6 else "south", timezone="Europe/Berlin")
        for n in range(12)
    ],
)
CONFIG = Config.model_validate(
    {
        "organisation": {"domains": ["example.org"], "timezone": "Europe/Berlin"},
        "alerts": {"to": ["ops@example.org"]},
        "smtp": {"sender": "auditor@example.org"},
    }
)
_numbers = itertools.count(1)


class Company:
    """Writes judged sends and their tally, as judgement would, and looks."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lookout = Lookout(CONFIG, PEOPLE)

    def send(
        self,
        at: float,
        sender: str = "p1@example.org",
        template: str | None = "offer",
        *,
        to: int = 1,
        times: int = 1,
        every: float = 60.0,
        stored_at: float | None = None,
        past: bool = False,
    ) -> None:
        """So many sends to so many people each, one every so many seconds."""
        self.store.run_here(
            lambda c: self._send(
                c, [at + n * every for n in range(times)], sender, template, to, stored_at, past
            )
        )

    def _send(
        self,
        connection: sa.Connection,
        times: list[float],
        sender: str,
        template: str | None,
        to: int,
        stored_at: float | None,
        past: bool,
    ) -> None:
        team, moves = PEOPLE.team(sender), []
        for at in times:
            number = next(_numbers)
            row = {
                "id": number, "identity": number.to_bytes(16, "big"), "sender": sender, "team": team,
                "sent_at": at, "stored_at": stored_at or at, "live": True, "past": past,
                "direction": "external", "shape": "new", "quotes_other": False, "bcc": 0, "deliveries": to,
                "words": b"", "word_count": 60, "short": False, "merge_failure": False, "kind": "new",
                "class": "mass", "template": template, "share": 0.0, "judged_seq": number,
            }  # fmt: skip
            connection.execute(sa.insert(schema.send).values(row))
            people = [
                {
                    "send_id": number,
                    "address": f"{number}.{n}".encode(),
                    "organisation": b"o",
                    "external": True,
                }
                for n in range(to)
            ]
            connection.execute(sa.insert(schema.recipient), people)
            moves.append((None, _counted(sender, team, template, at, Class.MASS, to)))
        move_tally(connection, changes(moves, MONDAY - 3 * DAY))

    def history(self) -> None:
        """Six weeks in which everybody sends some mails every working hour; only the tally remembers them."""
        moves = [
            (
                None,
                _counted(
                    f"p{person}@example.org",
                    PEOPLE.team(f"p{person}@example.org"),
                    "usual",
                    at,
                    Class.MASS,
                    1,
                ),
            )
            for day in range(42)
            if day % 7 < 5
            for hour in range(7, 16)
            for person in range(12)
            for at in [MONDAY - 42 * DAY + day * DAY + hour * HOUR + person * 240]
        ]
        self.store.run_here(lambda connection: move_tally(connection, changes(moves, MONDAY - 3 * DAY)))

    def look(self, now: float, armed_at: float | None = MONDAY - 20 * DAY) -> tuple[Decision, ...]:
        return self.store.run_here(lambda connection: self.lookout.tick(connection, now, armed_at))

    def letters(self) -> list[sa.Row]:
        query = sa.select(schema.outbox).order_by(schema.outbox.c.id)
        return self.store.run_here(lambda connection: list(connection.execute(query)))


def _counted(sender: str, team: str, template: str | None, at: float, class_: Class, to: int) -> Counted:
    return Counted(sender, team, template, at, Direction.EXTERNAL, Kind.NEW, class_, to, 60, 0.0, False)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    store = open_temporary(tmp_path / "store.db")
    made = Company(store)
    made.history()
    yield made
    store.close()


def test_an_ordinary_morning_says_nothing(company: Company) -> None:
    for person in range(12):
        company.send(MONDAY + 8 * HOUR + person * 240, f"p{person}@example.org", "usual")
    for minute in range(60):
        assert company.look(MONDAY + 8 * HOUR + minute * MINUTE) == ()


def test_a_blast_at_night_is_told_once_and_then_over(company: Company) -> None:
    night = MONDAY + DAY + HOUR
    company.send(night, times=60, every=20)
    told: list[Occasion] = []
    for minute in range(0, 6 * 60, 2):
        for decision in company.look(night + minute * MINUTE):
            told += [decision.letter] if decision.letter else []
    assert told[0] is Occasion.OPENED
    assert told.count(Occasion.OPENED) == 1
    assert told[-1] is Occasion.RESOLVED
    letters = company.letters()
    assert [row.occasion for row in letters] == [str(one) for one in told]
    assert "1 person of Team north" in letters[0].text
    assert "usual for Tuesday 0" in letters[0].text.replace("\n", " ")
    assert {row.in_reply_to for row in letters[1:]} == {letters[0].message_id}


def test_what_the_first_audit_of_an_added_mailbox_finds_is_no_news(company: Company) -> None:
    night = MONDAY + DAY + HOUR
    company.send(night, times=60, every=20, stored_at=night + 20 * MINUTE, past=True)
    for minute in range(20, 120, 2):
        if minute == 40:  # others go on sending, and make all of their series looked at
            company.send(night + 40 * MINUTE, template="offer")
        assert company.look(night + minute * MINUTE) == ()
    company.send(night + 2 * HOUR, times=60, every=20)
    for minute in range(120, 180, 2):
        company.look(night + minute * MINUTE)
    assert [row.occasion for row in company.letters()] == ["opened"]


def test_a_restart_every_minute_changes_nothing(company: Company) -> None:
    night = MONDAY + DAY + HOUR
    company.send(night, times=60, every=20)
    for minute in range(0, 120, 2):
        company.lookout = Lookout(CONFIG, PEOPLE)
        company.look(night + minute * MINUTE)
    assert [row.occasion for row in company.letters()].count("opened") == 1


def test_a_transaction_that_fails_leaves_neither_incident_nor_letter(company: Company) -> None:
    at = MONDAY + 8 * HOUR
    company.send(at, to=500)

    def work(connection: sa.Connection) -> None:
        assert company.lookout.tick(connection, at + 60, MONDAY - 20 * DAY)
        raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        company.store.run_here(work)
    assert company.letters() == []
    assert [one.reason for one in company.look(at + 120)] == [Reason.SINGLE_SEND]
    assert len(company.letters()) == 1


def test_one_send_to_five_hundred_people(company: Company) -> None:
    company.send(MONDAY + 8 * HOUR, to=500)
    (decision,) = company.look(MONDAY + 8 * HOUR + 60)
    assert decision.reason is Reason.SINGLE_SEND
    assert "1 templated send to 500 people" in company.letters()[0].subject


def test_one_send_to_very_many_people_needs_no_template(company: Company) -> None:
    at = MONDAY + 8 * HOUR
    company.send(at, template=None, to=260)
    (decision,) = company.look(at + 60)
    assert decision.reason is Reason.SINGLE_SEND
    (letter,) = company.letters()
    assert "1 templated send to 260 people" in letter.subject
    assert "words that nobody else sent" in letter.text
    company.send(at + 8 * MINUTE, template="offer")  # the whole life of the incident, beside other mail
    for minute in range(10, 300, 10):
        company.look(at + minute * MINUTE)
    assert [row.occasion for row in company.letters()] == ["opened", "resolved"]


def test_a_new_template_by_many_people(company: Company) -> None:
    start = MONDAY + 9 * HOUR
    template = {
        "id": "launch", "founded_by": 1, "first_sent": start, "last_sent": start, "sends": 9, "reached": True,
        "fixed": b"", "state": b"", "wording": "hello ‹name› we built something new",
    }  # fmt: skip
    company.store.run_here(lambda connection: connection.execute(sa.insert(schema.template).values(template)))
    for person in range(9):
        company.send(start + person * MINUTE, f"p{person}@example.org", "launch", times=2)
    decisions = company.look(start + 10 * MINUTE)
    assert Reason.NEW_TEMPLATE in {one.reason for one in decisions}
    assert "we built something new" in company.letters()[0].text


def test_nothing_opens_before_it_is_armed(company: Company) -> None:
    company.send(MONDAY + 8 * HOUR, to=500)
    assert company.look(MONDAY + 8 * HOUR + 60, armed_at=None) == ()
    assert company.look(MONDAY + 9 * HOUR + 60, armed_at=MONDAY + 9 * HOUR) == ()
    company.send(MONDAY + 9 * HOUR + 60, to=500)
    assert [one.reason for one in company.look(MONDAY + 9 * HOUR + 120, armed_at=MONDAY + 9 * HOUR)] == [
        Reason.SINGLE_SEND
    ]


def test_arming_again_corrects_nothing(company: Company) -> None:
    company.send(MONDAY + 8 * HOUR, to=500)
    company.look(MONDAY + 8 * HOUR + 60)
    later = company.look(MONDAY + 8 * HOUR + 600, armed_at=MONDAY + 8 * HOUR + 500)
    assert Reason.RECLASSIFIED not in {one.reason for one in later}


def test_late_mail_counts_at_its_own_time(company: Company) -> None:
    night = MONDAY + DAY + HOUR
    company.send(night, times=60, every=20, stored_at=night + 4 * HOUR)
    reasons = {one.reason for one in company.look(night + 4 * HOUR + MINUTE)}
    assert Reason.NIGHT_BLAST in reasons


def test_a_reclassification_corrects_what_was_told(company: Company) -> None:
    at = MONDAY + 8 * HOUR
    company.send(at, to=500)
    company.look(at + 60)

    def reclassify(connection: sa.Connection) -> None:
        connection.execute(sa.update(schema.send).values({"class": "personal"}))
        before = _counted("p1@example.org", "north", "offer", at, Class.MASS, 500)
        after = _counted("p1@example.org", "north", "offer", at, Class.PERSONAL, 500)
        move_tally(connection, changes([(before, after)], MONDAY - 3 * DAY))

    company.store.run_here(reclassify)
    (decision,) = company.look(at + 120)
    assert decision.reason is Reason.RECLASSIFIED
    assert [row.occasion for row in company.letters()] == ["opened", "corrected"]


def test_a_merged_template_keeps_its_incident(company: Company) -> None:
    start = MONDAY + DAY + HOUR
    for person in range(9):
        company.send(start + person * MINUTE, f"p{person}@example.org", "young", times=6)
    for minute in range(5, 30, 5):
        company.look(start + minute * MINUTE)
    company.store.run_here(
        lambda connection: connection.execute(
            sa.insert(schema.template_alias).values(id="young", template="old")
        )
    )

    def merge(connection: sa.Connection) -> None:
        connection.execute(sa.update(schema.send).values(template="old"))
        connection.execute(
            sa.update(schema.tally).where(schema.tally.c.series == "young").values(series="old")
        )

    company.store.run_here(merge)
    reasons = {one.reason for one in company.look(start + 31 * MINUTE)}
    assert Reason.RECLASSIFIED not in reasons


def a_morning_without_the_north(company: Company) -> None:
    """Everybody is used to ten sends an hour; this Monday the northern team stops at ten in the morning."""
    for _ in range(9):
        company.history()
    for person in range(12):
        hours = range(7, 9 if person < 6 else 13)
        for hour in hours:
            company.send(MONDAY + hour * HOUR, f"p{person}@example.org", "usual", times=10, every=300)


def told(company: Company, unread: frozenset[str]) -> list[sa.Row]:
    for minute in range(0, 30, 5):
        now = MONDAY + 13 * HOUR + minute * MINUTE
        company.store.run_here(
            lambda c, now=now: company.lookout.tick(c, now, MONDAY - 20 * DAY, None, unread)
        )
    return [row for row in company.letters() if row.occasion == "opened"]


def test_a_team_that_falls_silent_is_told_once(company: Company) -> None:
    a_morning_without_the_north(company)
    (letter,) = told(company, frozenset())
    assert letter.subject.startswith("Drop")
    assert "usual for Monday" in letter.text.replace("\n", " ")


def test_a_team_whose_mailboxes_are_not_read_is_not_missed(company: Company) -> None:
    a_morning_without_the_north(company)
    assert told(company, frozenset(f"p{person}@example.org" for person in range(4))) == []


def sleep(company: Company, until: float) -> None:
    """The daemon looks, goes away, and is there again at `until`, with new parts."""
    company.send(MONDAY, "p1@example.org", "usual")
    company.send(MONDAY, "p2@example.org", "usual")
    company.look(MONDAY + HOUR)
    company.lookout = Lookout(CONFIG, PEOPLE)
    company.look(until)


def test_a_time_without_us_is_told_of_in_one_letter(company: Company) -> None:
    back = MONDAY + 2 * DAY + 7 * HOUR
    sleep(company, back)
    for sender, night in (
        ("p1@example.org", MONDAY + DAY + HOUR),
        ("p2@example.org", MONDAY + DAY + 20 * HOUR),
    ):
        company.send(night, sender, f"blast-{sender[1]}", times=60, every=20, stored_at=back + 60)
    company.send(MONDAY + DAY + 10 * HOUR, "p1@example.org", "launch", to=500, stored_at=back + 90)
    for minute in range(60):
        company.look(back + minute * MINUTE)
        if minute == 20:
            company.lookout = Lookout(CONFIG, PEOPLE)
    (row,) = company.letters()
    assert row.occasion == "missed"
    assert row.subject == "While we were not watching: 3 spikes"
    text = " ".join(row.text.split())
    assert text.count("60 templated sends to 60 people") == 2
    assert "1 templated send to 500 people" in text
    kept = company.store.run_here(lambda c: c.execute(sa.select(schema.incident)).all())
    assert {(one.state, one.reason) for one in kept} == {("resolved", "too_old")}


def test_while_late_mail_still_comes_nothing_is_told(company: Company) -> None:
    back = MONDAY + 2 * DAY + 7 * HOUR
    sleep(company, back)
    for minutes in range(0, 30, 5):
        at = MONDAY + DAY + HOUR + minutes * MINUTE
        company.send(at, times=20, every=10, stored_at=back + minutes * MINUTE)
        company.look(back + minutes * MINUTE + 30)
    assert company.letters() == []
    company.look(back + 40 * MINUTE)
    assert [row.occasion for row in company.letters()] == ["missed"]


def test_the_past_of_a_new_mailbox_is_no_late_mail(company: Company) -> None:
    back = MONDAY + 2 * DAY + 7 * HOUR
    sleep(company, back)
    company.send(MONDAY + DAY + HOUR, "p7@example.org", times=90, every=20, stored_at=back + 60)
    for minute in range(30):
        company.look(back + minute * MINUTE)
    assert company.letters() == []


def test_a_plan_keeps_what_was_announced_from_the_letters_and_is_named_beyond_it(company: Company) -> None:
    at = MONDAY + 8 * HOUR

    def announce(connection: sa.Connection) -> None:
        plans.add(
            connection, Series(Scope.TEMPLATE, "launch"), MONDAY, MONDAY + DAY, 600, "mia", MONDAY
        )  # fmt: skip

    company.store.run_here(announce)
    company.send(at, template="launch", to=500)
    assert {one.reason for one in company.look(at + 60)} == {Reason.PLANNED}
    assert company.letters() == []
    company.send(at + 300, template="launch", to=900)
    company.look(at + 360)
    (row,) = company.letters()
    assert "plan 1: 600 mails" in " ".join(row.text.split())


def test_a_planned_campaign_is_not_learned(company: Company) -> None:
    """Two of them, a week apart: the second one, which nobody announced, is as much news as ever."""
    at = MONDAY - 7 * DAY + 8 * HOUR
    company.send(at, template="launch", to=1, times=400, every=4)

    def announce(connection: sa.Connection) -> None:
        plans.add(connection, Series(Scope.TEMPLATE, "launch"), at - HOUR, at + DAY, 400, "mia", at - DAY)

    before = usual_of_north(company)
    company.store.run_here(announce)
    company.lookout = Lookout(CONFIG, PEOPLE)
    after = usual_of_north(company)
    assert before > 3 * after
    assert after == pytest.approx(usual_of_north(company, MONDAY + HOUR * 10.5), rel=0.2)


def usual_of_north(company: Company, now: float = MONDAY + 9 * HOUR) -> float:
    bands = company.store.run_here(lambda c: company.lookout.usual_now(c, now))
    return bands["north"].expected


def test_service_mail_is_a_spike_like_any_other(company: Company) -> None:
    """A notice to customers is no outreach, and five hundred of them at once are still worth a letter."""
    at = MONDAY + 8 * HOUR
    template = {
        "id": "notice", "founded_by": 1, "first_sent": at - 90 * DAY, "last_sent": at, "sends": 9,
        "reached": True, "fixed": b"", "state": b"", "wording": None, "purpose": "service",
    }  # fmt: skip
    company.store.run_here(lambda connection: connection.execute(sa.insert(schema.template).values(template)))
    company.send(at, template="notice", to=500)
    assert [one.reason for one in company.look(at + 60)] == [Reason.SINGLE_SEND]


@pytest.mark.parametrize("jump", [-3 * DAY, -2 * HOUR, 5 * HOUR, 30 * DAY])
def test_a_clock_that_jumps_tells_nothing_twice(company: Company, jump: float) -> None:
    """Set forward or back in the middle of an incident, and right again an hour later."""
    night = MONDAY + DAY + HOUR
    company.send(night, times=60, every=20)
    for minute in range(0, 24, 2):
        company.look(night + minute * MINUTE)
    for minute in range(24, 40, 2):
        company.look(night + jump + minute * MINUTE)
    for minute in range(40, 120, 2):
        company.look(night + minute * MINUTE)
    occasions = [row.occasion for row in company.letters()]
    assert occasions.count("opened") == 1
    assert occasions.count("resolved") == 1


def test_when_clocks_are_put_back_an_ordinary_hour_stays_ordinary(company: Company) -> None:
    """25 October 2026: everybody goes on sending at the same hour on the wall, an hour later in UTC."""
    for day in (10, 11, 14, 15):
        wall = MONDAY + day * DAY + (8 if day >= 13 else 7) * HOUR
        for hour in range(9):
            for person in range(12):
                company.send(wall + hour * HOUR + person * 240, f"p{person}@example.org", "usual")
        for minute in range(0, 24 * 60, 30):
            company.look(MONDAY + day * DAY + minute * MINUTE)
    assert [row.occasion for row in company.letters() if row.occasion == "opened"] == []


def test_mail_dated_in_1970_and_in_2099_opens_nothing(company: Company) -> None:
    at = MONDAY + 8 * HOUR
    for moment in (DAY, 4_102_358_400.0):
        company.send(moment, times=60, every=20, stored_at=at)
    for minute in range(60):
        company.look(at + minute * MINUTE)
    assert [row.occasion for row in company.letters() if row.occasion == "opened"] == []


def test_what_is_usual_is_learned_anew_while_the_past_is_read(tmp_path: Path) -> None:
    """A daemon starts on an empty store: what it first found usual, nothing, must not hold until midnight."""
    store = open_temporary(tmp_path / "store.db")
    company, ten = Company(store), MONDAY + 10 * HOUR

    def usual() -> float:
        return store.run_here(lambda connection: company.lookout.usual_now(connection, ten)["north"].expected)

    assert usual() == pytest.approx(0, abs=0.5)
    company.look(ten, armed_at=None)
    company.history()
    assert usual() > 4
    store.close()
