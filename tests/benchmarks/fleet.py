"""Several replicas over one PostgreSQL: what dies, what it costs, how it grows.

    python -m tests.benchmarks.fleet --replicas 3 --kills 30

Four measurements, each against real components:

- everything at once: replicas are killed with SIGKILL at random moments, the database is restarted and
  crashed, a replica is cut off from it, and the mail server loses connections; then the store is compared
  with the mailboxes one by one, and a blast in the middle of it must have opened one incident;
- ingest: the same sends stored and judged on SQLite and on PostgreSQL;
- watching: mailboxes of a server that takes its time and bears few commands a second from each replica, read
  by one of them and by all;
- leases: a fleet of 100,000 mailboxes shared out, and one beat of it.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from auditor.clear_words import ClearWords
from auditor.pipeline import Judge
from auditor.pseudonyms import Pseudonyms
from auditor.store import leases
from auditor.store.database.postgresql import Postgresql
from auditor.store.engine import Place, open_store
from auditor.store.ledger import intake
from auditor.template.values import Rules
from tests.benchmarks.growth import sends
from tests.benchmarks.idle import WIDE, raise_limits
from tests.benchmarks.sent_mail import letter
from tests.benchmarks.soak import QUICK, Soak
from tests.components.dovecot import Dovecot
from tests.components.postgresql import PostgresqlServer
from tests.components.proxy import FaultProxy
from tests.mail import PITCH, by_hand
from tests.service.daemon import Daemon

KEY = bytes(range(32))
_PATIENCE_SECONDS = 120.0
_DELAY_SECONDS = 0.1
_MAILS_EACH = 6
_SLOW = "[imap]\ncommands_per_second = 6\n"
"""What one replica asks of a server at most: watching is waiting, for the server and for its patience."""


class Replica:
    """One daemon, its way to the database through a proxy of its own."""

    def __init__(self, daemon: Daemon, way: FaultProxy) -> None:
        self.daemon, self.way = daemon, way


class FleetSoak(Soak):
    """The soak of one daemon, with several: `daemon` is the one that questions are asked through."""

    identities = "SELECT encode(identity, 'hex') FROM send"

    def __init__(
        self,
        dovecot: Dovecot,
        server: PostgresqlServer,
        folder: Path,
        users: list[str],
        seed: int,
    ) -> None:
        super().__init__(dovecot, folder, users, seed, haste=1.0)
        self.server = server
        self.name = server.database().rpartition("/")[2]
        self.takeovers: list[float] = []

    async def run_kills(self, count: int, kills: int) -> None:
        """Break things until so many of `count` replicas were killed, then wait until all is read."""
        async with FaultProxy(self.dovecot.port) as self.proxy:
            self.replicas = [await self._replica(n) for n in range(count)]
            self.daemon = Daemon(
                self._own("asking"), self.dovecot, self.users, url=self.server.url(self.name)
            )
            key = self.folder / "pseudonym.key"
            key.write_text(KEY.hex())
            try:
                await asyncio.to_thread(self._file, 2 * len(self.users))
                for one in self.replicas:
                    one.daemon.spawn()
                await self._until_armed()
                await self._break_all(kills)
                for one in self.replicas:
                    one.way.silent = False
                await self._calm()
            finally:
                for one in self.replicas:
                    one.daemon.close()
                    await one.way.__aexit__()

    def text(self, n: int) -> str:
        """All by hand, so that the blast is the only event there is."""
        return by_hand(n)

    async def _replica(self, n: int) -> Replica:
        way = FaultProxy(self.server.port)
        await way.__aenter__()
        own = self._own(f"replica{n}")
        url = self.server.url(self.name).replace(f":{self.server.port}/", f":{way.port}/")
        daemon = Daemon(own, self.dovecot, self.users, more=_ALERTS + QUICK, url=url)
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(f"port = {self.dovecot.port}\n", f"port = {self.proxy.port}\n"))
        return Replica(daemon, way)

    def _own(self, name: str) -> Path:
        own = self.folder / name
        own.mkdir()
        key = own / "pseudonym.key"
        key.write_text(KEY.hex() + "\n")
        key.chmod(0o600)
        return own

    async def _break_all(self, kills: int) -> None:
        appending = asyncio.create_task(self._again_and_again("append", self._append))
        resetting = asyncio.create_task(self._again_and_again("reset connections", self._reset))
        try:
            for n in range(kills):
                await asyncio.sleep(self.dice.uniform(3, 14))
                await self._kill_one()
                if n in {kills // 3, 2 * kills // 3}:
                    await self._restart_database("fast" if n == kills // 3 else "immediate")
                if n == kills // 2:
                    await self._blast()
                if n % 10 == 5:
                    await self._cut_off()
        finally:
            for task in (appending, resetting):
                task.cancel()
            await asyncio.gather(appending, resetting, return_exceptions=True)

    async def _until_armed(self) -> None:
        """Nothing alerts before the first audit is finished."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await asyncio.to_thread(self._is_armed):  # noqa: ASYNC110  # a row has no bell
                await asyncio.sleep(0.5)

    def _is_armed(self) -> bool:
        with suppress(Exception):  # the tables may not be there yet
            return bool(self.daemon.query("SELECT value FROM meta WHERE key = 'armed_at'"))
        return False

    async def _kill_one(self) -> None:
        victim = self.dice.choice(self.replicas).daemon
        led = await asyncio.to_thread(self._leader)
        await asyncio.to_thread(victim.kill)
        died = time.monotonic()
        victim.spawn()
        self.done["kill a replica"] += 1
        if led is not None and led[1] == victim.last_pid:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while await asyncio.to_thread(self._leader) in {None, led}:  # noqa: ASYNC110  # a row has no bell
                    await asyncio.sleep(0.2)
            self.takeovers.append(time.monotonic() - died)

    def _leader(self) -> tuple[str, int] | None:
        """Who holds judgement and is alive, and the number of its process."""
        with suppress(Exception):  # the database may be away
            rows = self.daemon.query(
                "SELECT holder FROM lease JOIN replica ON replica.name = holder "
                "WHERE lease.name = 'judgement' AND until > extract(epoch FROM clock_timestamp())"
            )
            return (rows[0][0], int(rows[0][0].split("-")[-2])) if rows else None
        return None

    async def _restart_database(self, mode: str) -> None:
        await asyncio.to_thread(self.server.stop, mode)
        await asyncio.sleep(self.dice.uniform(0.5, 4))
        await asyncio.to_thread(self.server.start)
        self.done[f"restart the database ({mode})"] += 1

    async def _cut_off(self) -> None:
        """For longer than a lease: nothing passes between one replica and the database, nothing ends."""
        way = self.dice.choice(self.replicas).way
        way.silent = True
        await asyncio.sleep(25)
        way.silent = False
        way.reset()
        self.done["cut a replica off the database"] += 1

    async def _blast(self) -> None:
        """One mail to 260 people at once."""
        await asyncio.to_thread(self._file_blast)
        self.done["send a blast"] += 1

    def _file_blast(self) -> None:
        to = ", ".join(f"kim{n}@haulier{n}.example" for n in range(260))
        text = PITCH.format(name="all", company="your firm")
        with self._filing:
            self.file_one(self.users[0], text, to=to, subject="Ramps")

    def openings(self) -> int:
        """Incidents that the blast opened, or letters that tell of it: whichever is more, it must be one."""
        blast = "FROM incident WHERE cause = 'single_send'"
        ((incidents,),) = self.daemon.query(f"SELECT count(*) {blast}")
        letters = (
            f"SELECT count(*) FROM outbox WHERE occasion = 'opened' AND incident_id IN (SELECT id {blast})"
        )
        ((told,),) = self.daemon.query(letters)
        return max(int(incidents), int(told))


