"""What a report says of a span of time, in numbers. Values and arithmetic only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from auditor.statistics.agreement import Agreement
from auditor.statistics.figures import Day, Parts, Scale, Volumes, Window
from auditor.statistics.tally import COARSE_SECONDS, FINE_SECONDS
from auditor.statistics.weeks import Week
from auditor.vocabulary import Class, Direction, Kind


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """What was sent of one template; `wording` only where enough people received the same words."""

    id: str
    name: str | None
    wording: str | None
    messages: int
    deliveries: Parts
    senders: int
    share: float | None  # handwritten, of the words measured


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Everything of the span from `start` to `end`, seconds since the epoch, as judged now."""

    start: int
    end: float
    volumes: Volumes
    days: tuple[Day, ...] = ()  # outreach deliveries outside, local days
    templates: tuple[TemplateUse, ...] = ()  # most deliveries first
    templates_used: int = 0  # that reached enough people
    senders: int = 0
    unreadable: int = 0
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a report is based on: one sentence, and the same in numbers; what was passed over, by reason."""

    sentence: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)


def start_of(seconds: int, now: float) -> int:
    """Where a span of that length begins at `now`: the full buckets before the running one, as in metrics."""
    width = FINE_SECONDS if seconds <= Window.DAY.seconds else COARSE_SECONDS
    return int(now // width) * width - seconds


def weeks(days: Iterable[Day]) -> tuple[Week, ...]:
    """The days of each week together, under its Monday."""
    sums: dict[date, list[int]] = {}
    for day in days:
        monday = day.date - timedelta(days=day.date.weekday())
        counted = sums.setdefault(monday, [0, 0, 0])
        for place, amount in enumerate((day.parts.mass, day.parts.tailored, day.parts.personal)):
            counted[place] += amount
    return tuple(Week(monday, Parts(*counted)) for monday, counted in sorted(sums.items()))


def not_counted(volumes: Volumes) -> dict[str, int]:
    """Sends that are in no ratio of the report's headline, by why; each under its first reason."""
    reasons = dict.fromkeys(("internal", "automatic", "calendar", "brief", "conversation", "service"), 0)
    for cell, volume in volumes.items():
        if cell.kind is Kind.AUTO or cell.kind is Kind.CALENDAR:
            reasons["automatic" if cell.kind is Kind.AUTO else "calendar"] += volume.messages
        elif cell.direction is Direction.INTERNAL:
            reasons["internal"] += volume.messages
        elif cell.class_ is Class.BRIEF:
            reasons["brief"] += volume.messages
        elif cell.kind is Kind.SERVICE:
            reasons["service"] += volume.messages
        elif cell.kind not in Scale.OUTREACH.kinds:
            reasons["conversation"] += volume.messages
    return {reason: count for reason, count in reasons.items() if count}


def all_messages(volumes: Volumes) -> int:
    """Every send of the span."""
    return sum(volume.messages for volume in volumes.values())
