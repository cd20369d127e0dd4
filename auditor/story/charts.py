"""What is drawn: fourteen days against what is usual for each, and the three parts week by week. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.statistics.usual import Band
from auditor.statistics.weeks import Week
from auditor.story.picture import Box, Label, Line, Picture, Shape, Tone
from auditor.story.words import short_date

WIDTH, HEIGHT = 440.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 6.0, 14.0, 26.0


@dataclass(frozen=True, slots=True)
class DayCount:
    """What was sent on one local day, and what is usual for such a day; no band where that is not known."""

    day: date
    count: int
    usual: Band | None = None


def days_chart(days: Sequence[DayCount], counted: str) -> Picture:
    """One column a day over the usual range of that day; the last, the one the letter is about, stands out.

    Args:
        days: in order of time.
        counted: what is counted, for the words: "sends" or "deliveries".
    """
    top = round_up(max((_height(one) for one in days), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(len(days), 1)
    shapes = list(_axis(top, "{:,.0f}"))
    for place, one in enumerate(days):
        x = _LEFT + place * step
        if one.usual is not None:
            high, low = _y(one.usual.high, top), _y(one.usual.low, top)
            shapes.append(Box(x, high, step, max(low - high, 1.5), Tone.BAND))
            middle = _y(one.usual.expected, top)
            shapes.append(Line(x, middle, x + step, middle, Tone.EXPECTED, 1.5))
        if one.count:
            tone = Tone.LOUD if place == len(days) - 1 else Tone.QUIET
            y = min(_y(one.count, top), _y(0, top) - 1.5)  # a little is never nothing
            shapes.append(Box(x + step * 0.22, y, step * 0.56, _y(0, top) - y, tone))
    labels = [(place, one.day) for place, one in enumerate(days)]
    return Picture(WIDTH, HEIGHT, (*shapes, *_dates(labels, step)), _day_words(days, counted))


def weeks_chart(weeks: Sequence[Week], target: float | None = None) -> Picture:
    """One column a week, cut into mass, tailored and personal; a dashed line where mass should end.

    Args:
        weeks: in order of time.
        target: the mass ratio to stay under, 0..1; None where none is set.
    """
    step = (WIDTH - _LEFT - _RIGHT) / max(len(weeks), 1)
    shapes = list(_axis(100, "{:.0f}%"))
    for place, week in enumerate(weeks):
        base = 0.0
        named = zip(
            (Tone.MASS, Tone.TAILORED, Tone.PERSONAL),
            (week.parts.mass, week.parts.tailored, week.parts.personal),
            strict=True,
        )
        for tone, amount in named:
            share = 100 * amount / week.parts.total if week.parts.total else 0.0
            if share:
                upper, lower = _y(base + share, 100), _y(base, 100)
                shapes.append(Box(_LEFT + (place + 0.15) * step, upper, step * 0.7, lower - upper, tone))
            base += share
    if target is not None:
        y = _y(100 * target, 100)
        shapes.append(Line(_LEFT, y, WIDTH - _RIGHT, y, Tone.TARGET, 1.5, dashed=True))
    labels = [(place, week.begins) for place, week in enumerate(weeks)]
    return Picture(WIDTH, HEIGHT, (*shapes, *_dates(labels, step)), _week_words(weeks, target))


def round_up(value: float) -> int:
    """The next of 10, 20, 40, 60, 80, 100, 200, ...: an even end for an axis, easy to halve."""
    step = 10
    while True:
        for factor in (1, 2, 4, 6, 8, 10):
            if value <= factor * step:
                return factor * step
        step *= 10


def _height(day: DayCount) -> float:
    """How high one day reaches; the mean of widely scattered counts may lie above their range."""
    return max(day.count, day.usual.high, day.usual.expected) if day.usual else day.count


def _y(value: float, top: float) -> float:
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value / top)


def _axis(top: int, form: str) -> Iterable[Shape]:
    """The ground, and light lines at half and full height with their numbers."""
    for value in (0, top / 2, top):
        y = _y(value, top)
        yield Line(_LEFT, y, WIDTH - _RIGHT, y, Tone.GRID if value else Tone.FAINT)
        yield Label(_LEFT - 5, y + 4, form.format(value), "end")


def _dates(labels: Sequence[tuple[int, date]], step: float) -> Iterable[Shape]:
    """Dates under every third or fourth column, the last one always among them."""
    every = 4 if len(labels) > 9 else 2 if len(labels) > 5 else 1
    for place, day in labels:
        if (len(labels) - 1 - place) % every == 0:
            last = place == len(labels) - 1 and step < 40
            x = WIDTH - _RIGHT if last else _LEFT + (place + 0.5) * step
            yield Label(x, HEIGHT - 7, short_date(day), "end" if last else "middle")


def _day_words(days: Sequence[DayCount], counted: str) -> str:
    if not days:
        return "No days to show"
    last = days[-1]
    said = f"{counted.capitalize()} a day, {short_date(days[0].day)} to {short_date(last.day)}: "
    said += ", ".join(f"{one.count:,}" for one in days)
    if last.usual is not None:
        band = last.usual
        said += f". Usual for the last day: {band.expected:,.0f} ({band.low:,.0f} to {band.high:,.0f})"
    return said


def _week_words(weeks: Sequence[Week], target: float | None) -> str:
    if not weeks:
        return "No weeks to show"
    said = "Mass-sent part of each week, from the week of "
    said += f"{short_date(weeks[0].begins)} to that of {short_date(weeks[-1].begins)}: "
    said += ", ".join(
        "nothing sent" if (ratio := one.parts.mass_ratio) is None else f"{ratio:.0%}" for one in weeks
    )
    return said if target is None else f"{said}. Target: at most {target:.0%}"