_ALERTS = '[alerts]\nto = ["ops@northvans.example"]\nhold = "10s"\n[smtp]\nport = 9\nsecurity = "none"\n'


def soak(chosen: argparse.Namespace) -> dict[str, object]:
    """Everything at once."""
    users = [f"user{n}" for n in range(chosen.mailboxes)]
    dovecot, server = Dovecot(users, more=WIDE), PostgresqlServer()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            one = FleetSoak(dovecot, server, Path(folder), users, chosen.seed)
            asyncio.run(one.run_kills(chosen.replicas, chosen.kills))
            expected, stored = one.expected(), Counter(one.stored())
            tallied, waiting, openings = one.tallied(), one.unjudged(), one.openings()
            assert one.in_mailboxes() == len(one.filed)
        finally:
            dovecot.close()
            server.close()
    for name, times in sorted(one.done.items()):
        print(f"{name:36} {times:6} times")
    print(f"{'messages in the mailboxes':36} {len(one.filed):6}")
    print(f"{'sends in the store':36} {sum(stored.values()):6}")
    print(f"{'without a verdict':36} {waiting:6}")
    return {
        "messages": len(one.filed),
        "lost": sum((expected - stored).values()),
        "doubled": sum((stored - expected).values()) + max(0, tallied - len(one.filed)),
        "unjudged": waiting,
        "kills": one.done["kill a replica"],
        "openings": openings,
        "leaders_killed": len(one.takeovers),
        "takeover_seconds_max": round(max(one.takeovers, default=0.0), 1),
    }


