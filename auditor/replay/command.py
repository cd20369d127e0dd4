"""The whole of `auditor alert replay`: one line for each incident that would have opened."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from auditor.alert.incident import Incident
from auditor.config.company import load_people
from auditor.lookout.days_off import read_days_off
from auditor.people import People
from auditor.progress_bar import progress_bar
from auditor.replay.drive import ARMED_AFTER, Drive, opened
from auditor.replay.events import Event, read_events
from auditor.replay.tape import record
from auditor.statistics.members import Membership
from auditor.statistics.scatter import Limits
from auditor.statistics.series import DAY, HOUR, MINUTE, WEEK
from auditor.statistics.tally import Scope


@dataclass(frozen=True, slots=True)
class Request:
    """One call of `auditor alert replay`."""

    events: Path
    people: Path
    at_most_per_month: float = 1.0
    holidays: str | None = None


def run(request: Request, terminal: Console) -> Iterator[str]:
    """The lines to print, one JSON object for each incident that would have opened, in order of time.

    Raises:
        UsageError, ConfigError: a file cannot be read, with its line and column.
    """
    persons = load_people(request.people)
    with progress_bar(terminal) as progress:
        task = progress.add_task("reading", total=None)
        events = read_events(request.events, lambda rows: progress.update(task, completed=rows))
        progress.update(task, description="replaying", total=1.0, completed=0.0)
        company = People.of((), persons)
        accepted, holidays = request.at_most_per_month, request.holidays
        for incident in replayed(events, company, accepted, holidays, _told(progress, task)):
            yield as_line(incident)
    span = events[-1].sent_at - events[0].sent_at
    if span <= ARMED_AFTER:
        terminal.print(
            f"{span / DAY:.1f} days of events: nothing opens in the first {ARMED_AFTER // WEEK} weeks, "
            "in which the usual values are learned",
            style="dim",
        )


def replayed(
    events: tuple[Event, ...],
    company: People,
    at_most_per_month: float = 1.0,
    holidays: str | None = None,
    progress: Callable[[float], None] = lambda done: None,
) -> Iterator[Incident]:
    """The incidents that would have opened over some sends (in order of time)."""
    tape = record(events)
    series = tape.fine.series
    zones = Counter(person.timezone for person in company.persons.values() if person.timezone)
    timezone = min(zones, key=lambda zone: (-zones[zone], zone)) if zones else "UTC"
    senders = max(len(company.persons), sum(one.scope is Scope.SENDER for one in series))
    templates = sum(one.scope is Scope.TEMPLATE for one in series)
    membership = Membership(company, timezone, senders, templates)
    limits = Limits(at_most_per_month, people=senders, teams=len(membership.teams))
    years = range(
        datetime.fromtimestamp(events[0].sent_at, UTC).year - 1,
        datetime.fromtimestamp(events[-1].sent_at, UTC).year + 2,
    )
    days_off = read_days_off(holidays, {timezone, *zones}, years)
    yield from opened(Drive(tape, membership, limits, days_off).decisions(progress))


def as_line(incident: Incident) -> str:
    """One opened incident as JSON."""
    return json.dumps(as_object(incident), ensure_ascii=False)


def as_object(incident: Incident) -> dict[str, object]:
    """What is told of one opened incident."""
    at = datetime.fromtimestamp(incident.opened_at or incident.first_seen, UTC)
    return {
        "opened_at": at.isoformat().replace("+00:00", "Z"),
        "scope": str(incident.series.scope),
        "series": incident.series.name,
        "direction": str(incident.cause.way),
        "unit": str(incident.unit),
        "observed": incident.observed,
        "usual": round(incident.usual, 1),
        "low": incident.low,
        "high": incident.high,
        "window": _window(incident.window),
        "reason": str(incident.reason),
    }


def _window(seconds: int) -> str:
    """A window as people write it: 5m, 15m, 2h, 7d."""
    for letter, unit in (("d", DAY), ("h", HOUR)):
        if seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds // MINUTE}m"


def _told(progress: Progress, task: TaskID) -> Callable[[float], None]:
    return lambda done: progress.update(task, completed=done)
