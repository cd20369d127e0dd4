"""A large company's scrape: how long it takes, how large it is, and how long it keeps the event loop waiting.

    python -m tests.benchmarks.metrics --mailboxes 10000 --senders 2000 --teams 50 --templates 10000

The parts are the daemon's own: its store, filled with a month of tallies; its watchers, which are not
connected; its publishing, which reads the figures again and again as if mail never stopped; its web server.
Another process scrapes. Meanwhile a heartbeat in the event loop notes by how much it is late, beside the same
heartbeat while nothing is scraped or published: what the machine itself does to it. The peer is what one gets
by using prometheus_client in the plain way: a gauge for every combination and two for every mailbox. Takes a
minute.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import prometheus_client
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge

from auditor.config import load
from auditor.mailbox.status import State
from auditor.service import daemon, publishing
from auditor.service.running import Running, make
from auditor.statistics.figures import Window
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Band
from auditor.store.database.schema import tally, template
from auditor.vocabulary import Class, Direction, Kind

_HOUR = 3600
_BEAT_SECONDS = 0.005
_START_SECONDS = 0.3
_SCRAPER = """
import http.client, json, sys, time
taken = []
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    connection.request("GET", "/metrics")
    size = len(connection.getresponse().read())
    connection.close()
    taken.append((time.perf_counter() - began, size))
    time.sleep(0.3)
print(json.dumps(taken))
"""
_CELLS = [
    (Direction.EXTERNAL, kind, class_)
    for kind in (Kind.NEW, Kind.FOLLOW_UP, Kind.REPLY, Kind.FORWARD)
    for class_ in (Class.MASS, Class.TAILORED, Class.PERSONAL, Class.BRIEF)
]


def main() -> None:
    """Measure, print a table, and the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.metrics", description=__doc__)
    options.add_argument("--mailboxes", type=int, default=10_000)
    options.add_argument("--senders", type=int, default=2_000)
    options.add_argument("--teams", type=int, default=50)
    options.add_argument("--templates", type=int, default=10_000)
    options.add_argument("--scrapes", type=int, default=25)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        running = company(Path(name), chosen)
        measured = asyncio.run(measure(running, chosen))
    seconds, megabytes = plain(chosen)
    print(f"{'':34}{'auditor':>12}{'plain gauges':>14}")
    print(f"{'one scrape, seconds (median)':34}{measured['scrape_seconds']:12.3f}{seconds:14.3f}")
    print(f"{'one scrape, MB':34}{measured['scrape_mb']:12.2f}{megabytes:14.2f}")
    print(f"{'event loop late at most, ms':34}{measured['loop_block_ms']:12.1f}{'':>14}")
    print(f"{'  of 100 beats the latest, ms':34}{measured['loop_block_p99_ms']:12.1f}{'':>14}")
    print(f"{'  the same with nothing to do, ms':34}{measured['idle_block_ms']:12.1f}{'':>14}")
    print(json.dumps(measured))


def company(folder: Path, chosen: argparse.Namespace) -> Running:
    """The daemon's parts, with a month in the store and every mailbox in some state."""
    people = [
        f"p{number}@field.example,,,Team {number % chosen.teams:02},UTC" for number in range(chosen.mailboxes)
    ]
    (folder / "people.csv").write_text("address,name,aliases,team,timezone\n" + "\n".join(people) + "\n")
    (folder / "master").write_text("secret\n")
    (folder / "auditor.toml").write_text(
        '[organisation]\ndomains = ["field.example"]\npeople_file = "people.csv"\n'
        '[store]\npath = "auditor.db"\n[http]\nport = 0\n[targets]\nmass_ratio = 0.5\n'
        '[[mailboxes]]\nhost = "127.0.0.1"\ntls = "no"\npeople = true\n'
        'master_user = "m"\npassword_file = "master"\n'
    )
    running = make(load(folder / "auditor.toml"), folder / "auditor.toml")
    dice = random.Random(7)
    now = time.time()
    for number, watched in enumerate(running.watches):
        watched.id = number + 1
        bad = number % 40 == 0
        status = replace(
            watched.reader.status,
            state=State.FAILING if bad else State.WATCHING,
            last_sync=now - (7200 if bad else dice.uniform(1, 400)),
            backlog=dice.randrange(50) if bad else 0,
        )
        watched.reader._status = status
        watched.kept = status
    running.usual = {team: Band(5, 1, 12) for team in running.company.teams()}
    running.usual_of_all = Band(250, 100, 420)
    return running


