"""A busy company: 300 mailboxes, each of which receives a mail every second.

    python -m tests.benchmarks.load --mailboxes 300 --minutes 10
    python -m tests.benchmarks.load --cold 1000000

A real Dovecot is filled through its Maildirs, evenly over each second, by a process of its own. The lag of a
mail is the time from its being filed to its being stored, for every single one. While mail still arrives the
daemon is told to stop; started anew it reads the rest, and the sends in the store are compared with the
messages that were filed, one by one. With --cold the store of a company is written first, by the two ledgers,
its last send just now, and the time is measured until a daemon that finds it is ready.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from auditor.clear_words import ClearWords
from auditor.pipeline import Judge
from auditor.pseudonyms import Pseudonyms, load_or_make_key
from auditor.store.engine import open_store
from auditor.store.ledger import intake, rollup
from auditor.template.values import Rules
from tests.benchmarks.growth import AT_ONCE, SENDS_A_DAY, sends
from tests.benchmarks.idle import WIDE, memory_kb, processor_seconds, quantile, raise_limits
from tests.benchmarks.sent_mail import DOMAIN, letter
from tests.components.dovecot import Dovecot
from tests.mail import by_hand
from tests.service.daemon import Daemon

_TEXTS = 60  # of campaigns; every other mail is by hand
_LOOK_EVERY_SECONDS = 5.0
_CALM_SECONDS = 600.0
_BRISK = "[imap]\ncommands_per_second = 10000\nconnections_per_login = 1000\n"
"""The default is kind to a company's server; this one is here to be kept busy."""

Filed = tuple[str, str, str, float]  # Message-ID, sender, Date, when it was filed


@dataclass
class Watched:
    """What was seen of the daemon while mail arrived."""

    rss_mb: list[float] = field(default_factory=list)
    processor: float = 0.0
    seconds: float = 0.0


def file_mail(
    dovecot: Dovecot, users: list[str], minutes: float, pace: float, first: int, told: Connection
) -> None:
    """File mail evenly, `pace` a second for each user, and send back what was filed."""
    texts = [by_hand(10_000 + n, sentences=9) for n in range(_TEXTS)]
    filed: list[Filed] = []
    begun, number = time.monotonic(), 0
    while time.monotonic() - begun < 60 * minutes:
        ahead = number / (pace * len(users)) - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(ahead)
        n = first + number
        user, at = users[number % len(users)], datetime.now(UTC).replace(microsecond=0)
        text = texts[n % _TEXTS] if n % 2 else by_hand(n)
        to = f"Pat <pat{n}@client{n % 700}.example>"
        raw = letter(text, n, sender=user, to=to, subject=f"About {n}", at=at)
        dovecot.deliver(user, raw)
        message_id = f"<{n}.{int(at.timestamp())}@{DOMAIN}>"
        filed.append((message_id, f"{user}@{DOMAIN}", at.isoformat(), time.time()))
        number += 1
    told.send(filed)
    told.close()


def load(
    dovecot: Dovecot, folder: Path, users: list[str], minutes: float, pace: float
) -> Mapping[str, float]:
    """One run; its figures."""
    daemon = Daemon(folder, dovecot, users, more=_BRISK)
    try:
        daemon.start()
        watching = 'auditor_mailboxes{state="watching"}'
        daemon.until(lambda: time.sleep(0.5) or daemon.metric(watching) == len(users), seconds=300)
        print(f"{len(users)} mailboxes are watched; mail flows", flush=True)
        filed, seen, late = [], Watched(), 0.0
        for share in (0.95, 0.05):  # the second part, so that mail arrives while the daemon stops
            ours, theirs = multiprocessing.Pipe(duplex=False)
            filing = multiprocessing.get_context("fork").Process(
                target=file_mail, args=(dovecot, users, share * minutes, pace, len(filed), theirs)
            )
            filing.start()
            theirs.close()
            if filed:
                time.sleep(0.02 * 60 * minutes)
                begun = time.monotonic()
                daemon.stop()
                late = time.monotonic() - begun
                filed += ours.recv()
            else:
                seen, more = watch_and_take(daemon, filing, ours)
                filed += more
            filing.join()
        daemon.start()
        return settled(daemon, filed, seen, late)
    finally:
        daemon.close()


