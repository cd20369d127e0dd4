"""EVENTS.csv: who sent which template to how many, and when. Every fault is named by line and column."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import UsageError
from auditor.people import NO_TEAM

COLUMNS = ("time", "sender", "team", "template", "recipients")
MOST_RECIPIENTS = 1_000_000
_DIGITS = 20  # of a number; Python refuses thousands
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Event:
    """One templated send: when (seconds since the epoch), by whom, on which template, to how many."""

    sent_at: float
    sender: str
    team: str
    template: str
    recipients: int


def read_events(path: Path, progress: Callable[[int], None] = lambda rows: None) -> tuple[Event, ...]:
    """Read the file; the order of its lines does not matter.

    Args:
        path: a CSV file in UTF-8 with the five columns in its first line, in any order; others are ignored.
        progress: is told now and then how many lines have been read.

    Raises:
        UsageError: the first faults, with file, line and column.
    """
    faults: list[str] = []
    events: list[Event] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            columns = _columns(path, next(rows, []))
            for row in rows:
                if not row:
                    continue
                event = _event(path, rows.line_num, row, columns, faults)
                if event is not None:
                    events.append(event)
                if len(faults) >= _FAULTS_SHOWN:
                    faults.append(f"{path}: and perhaps more; the first {_FAULTS_SHOWN} are shown")
                    break
                if rows.line_num % 10_000 == 0:
                    progress(rows.line_num)
    except OSError as error:
        raise UsageError(f"{path}: cannot read the events: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not in UTF-8 at byte {error.start}") from None
    except csv.Error as error:
        raise UsageError(f"{path}:{rows.line_num}: not CSV: {error}") from None
    if faults:
        raise UsageError("\n".join(faults))
    if not events:
        raise UsageError(f"{path}:1: no events; below the line {','.join(COLUMNS)} each line is one send")
    return tuple(sorted(events, key=lambda one: one.sent_at))


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise UsageError(f"{path}:1: no column {', '.join(missing)}; needed: {','.join(COLUMNS)}")
    return {name: names.index(name) for name in COLUMNS}


def _event(
    path: Path, line: int, row: Sequence[str], columns: dict[str, int], faults: list[str]
) -> Event | None:
    values = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
    before = len(faults)
    sent_at = _moment(values["time"])
    if sent_at is None:
        faults.append(f"{path}:{line}: time: write it as in 2026-09-14T08:30:00Z, from 1970 to 2099")
    number = values["recipients"]
    recipients = int(number) if number.isdecimal() and len(number) < _DIGITS else 0
    if not 1 <= recipients <= MOST_RECIPIENTS:
        faults.append(f"{path}:{line}: recipients: write a whole number from 1 to {MOST_RECIPIENTS}")
    for name in ("sender", "template"):
        if not values[name]:
            faults.append(f"{path}:{line}: {name}: is empty")
    if len(faults) > before or sent_at is None:
        return None
    return Event(sent_at, values["sender"].lower(), values["team"] or NO_TEAM, values["template"], recipients)


def _moment(text: str) -> float | None:
    """RFC 3339; a time without a zone is taken for UTC. None for what is no time, or far away."""
    try:
        when = datetime.fromisoformat(text)
        seconds = (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if _EARLIEST <= seconds < _LATEST else None