def fill(connection: sa.Connection, chosen: argparse.Namespace, dice: random.Random, now: int) -> None:
    """A month of office hours: teams, senders and templates in the tally, and the templates."""
    hours = [hour for hour in range(now // _HOUR - 720, now // _HOUR) if 8 <= hour % 24 < 18]
    series = [(Scope.TEAM, f"Team {number:02}", hours, _CELLS[:12]) for number in range(chosen.teams)]
    series += [
        (Scope.SENDER, f"p{number}@field.example", dice.sample(hours, 40), _CELLS[:2])
        for number in range(chosen.senders)
    ]
    series += [
        (Scope.TEMPLATE, f"t{number:011x}", dice.sample(hours, 12), _CELLS[:1])
        for number in range(chosen.templates)
    ]
    for scope, name, used, cells in series:
        rows = [
            {"scope": scope, "series": name, "bucket": hour * _HOUR, "width": _HOUR, "direction": direction,
             "kind": kind, "class": class_, "messages": dice.randrange(1, 9),
             "deliveries": dice.randrange(1, 12), "own_words": 40, "words": 400, "merge_failures": 0}
            for hour in used for direction, kind, class_ in cells
        ]  # fmt: skip
        connection.execute(sa.insert(tally), rows)
    templates = [
        {"id": f"t{number:011x}", "founded_by": 1, "first_sent": now - dice.randrange(1, 90) * 86_400,
         "last_sent": now - dice.randrange(1, 86_400), "sends": dice.randrange(2, 400),
         "reached": number % 3 > 0, "fixed": b"", "state": b"",
         "name": f"Campaign {number}" if number % 10 == 0 else None}
        for number in range(chosen.templates)
    ]  # fmt: skip
    connection.execute(sa.insert(template), templates)


async def measure(running: Running, chosen: argparse.Namespace) -> dict[str, float]:
    """Publish and scrape, with a heartbeat beside it."""
    await running.store.run(lambda connection: fill(connection, chosen, random.Random(7), int(time.time())))
    idle = await beats(asyncio.sleep(3))
    await publishing.show(running)
    async with publishing.serve_site(running) as site:
        running.page_url = publishing.page_url(running.config, site.port)
        daemon.settle()
        busy = [
            asyncio.create_task(publishing.publish(running)),
            asyncio.create_task(publishing.count_template_senders(running)),
            asyncio.create_task(_ring(running)),
        ]
        await asyncio.sleep(2)
        taken: list[tuple[float, int]] = []
        late = await beats(_scrape(site.port, chosen.scrapes, taken))
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
    running.intake.close()
    running.store.close()
    return {
        "scrape_seconds": round(statistics.median(seconds for seconds, _ in taken), 4),
        "scrape_mb": round(max(size for _, size in taken) / 1e6, 3),
        "loop_block_ms": round(1000 * max(late), 1),
        "loop_block_p99_ms": round(1000 * sorted(late)[int(len(late) * 0.99)], 1),
        "idle_block_ms": round(1000 * max(idle), 1),
    }


async def beats(while_: "asyncio.Future[None] | asyncio.Task[None]") -> list[float]:
    """By how many seconds each beat was late while something went on."""
    task, late = asyncio.ensure_future(while_), []
    await asyncio.sleep(_START_SECONDS)  # a fork of this process is no work of the daemon's
    while not task.done():
        due = time.perf_counter() + _BEAT_SECONDS
        await asyncio.sleep(_BEAT_SECONDS)
        late.append(max(0.0, time.perf_counter() - due))
    task.result()
    return late


async def _ring(running: Running) -> None:
    """As if a send was judged every tenth of a second."""
    while True:
        running.changed.set()
        await asyncio.sleep(0.1)


async def _scrape(port: int, times: int, taken: list[tuple[float, int]]) -> None:
    """Scrape from a process of its own, which times itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SCRAPER, str(port), str(times)), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    taken += [tuple(one) for one in json.loads(told)]


def plain(chosen: argparse.Namespace) -> tuple[float, float]:
    """Seconds and MB of one scrape with a gauge for everything."""
    registry = CollectorRegistry()
    labels = ("team", "direction", "kind", "class", "window")
    gauges = [Gauge(f"plain_{unit}", unit, labels, registry=registry) for unit in ("messages", "deliveries")]
    for gauge in gauges:
        for team in range(chosen.teams):
            for direction in Direction:
                for kind in Kind:
                    for class_ in Class:
                        for window in Window:
                            gauge.labels(f"Team {team:02}", direction, kind, class_, window).set(3)
    for name in ("last_sync_timestamp_seconds", "backlog_messages"):
        gauge = Gauge(f"plain_mailbox_{name}", name, ("mailbox",), registry=registry)
        for number in range(chosen.mailboxes):
            gauge.labels(str(number)).set(time.time())
    began = time.perf_counter()
    text = prometheus_client.generate_latest(registry)
    return time.perf_counter() - began, len(text) / 1e6


if __name__ == "__main__":
    main()