def watch_and_take(
    daemon: Daemon, filing: multiprocessing.Process, ours: Connection
) -> tuple[Watched, list[Filed]]:
    """Watch while mail is filed; what was seen, and what was filed."""
    seen, begun, used = Watched(), time.monotonic(), processor_seconds(daemon)
    while not ours.poll(_LOOK_EVERY_SECONDS):
        seen.rss_mb.append(memory_kb(daemon) / 1024)
    seen.seconds, seen.processor = time.monotonic() - begun, processor_seconds(daemon) - used
    return seen, ours.recv()


def settled(daemon: Daemon, filed: list[Filed], seen: Watched, stop_seconds: float) -> Mapping[str, float]:
    """Wait until everything is stored and judged; compare it with what was filed."""
    begun = time.monotonic()
    waiting = "SELECT count(*), sum(judged_seq IS NULL) FROM send"
    while time.monotonic() - begun < _CALM_SECONDS:
        stored, unjudged = daemon.query(waiting)[0]
        if stored >= len(filed) and not unjudged:
            break
        time.sleep(1)
    caught_up = time.monotonic() - begun
    time.sleep(3)  # what would come twice may still come
    key = Pseudonyms(bytes.fromhex((daemon.folder / "pseudonym.key").read_text()))
    when = {key.identity(*one[:3]): one[3] for one in filed}
    found = daemon.query("SELECT identity, stored_at, live FROM send")
    stored = Counter(identity for identity, _, _ in found)
    before_stop = filed[int(0.95 * len(filed))][3]
    lags = [at - when[identity] for identity, at, _ in found if when.get(identity, before_stop) < before_stop]
    quarter = max(1, len(seen.rss_mb) // 4)
    early, end = max(seen.rss_mb[:quarter], default=0.0), max(seen.rss_mb[-quarter:], default=0.0)
    return {
        "messages": len(filed),
        "lost": sum((Counter(when.keys()) - stored).values()),
        "doubled": sum((stored - Counter(when.keys())).values()),
        "lag_p50_seconds": round(quantile(lags, 0.5), 2),
        "lag_p99_seconds": round(quantile(lags, 0.99), 2),
        "caught_up_seconds": round(caught_up, 1),
        "stop_seconds": round(stop_seconds, 2),
        "rss_mb": round(end, 1),
        "rss_growth_mb": round(end - early, 1),
        "processor_ratio": round(seen.processor / max(1.0, seen.seconds), 3),
    }


def cold(folder: Path, count: int) -> Mapping[str, float]:
    """Write a store of so many judged sends, then the seconds from starting a daemon to its being ready."""
    daemon = Daemon(folder, _NoServer(), users=["nobody"])
    key = load_or_make_key(folder / "pseudonym.key")
    store = open_store(daemon.store, Pseudonyms(key))
    start = time.time() - count / SENDS_A_DAY * 86_400
    judge, source, done = Judge(Rules(), ClearWords(5), Pseudonyms(key)), sends(start=start), 0
    while done < count:
        some = list(islice(source, min(AT_ONCE, count - done)))
        now = some[-1].sent_at
        store.run_here(lambda connection, some=some, now=now: intake.take(connection, some, now, None, None))
        store.run_here(lambda connection, now=now: judge.judge(connection, now))
        store.run_here(lambda connection, now=now: rollup.roll_up(connection, now))
        done += len(some)
    store.close()
    try:
        begun = time.monotonic()
        daemon.start()
        ready, used = time.monotonic() - begun, processor_seconds(daemon)
        rss = memory_kb(daemon) / 1024
        begun = time.monotonic()
        daemon.stop()
    finally:
        daemon.close()
    stop = time.monotonic() - begun
    return {
        "kept": count,
        "ready_seconds": round(ready, 2),
        "ready_processor_seconds": round(used, 2),
        "rss_mb": round(rss, 1),
        "stop_seconds": round(stop, 2),
    }


class _NoServer:
    """In the place of a Dovecot: nobody answers there."""

    password, port, ca_file = "none", 1, "nowhere.pem"


def main() -> None:
    """Measure, print a table for people, and the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    options.add_argument("--mailboxes", type=int, default=300)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--pace", type=float, default=1.0, help="mails a second for each mailbox")
    options.add_argument("--cold", type=int, default=0, help="instead: start on a store of so many sends")
    chosen = options.parse_args()
    raise_limits()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        if chosen.cold:
            figures = cold(Path(folder), chosen.cold)
        else:
            users = [f"user{n}" for n in range(chosen.mailboxes)]
            dovecot = Dovecot(users, more=WIDE)
            try:
                figures = load(dovecot, Path(folder), users, chosen.minutes, chosen.pace)
            finally:
                dovecot.close()
    for name, value in figures.items():
        print(f"{name:20} {value:>10,}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
