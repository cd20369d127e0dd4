"""Figures -> what a page says: sentences, bars and columns; pure, rendered by the templates in `pages/`.

Lengths are percentages, so that the same drawing fits a phone and a wall screen.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from auditor.people import NO_TEAM, OTHER_TEAMS
from auditor.publish.gauges import troubled
from auditor.publish.snapshot import MailboxFigure, Snapshot
from auditor.statistics.figures import (
    ENOUGH_SENDS,
    Day,
    IncidentFigure,
    Parts,
    Scale,
    Unit,
    Volumes,
    Window,
    handwritten_share,
    merge_failures,
    parts,
    teams,
    templated_messages,
)
from auditor.statistics.usual import Band
from auditor.story.charts import round_up

SHOWN_MAILBOXES = 20
_SLOT = re.compile(r"(‹[^‹›]{0,40}›|(?<!\S)…(?!\S))")  # a mask, or a merge field
_STEPS = ((60, "second"), (3600, "minute"), (86_400, "hour"), (float("inf"), "day"))
_BECAUSE = {
    "night_blast": "at an hour when hardly anything is sent",
    "many_senders_new_template": "many people on a new template",
    "single_send": "one mail to very many people",
    "sustained": "more than usual day after day",
}
_LENGTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One coloured stretch of a bar or column, in percent of the drawing."""

    part: str  # mass, tailored, personal
    start: float
    length: float
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One team of the last seven days."""

    name: str
    parts: Parts
    bar: tuple[Stretch, ...]
    last_hour: int
    usual: Band | None
    merge_failures: int

    @property
    def unusual(self) -> bool:
        """Whether the last hour lies above what is usual."""
        return self.usual is not None and self.last_hour > self.usual.high


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart, in percent of the drawing."""

    day: Day
    x: float
    width: float
    stretches: tuple[Stretch, ...]  # from the bottom up


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns and the lines behind them."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]  # y in percent, and what it stands for


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the figures are based on."""

    watched: int
    people: int
    mailboxes: int
    watching: int


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Everything `/` says, apart from the lists that are shown as they are."""

    week: Parts
    enough: bool
    handwritten: float | None
    bar: tuple[Stretch, ...]
    teams: tuple[TeamRow, ...]
    templated_hour: int
    coverage: Coverage
    troubled: tuple[MailboxFigure, ...]
    more_troubled: int


def first_page(snapshot: Snapshot) -> FirstPage:
    """What the first page says of a snapshot."""
    windows = snapshot.figures.windows if snapshot.figures else {}
    week: Volumes = windows.get(Window.WEEK, {})
    outreach = parts(week, Scale.OUTREACH, Unit.DELIVERIES)
    bad = troubled(snapshot.mailboxes, snapshot.at)
    return FirstPage(
        week=outreach,
        enough=outreach.total >= ENOUGH_SENDS,
        handwritten=handwritten_share(week, Scale.OUTREACH),
        bar=stretches(outreach),
        teams=_team_rows(snapshot, week, windows.get(Window.HOUR, {})),
        templated_hour=templated_messages(windows.get(Window.HOUR, {})),
        coverage=_coverage(snapshot),
        troubled=tuple(bad[:SHOWN_MAILBOXES]),
        more_troubled=max(0, len(bad) - SHOWN_MAILBOXES),
    )


def stretches(counted: Parts, whole: int | None = None) -> tuple[Stretch, ...]:
    """The three parts beside each other; together 100 percent, or their part of `whole`."""
    scale = counted.total if whole is None else whole
    named = zip(
        ("mass", "tailored", "personal"), (counted.mass, counted.tailored, counted.personal), strict=True
    )
    made: list[Stretch] = []
    start = 0.0
    for (part, count), percent in zip(named, counted.of_hundred(), strict=True):
        length = 100 * count / scale if scale else 0.0
        made.append(Stretch(part, round(start, 3), round(length, 3), count, percent))
        start += length
    return tuple(made)


