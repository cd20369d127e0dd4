"""Recorded sends through the detector: what opens, what a broken file says, the same every time."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from rich.console import Console

from auditor.errors import UsageError
from auditor.lookout.days_off import days_off, read_days_off
from auditor.replay.command import Request, run
from auditor.replay.events import read_events

BEGIN = datetime(2026, 8, 31, tzinfo=UTC)
HEADER = "time,sender,team,template,recipients\n"


def lines_of_a_company(weeks: int = 6, people: int = 12, a_day: float = 9) -> list[str]:
    """Sends of two teams in office hours: who sends when is chance, the same each time."""
    chance = np.random.default_rng(4)
    rows = []
    for day in range(weeks * 7):
        if day % 7 > 4:
            continue
        for number in range(people):
            for _ in range(chance.poisson(a_day * chance.gamma(4, 0.25))):
                at = BEGIN + timedelta(days=day, hours=8 + 9 * chance.random())
                rows.append(_line(at, number, f"t{number % 2}.{chance.integers(3)}"))
    return rows


def _line(at: datetime, number: int, template: str, recipients: int = 1) -> str:
    team = ("north", "south")[number % 2]
    return f"{at:%Y-%m-%dT%H:%M:%SZ},p{number}@example.org,{team},{template},{recipients}"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "PEOPLE.csv"
    rows = [f"p{n}@example.org,P {n},{('north', 'south')[n % 2]},UTC" for n in range(14)]
    path.write_text("address,name,team,timezone\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def replayed(tmp_path: Path, people: Path, rows: list[str], **options: object) -> list[dict[str, object]]:
    events = tmp_path / "EVENTS.csv"
    events.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    request = Request(events, people, **options)  # type: ignore[arg-type]  # options are the request's own
    return [json.loads(line) for line in run(request, Console(quiet=True))]


def night_blast() -> list[str]:
    start = BEGIN + timedelta(days=30, hours=3)
    return [_line(start + timedelta(seconds=25 * n), 1, "t1.0") for n in range(60)]


def test_each_event_opens_once_and_is_told_in_full(tmp_path: Path, people: Path) -> None:
    bcc = [_line(BEGIN + timedelta(days=32, hours=11), 4, "t0.1", 900)]
    found = replayed(tmp_path, people, lines_of_a_company() + night_blast() + bcc)
    assert [(one["scope"], one["series"], one["direction"], one["reason"]) for one in found] == [
        ("sender", "p1@example.org", "up", "night_blast"),
        ("sender", "p4@example.org", "up", "single_send"),
    ]
    first = found[0]
    assert first["opened_at"] <= "2026-09-30T03:15:00Z"
    assert first["observed"] >= 25 > first["high"] >= first["low"]
    assert first["window"] in {"15m", "1h"}
    assert first["usual"] < 1


def test_the_same_recording_opens_the_same_whatever_the_order(tmp_path: Path, people: Path) -> None:
    rows = lines_of_a_company() + night_blast()
    assert replayed(tmp_path, people, rows) == replayed(tmp_path, people, rows[::-1])


def test_a_team_that_stops_is_told_once(tmp_path: Path, people: Path) -> None:
    stop = BEGIN + timedelta(days=29, hours=11)
    rows = [
        row
        for row in lines_of_a_company(a_day=30)
        if ",north," not in row or not stop.isoformat() <= row[:19] < "2026-10-01"
    ]
    found = replayed(tmp_path, people, rows)
    assert [(one["scope"], one["series"], one["direction"]) for one in found] == [("team", "north", "down")]


@pytest.mark.parametrize("begin", [datetime(2026, 2, 9, tzinfo=UTC), datetime(2026, 9, 28, tzinfo=UTC)])
def test_weeks_between_two_changes_of_clocks_are_ordinary(tmp_path: Path, begin: datetime) -> None:
    """From 8 to 29 March, and from 25 October to 1 November, New York goes home an hour earlier by Berlin's
    clock: nobody has fallen silent."""
    chance = np.random.default_rng(5)
    rows, listed = [], ["address,name,team,timezone"]
    for number in range(21):
        zone, team = (("Europe/Berlin", "north"), ("America/New_York", "south"))[number % 2]
        listed.append(f"p{number}@example.org,P {number},{team},{zone}")
        for day in (one for one in range(34) if one % 7 < 5):
            morning = (begin + timedelta(days=day)).replace(hour=9, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for hour in 8 * np.sqrt(chance.random(chance.poisson(40))):
                rows.append(
                    _line(morning + timedelta(hours=hour), number, f"t{number % 2}.{chance.integers(3)}")
                )
    path = tmp_path / "PEOPLE.csv"
    path.write_text("\n".join(listed) + "\n", encoding="utf-8")
    assert replayed(tmp_path, path, rows) == []


def test_mail_of_1970_and_2099_opens_nothing(tmp_path: Path, people: Path) -> None:
    rows = [
        "1970-01-02T00:00:01Z,p1@example.org,north,t1.0,1",
        "2099-12-31T00:00:00Z,p1@example.org,north,t1.0,1",
    ]
    plain = lines_of_a_company(4)
    assert replayed(tmp_path, people, plain + rows) == replayed(tmp_path, people, plain) == []


def test_a_short_recording_says_why_nothing_opens(tmp_path: Path, people: Path) -> None:
    events = tmp_path / "EVENTS.csv"
    events.write_text(HEADER + "\n".join(lines_of_a_company(1)), encoding="utf-8")
    with (tmp_path / "said").open("w", encoding="utf-8") as file:
        assert list(run(Request(events, people), Console(file=file))) == []
    assert "nothing opens in the first 2 weeks" in (tmp_path / "said").read_text().replace("\n", " ")


GOOD = "2026-09-01T08:00:00Z,a@example.org,north,t,1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: no column time, sender, team, template, recipients"),
        ("time,sender,team,recipients\n", ":1: no column template"),
        (HEADER, ":1: no events"),
        (HEADER + GOOD + "\nyesterday,a@example.org,north,t,1\n", ":3: time: write it as in"),
        (HEADER + "2099-01-01,a,n,t,1\n2100-01-01,a,n,t,1\n", ":3: time: write it as in"),
        (
            HEADER + "2026-09-01T08:00:00Z,a@example.org,north,t,none\n",
            ":2: recipients: write a whole number",
        ),
        (
            HEADER + f"2026-09-01T08:00:00Z,a@example.org,north,t,{'9' * 5_000}\n",
            ":2: recipients: write a whole number",
        ),
        (HEADER + "2026-09-01T08:00:00Z,a@example.org,north,t,0\n", ":2: recipients: write a whole number"),
        (HEADER + "2026-09-01T08:00:00Z,,north,t\n", ":2: sender: is empty"),
        (HEADER + '2026-09-01T08:00:00Z,"a@example.org,north,t,1\n', "not CSV"),
        (HEADER + "\n" * 3 + GOOD + ",\n" + "x,y\n", ":6: template: is empty"),
    ],
)
def test_a_broken_file_is_told_by_line_and_column(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "EVENTS.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_events(path)
    assert said in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the events"):
        read_events(tmp_path / "missing.csv")
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"\xe9")
    with pytest.raises(UsageError, match="not in UTF-8"):
        read_events(tmp_path / "latin.csv")


def test_holidays_hold_where_the_country_is(tmp_path: Path) -> None:
    zones = {"Europe/Berlin", "America/New_York", "UTC"}
    found = days_off(["DE", "US"], [date(2026, 12, 24)], zones, range(2026, 2028))
    unity, thanks = ((date(2026, *day) - date(1970, 1, 1)).days for day in ((10, 3), (11, 26)))
    assert unity in found.of("Europe/Berlin")
    assert unity not in found.of("America/New_York")
    assert thanks in found.of("America/New_York")
    assert (date(2026, 12, 24) - date(1970, 1, 1)).days in found.of("UTC")
    with pytest.raises(UsageError, match="no such country"):
        days_off(["XY"], (), zones, range(2026, 2027))
    path = tmp_path / "dates"
    path.write_text("2026-12-24  # Christmas Eve\n\n24.12.\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"dates:3: write one date a line"):
        read_days_off(str(path), zones, range(2026, 2027))
    with pytest.raises(UsageError, match="neither a country"):
        read_days_off("nowhere", zones, range(2026, 2027))