def ingest(messages: int) -> dict[str, object]:
    """The same sends on both databases, stored and judged batch by batch."""
    server = PostgresqlServer(durable=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            rates = {
                "sqlite": _ingested(Path(folder) / "auditor.db", messages),
                "postgresql": _ingested(Postgresql(server.database(), Path(folder) / "pg"), messages),
            }
        finally:
            server.close()
    for name, rate in rates.items():
        print(f"ingest on {name:26} {rate:6.0f} messages/s")
    return {"ingest_vs_sqlite": round(rates["postgresql"] / rates["sqlite"], 3)}


def _ingested(place: Place, messages: int) -> float:
    """Messages a second."""
    keys = Pseudonyms(KEY)
    store, judge = open_store(place, keys), Judge(Rules(), ClearWords(5), keys)
    source = sends()
    start = time.perf_counter()
    for _ in range(messages // 200):
        some = list(islice(source, 200))
        store.run_here(lambda connection, some=some: intake.take(connection, some, 0.0))
        while store.run_here(lambda connection: judge.judge(connection, time.time())):
            pass
    took = time.perf_counter() - start
    store.close()
    return messages / took


def watching(chosen: argparse.Namespace) -> dict[str, object]:
    """Mail in every mailbox of a server that takes its time, seen by one replica and by all."""
    users = [f"user{n}" for n in range(60)]
    took = {}
    for count in (1, chosen.replicas):
        dovecot, server = Dovecot(users, more=WIDE), PostgresqlServer()
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            try:
                took[count] = asyncio.run(_watched(dovecot, server, Path(folder), users, count))
            finally:
                dovecot.close()
                server.close()
        print(f"mail in {len(users)} mailboxes, watched by {count:8} {took[count]:6.1f} s")
    return {"watching_scale": round(took[1] / took[chosen.replicas], 2)}


async def _watched(
    dovecot: Dovecot, server: PostgresqlServer, folder: Path, users: list[str], count: int
) -> float:
    """Seconds from mail in every mailbox to its verdict, once all mailboxes are shared out and watched."""
    url = server.database()
    async with FaultProxy(dovecot.port) as slow:
        daemons = []
        for n in range(count):
            own = folder / f"replica{n}"
            own.mkdir()
            (own / "pseudonym.key").write_text(KEY.hex() + "\n")
            (own / "pseudonym.key").chmod(0o600)
            daemon = Daemon(own, dovecot, users, more=_SLOW, url=url)
            text = daemon.config.read_text()
            daemon.config.write_text(text.replace(f"port = {dovecot.port}\n", f"port = {slow.port}\n"))
            daemons.append(daemon)
        try:
            for daemon in daemons:
                await asyncio.to_thread(daemon.start)
            await asyncio.to_thread(daemons[0].until, lambda: _all_watched(daemons, len(users)), 300)
            slow.delay = _DELAY_SECONDS
            start = time.perf_counter()
            filed = await asyncio.to_thread(_fill, dovecot, users)
            await asyncio.to_thread(daemons[0].until_judged, filed, 600)
            return time.perf_counter() - start
        finally:
            for daemon in daemons:
                daemon.close()


def _all_watched(daemons: list[Daemon], mailboxes: int) -> bool:
    """Whether each replica watches its share, and together they watch all."""
    watched = [daemon.metric('auditor_mailboxes{state="watching"}') or 0 for daemon in daemons]
    return sum(watched) == mailboxes and max(watched) <= -(-mailboxes // len(daemons))


def _fill(dovecot: Dovecot, users: list[str]) -> int:
    at = datetime.now(UTC).replace(microsecond=0)
    for n, user in enumerate(users):
        for m in range(_MAILS_EACH):
            text, to = by_hand(_MAILS_EACH * n + m), f"pat{m}@firm{n}.example"
            dovecot.deliver(user, letter(text, m, sender=user, to=to, subject="Hello", at=at))
    return len(users) * _MAILS_EACH


def share_out(mailboxes: int, replicas: int) -> dict[str, object]:
    """Leases of a large fleet: shared out once, then beaten; seconds of the database and of the way there."""
    server = PostgresqlServer()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        store = open_store(Postgresql(server.database(), Path(folder) / "pg"), Pseudonyms(KEY))
        names = [f"rep{n}@imap.example.com" for n in range(mailboxes)]
        share = -(-mailboxes // replicas)
        registering = _timed(lambda: store.run_here(lambda c: leases.register(c, names)))
        claims = []
        for n in range(replicas):
            store.run_here(lambda c, n=n: leases.beat(c, f"replica{n}", 3_600))
            claims.append(_timed(lambda n=n: store.run_here(lambda c: leases.claim(c, f"replica{n}", share))))
        beats = [
            _timed(lambda: store.run_here(lambda c: leases.beat(c, "replica0", 3_600))) for _ in range(20)
        ]
        store.close()
        server.close()
    print(f"{mailboxes} leases: made in {registering:.1f} s, a share taken in {max(claims):.2f} s, ", end="")
    print(f"a beat {1000 * statistics.median(beats):.1f} ms")
    return {"leases": mailboxes, "beat_ms": round(1000 * statistics.median(beats), 1)}


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure all, and print the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.fleet", description=__doc__)
    options.add_argument("--replicas", type=int, default=3)
    options.add_argument("--kills", type=int, default=30)
    options.add_argument("--mailboxes", type=int, default=60)
    options.add_argument("--messages", type=int, default=6_000, help="for the ingest")
    options.add_argument("--leases", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen = options.parse_args()
    raise_limits()
    print(f"seed {chosen.seed}", flush=True)
    random.seed(chosen.seed)
    found = share_out(chosen.leases, chosen.replicas) | ingest(chosen.messages)
    found |= watching(chosen) | soak(chosen)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