def chart(days: tuple[Day, ...]) -> Chart:
    """Columns of `days` under a round upper end."""
    top = round_up(max((day.parts.total for day in days), default=0))
    room = 92.0  # percent of the height; the labels stand above and below
    step = 100 / max(1, len(days))
    columns = []
    for position, day in enumerate(days):
        upwards = [
            Stretch(
                s.part,
                round(4 + room - room * (s.start + s.length) / 100, 3),
                round(room * s.length / 100, 3),
                s.count,
                s.percent,
            )
            for s in stretches(day.parts, top)
        ]
        columns.append(
            Column(day, round(position * step + step * 0.16, 3), round(step * 0.68, 3), tuple(upwards))
        )
    lines = tuple((round(4 + room * (1 - part), 3), round(top * part)) for part in (0.5, 1.0))
    return Chart(tuple(columns), lines)


def pieces(wording: str) -> Iterable[tuple[bool, str]]:
    """Cut wording into (is a slot, text), so that slots can be set apart."""
    return ((bool(n % 2), piece) for n, piece in enumerate(_SLOT.split(wording)) if piece)


def ago(then: float | None, now: float) -> str:
    """How long ago, as people say it."""
    if then is None:
        return "never"
    seconds = max(0.0, now - then)
    unit = next(word for limit, word in _STEPS if seconds < limit)
    count = int(seconds // _LENGTHS[unit])
    if unit == "second":
        return "just now" if count < 10 else f"{count} seconds ago"
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def moment(then: float | None, zone: tzinfo) -> str:
    """A date and time of the organisation's zone: "Tue 17 Mar, 11:42"."""
    return (
        "–"
        if then is None
        else datetime.fromtimestamp(then, UTC).astimezone(zone).strftime("%a %-d %b, %H:%M")
    )


def number(value: float) -> str:
    """A count with thin spaces between thousands."""
    return f"{round(value):,}".replace(",", "\u202f")


def team_name(team: str) -> str:
    """A team as people call it."""
    return {NO_TEAM: "No team", OTHER_TEAMS: "Smaller teams"}.get(team, team)


def duration(seconds: float) -> str:
    """A window as people say it."""
    if seconds < 2 * 3600:
        return "hour" if seconds == 3600 else f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours" if seconds < 48 * 3600 else f"{round(seconds / 86_400)} days"


def usual(band: Band) -> str:
    """What is usual, in a few characters: the range, and nothing of a range that is none."""
    low, high = number(band.low), number(band.high)
    return "none" if band.high < 1 else high if low == high else f"{low}–{high}"


def about(incident: IncidentFigure, show_senders: bool = False) -> str:
    """What an incident is about; a sender is not named unless that is switched on."""
    match incident.scope:
        case "template":
            return incident.name or f"Template {incident.series}"
        case "team":
            return team_name(incident.series)
        case "sender":
            return incident.series if show_senders else "One sender"
    return "The whole organisation"


def because(cause: str) -> str:
    """Why an incident opened, where it is more than a volume above the usual; else empty."""
    return _BECAUSE.get(cause, "")


def _team_rows(snapshot: Snapshot, week: Volumes, hour: Volumes) -> tuple[TeamRow, ...]:
    rows = []
    for team in teams(week):
        counted = parts(week, Scale.OUTREACH, Unit.DELIVERIES, team)
        if counted.total:
            rows.append(
                TeamRow(
                    team_name(team),
                    counted,
                    stretches(counted),
                    templated_messages(hour, team),
                    snapshot.usual.get(team),
                    merge_failures(week, team),
                )
            )
    return tuple(sorted(rows, key=lambda row: (-(row.parts.mass_ratio or 0), row.name)))


def _coverage(snapshot: Snapshot) -> Coverage:
    counts: dict[str, int] = {}
    for (_, state), count in snapshot.people.items():
        counts[state] = counts.get(state, 0) + count
    watching = sum(mailbox.up_to_date for mailbox in snapshot.mailboxes)
    return Coverage(counts.get("watched", 0), sum(counts.values()), len(snapshot.mailboxes), watching)
