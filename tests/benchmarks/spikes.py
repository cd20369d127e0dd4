"""Our detector beside Farrington, EWMA and the PromQL recipe, on the same invented events.

    python -m tests.benchmarks.spikes [--people 120] [--seeds 2]

120 people are six teams of twenty, who send some forty mails an hour each. Of a team of ten (--people 60) two
silent hours are not beyond chance, and a stop is seen after most of a working day.

The peers read hourly sends of every sender, team and of the organisation; each gets the threshold at which it
is wrong once a month on the same company without events. Ours has its shipped thresholds.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from auditor.replay.command import Request, run
from auditor.statistics.look import look
from auditor.statistics.scatter import FINE_WINDOWS, Limits
from auditor.statistics.series import DAY, HOUR, MINUTE, ORGANISATION, Counts, Series
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Member, learn
from auditor.statistics.volumes import Floats, Volumes
from tests.benchmarks.lookout import looks

START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())  # a Monday
WEEKS, HISTORY = 10, 4
MONTH_WEEKS = 30.44 / 7
GRACE = 2 * HOUR
Row = tuple[float, int, str, int]  # when, who, template, to how many
Event = tuple[str, float, float, frozenset[str]]  # kind, begin, end, the series that may be named


def ordinary(chance: np.random.Generator, people: int) -> list[Row]:
    """Ten weeks of people with habits, good days and bad ones, who send in bunches."""
    rows: list[Row] = []
    shape = np.array([0.0] * 8 + [1, 3, 4, 3, 1.5, 2.5, 3.5, 3, 1.5, 0.5] + [0.05] * 6)
    for person in range(people):
        weekly = float(np.clip(chance.lognormal(4.2, 0.7), 10, 500))
        for day in range(WEEKS * 7):
            mood = weekly / 5 * chance.gamma(4, 0.25) * (1.0 if day % 7 < 5 else 0.03)
            for hour, bunches in enumerate(chance.poisson(mood * shape / shape.sum() / 2.5)):
                for _ in range(bunches):
                    at = START + day * DAY + (hour + chance.random()) * HOUR
                    template = f"t{person % 6}.{chance.integers(4)}"
                    rows += [(at + 40 * n, person, template, 1) for n in range(chance.geometric(0.4))]
    return rows


def events(chance: np.random.Generator, people: int, rows: list[Row]) -> tuple[list[Row], list[Event]]:
    """The same mail with something happening every few days after the history."""
    told: list[Event] = []
    kinds = ("night_blast", "new_template", "new_sender", "bcc_blast", "team_stop", "burst") * 3
    for number, kind in enumerate(kinds):
        day = HISTORY * 7 + 2 * number + (number // 3)
        day += (8 - day % 7) if day % 7 > 4 else 0
        begin = START + day * DAY + 10 * HOUR + chance.random() * HOUR
        who = int(chance.integers(people))
        team, span = {f"team{who % 6}"}, 0.0
        named = {f"p{who}@example.org"} | team
        if kind == "night_blast":
            begin, span = begin - 7 * HOUR, 25 * MINUTE
            rows = rows + [(begin + span * chance.random(), who, f"t{who % 6}.0", 1) for _ in range(60)]
        elif kind == "new_template":
            span, named = 90 * MINUTE, {f"new{number}"}
            senders = chance.choice(people, min(25, people // 2), replace=False)
            rows = rows + [
                (begin + span * chance.random(), int(one), f"new{number}", 1)
                for one in senders
                for _ in range(8)
            ]
        elif kind == "new_sender":
            span, named = 2 * HOUR, {f"p{people + number}@example.org", f"team{(people + number) % 6}"}
            rows = rows + [(begin + span * chance.random(), people + number, "t0.0", 1) for _ in range(500)]
        elif kind == "bcc_blast":
            rows = [*rows, (begin, who, f"t{who % 6}.1", 900)]
        elif kind == "burst":
            span = 30 * MINUTE
            rows = rows + [(begin + span * chance.random(), who, f"t{who % 6}.0", 1) for _ in range(40)]
        else:
            span, named = 30 * HOUR, team
            rows = [row for row in rows if not (begin <= row[0] < begin + span and row[1] % 6 == who % 6)]
        told.append((kind, begin, begin + span, frozenset(named)))
    return rows, told


def ours(rows: list[Row], people: int, folder: Path) -> list[tuple[float, str]]:
    """When the replay opens what."""
    lines = [
        f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ},"
        f"p{who}@example.org,team{who % 6},{template},{to}"
        for at, who, template, to in rows
    ]
    (folder / "E.csv").write_text(
        "time,sender,team,template,recipients\n" + "\n".join(lines), encoding="utf-8"
    )
    listed = [f"p{n}@example.org,team{n % 6},UTC" for n in range(people)]
    (folder / "P.csv").write_text("address,team,timezone\n" + "\n".join(listed), encoding="utf-8")
    found = map(json.loads, run(Request(folder / "E.csv", folder / "P.csv"), Console(quiet=True)))
    return [(datetime.fromisoformat(one["opened_at"]).timestamp(), one["series"]) for one in found]


def ewma(hours: Floats) -> Floats:
    """Exponentially weighted mean and variance, in standard deviations (alpha 0.05)."""
    mean, spread, scores = hours[:, 0], np.ones(len(hours)), np.zeros(hours.shape)
    for at in range(hours.shape[1]):
        scores[:, at] = (hours[:, at] - mean) / np.sqrt(spread + 1)
        off = hours[:, at] - mean
        mean, spread = mean + 0.05 * off, 0.95 * (spread + 0.05 * off * off)
    return scores


def promql(hours: Floats) -> Floats:
    """(now - a week ago) / stddev_over_time of a day, the recipe found in many rule files."""
    scores = np.zeros(hours.shape)
    for at in range(168, hours.shape[1]):
        scores[:, at] = (hours[:, at] - hours[:, at - 168]) / (hours[:, at - 24 : at].std(axis=1) + 1)
    return scores


def farrington(hours: Floats) -> Floats:
    """Counts of the same hour, give or take one, in the four weeks before; quasi-Poisson on the 2/3 scale.

    Farrington et al., A Statistical Algorithm for the Early Detection of Outbreaks, JRSS A 159 (1996).
    """
    scores = np.zeros(hours.shape)
    for at in range(4 * 168 + 1, hours.shape[1]):
        base = hours[:, [at - 168 * week + near for week in (1, 2, 3, 4) for near in (-1, 0, 1)]]
        mean = base.mean(axis=1) + 0.1
        phi = np.maximum(base.var(axis=1, ddof=1) / mean, 1.0)
        error = 4 / 9 * mean ** (1 / 3) * phi * (1 + 1 / 12)
        scores[:, at] = (hours[:, at] ** (2 / 3) - mean ** (2 / 3)) / np.sqrt(error)
    return scores


def hourly(rows: list[Row]) -> tuple[list[str], Floats]:
    """Sends of each sender, team and the organisation by the hour."""
    names = sorted({f"p{who}@example.org" for _, who, _, _ in rows}) + [f"team{n}" for n in range(6)] + [""]
    place = {name: n for n, name in enumerate(names)}
    hours = np.zeros((len(names), WEEKS * 168 + 1))
    for at, who, _, _ in rows:
        for name in (f"p{who}@example.org", f"team{who % 6}", ""):
            hours[place[name], min(int((at - START) // HOUR), WEEKS * 168)] += 1
    return names, hours


def peer(score: Callable[[Floats], Floats], clean: list[Row], rows: list[Row]) -> list[tuple[float, str]]:
    """What a peer alarms at, each series once a day, at the threshold of one false alarm a month."""
    calm = np.where(hourly(clean)[1] >= 10, score(hourly(clean)[1]), 0)[:, HISTORY * 168 :]
    days = calm[:, : calm.shape[1] // 24 * 24].reshape(len(calm), -1, 24).max(axis=2)
    accepted = int((WEEKS - HISTORY) / MONTH_WEEKS)
    threshold = np.sort(days.ravel())[::-1][accepted]
    names, hours = hourly(rows)
    scores = np.where(hours >= 10, score(hours), 0)
    places, ends = np.nonzero(scores > threshold)
    return [(START + (end + 1) * float(HOUR), names[n]) for n, end in zip(places, ends.tolist(), strict=True)]


def judged(alarms: list[tuple[float, str]], told: list[Event]) -> dict[str, list[float | None]]:
    """Of each kind the delays in minutes; None for an event that was missed."""
    delays: dict[str, list[float | None]] = {}
    for kind, begin, end, named in told:
        hits = [at for at, name in alarms if begin <= at <= end + GRACE and (name in named or not name)]
        delays.setdefault(kind, []).append((min(hits) - begin) / 60 if hits else None)
    return delays


def tick(series: int = 20_000) -> tuple[float, float]:
    """CPU seconds of one look at so many series, and the bytes that are remembered of each."""
    chance = np.random.default_rng(1)
    until = START // HOUR + 8 * 168
    names = [Series(Scope.SENDER, f"p{n}") for n in range(series)]
    seen = {ORGANISATION: {until - 168 * week: (series, series) for week in range(1, 9)}}
    seen |= {one: {until - int(back): (2, 2) for back in chance.integers(1, 1300, 20)} for one in names}
    members = [Member(ORGANISATION, "UTC", START)]
    members += [Member(one, "UTC", START, ORGANISATION, 1 / series) for one in names]
    known = learn(members, Volumes.of_mappings(seen, HOUR), until)
    now = float(until * HOUR)
    counts: dict[Series, Counts] = {
        one: {int(now) - FINE_SECONDS * int(back): (1, 1) for back in chance.integers(1, 48, 8)}
        for one in names
    }
    ends = {one: [now] for one in names}
    limits = Limits(people=series)
    look(counts, ends, known, FINE_WINDOWS, limits)
    begin = time.process_time()
    look(counts, ends, known, FINE_WINDOWS, limits)
    return time.process_time() - begin, (known.weekly.nbytes + known.weeks.nbytes) / len(members)


def main() -> None:
    """Print a table for people, and the figures as one line of JSON."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=120)
    arguments.add_argument("--seeds", type=int, default=2)
    arguments.add_argument("--senders", type=int, default=20_000, help="of the daemon's look")
    chosen = arguments.parse_args()
    found: dict[str, dict[str, list[float | None]]] = {}
    false = 0
    for seed in range(chosen.seeds):
        chance = np.random.default_rng(seed)
        clean = sorted(ordinary(chance, chosen.people))
        rows, told = events(chance, chosen.people, clean)
        rows.sort()
        with tempfile.TemporaryDirectory() as folder:
            since = START + HISTORY * 7 * DAY
            false += sum(at >= since for at, _ in ours(clean, chosen.people, Path(folder)))
            alarms = {"auditor": ours(rows, chosen.people + len(told), Path(folder))}
        for name, score in (("farrington", farrington), ("ewma", ewma), ("promql", promql)):
            alarms[name] = peer(score, clean, rows)
        for name, theirs in alarms.items():
            for kind, delays in judged(theirs, told).items():
                found.setdefault(name, {}).setdefault(kind, []).extend(delays)
    show(found)
    seconds, size = tick()
    look_seconds, slowest = looks(START, chosen.senders)
    delays = {kind: [one for one in all_ if one is not None] for kind, all_ in found["auditor"].items()}
    figures = {
        "false_per_org_month": round(false / (chosen.seeds * (WEEKS - HISTORY)) * MONTH_WEEKS, 2),
        "detected": {kind: round(len(d) / len(found["auditor"][kind]), 2) for kind, d in delays.items()},
        "delay_minutes": {kind: round(statistics.median(d), 1) if d else None for kind, d in delays.items()},
        "tick_seconds": round(seconds, 3),
        "look_with_sql_seconds": round(look_seconds, 3),
        "slowest_look_with_sql_seconds": round(slowest, 3),
        "bytes_per_series": round(size),
    }
    print(json.dumps(figures))


def show(found: dict[str, dict[str, list[float | None]]]) -> None:
    """What each detector found, and after how many minutes in the median."""
    table = Table("detector", *found["auditor"])
    for name, kinds in found.items():
        cells = []
        for delays in kinds.values():
            hits = [one for one in delays if one is not None]
            cells.append(
                f"{len(hits)}/{len(delays)}" + (f" {statistics.median(hits):.0f} min" if hits else "")
            )
        table.add_row(name, *cells)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
