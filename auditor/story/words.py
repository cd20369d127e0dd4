"""Numbers, times and lists as they stand in a sentence, and what keeps a hostile word harmless."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from auditor.statistics.series import DAY, HOUR, MINUTE

_SPANS = {
    15 * MINUTE: "in the last 15 minutes",
    30 * MINUTE: "in the last half hour",
    HOUR: "in the last hour",
    2 * HOUR: "in the last two hours",
    4 * HOUR: "in the last four hours",
    8 * HOUR: "in the last eight hours",
    DAY: "in the last 24 hours",
}
_LENGTHS = {
    5 * MINUTE: "five minutes",
    30 * MINUTE: "half an hour",
    HOUR: "an hour",
    2 * HOUR: "two hours",
    4 * HOUR: "four hours",
    8 * HOUR: "eight hours",
    DAY: "24 hours",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BARS = "·▁▂▃▄▅▆▇█"


def plain(text: str, limit: int = 200) -> str:
    """One harmless line of at most `limit`: control, format and line-separating characters become spaces.

    Direction overrides go too: they would make a line read other than it is written.
    """
    kept = "".join(
        " " if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else one for one in text
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def plain_lines(text: str, limit: int = 1200) -> str:
    """Like `plain`, with its line ends kept."""
    lines = "\n".join(plain(line, limit) for line in text.splitlines())
    return lines if len(lines) <= limit else lines[: limit - 1].rstrip() + "…"


def count(number: float, one: str, many: str) -> str:
    """A whole number and its noun: "1 send", "1,200 sends"."""
    whole = round(number)
    return f"{whole:,} {one if whole == 1 else many}"


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence: "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def capitalised(text: str) -> str:
    """With a capital at its beginning, the rest as it is: "Team North", "No team"."""
    return text[:1].upper() + text[1:]


def span(seconds: int) -> str:
    """A window that ends now; days of 23 or 25 hours count as days."""
    if seconds > 1.5 * DAY:
        return f"in {round(seconds / DAY)} days"
    return _SPANS.get(seconds) or within(seconds)


def within(seconds: int) -> str:
    """A window that is over: "within an hour"; days as in `span`."""
    if seconds > 1.5 * DAY:
        return span(seconds)
    return f"within {_LENGTHS.get(seconds) or count(seconds / MINUTE, 'minute', 'minutes')}"


def moment(at: float, timezone: str) -> str:
    """A moment in the organisation's time: "Tuesday 17 Nov 2026, 10:05"."""
    local = datetime.fromtimestamp(at, ZoneInfo(timezone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def hour_of_week(at: float, timezone: str) -> str:
    """The hour of the week: "Tuesday 10:00"."""
    local = datetime.fromtimestamp(at, ZoneInfo(timezone))
    return f"{_DAYS[local.weekday()]} {local:%H}:00"


def short_date(day: date) -> str:
    """A day without its year: "17 Nov"."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def bars(values: Sequence[int]) -> str:
    """A row of bars, the highest one full."""
    most = max(values, default=0)
    return "".join(_BARS[0 if value == 0 else max(1, round(value / most * 8))] for value in values)
