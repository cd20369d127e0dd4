"""Nothing lost, nothing twice: mailboxes filled for half an hour while everything else breaks.

    python -m tests.benchmarks.soak --minutes 30

Several hundred logins at a real Dovecot are watched through a proxy that resets connections and leaves
others half-open; the server is restarted and killed; the daemon is killed with SIGKILL at random moments.
When it is over, the sends in the store are compared with the messages in the mailboxes, one by one.

With --systemd, as root, the daemon is auditor.service on a machine that boots in a container: its main
process is killed, and systemd alone starts it again.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from auditor.pseudonyms import Pseudonyms
from tests.benchmarks.idle import HASTE, WIDE, raise_limits
from tests.benchmarks.sent_mail import DOMAIN, letter
from tests.benchmarks.soak_unit import Unit
from tests.components.dovecot import Dovecot
from tests.components.proxy import FaultProxy
from tests.mail import by_hand
from tests.service.daemon import Daemon

_CALM_SECONDS = 480.0
"""How long the daemon may take at the end, left in peace, to read what is still unread: a mailbox that was
lost often waits up to five minutes before it connects again."""

_EVERY = {
    # seconds between two, on average; `--haste 3` makes them a third
    "append": 0.25,
    "kill the daemon": 26.0,
    "reset connections": 9.0,
    "leave connections half-open": 45.0,
    "restart the server": 150.0,
    "kill the server": 400.0,
}


class Soak:
    """One run: what is filed, what is broken, and what was found in the end."""

    identities = "SELECT hex(identity) FROM send"
    """Asked in text: a machine that boots answers in JSON."""

    def __init__(
        self,
        dovecot: Dovecot,
        folder: Path,
        users: list[str],
        seed: int,
        haste: float,
        install: type[Daemon] | type[Unit] = Daemon,
    ) -> None:
        self.haste = haste
        self.install = install
        self.dice = random.Random(seed)
        self.dovecot, self.folder, self.users = dovecot, folder, users
        self.done: Counter[str] = Counter()
        self.filed: list[tuple[str, str, str]] = []  # Message-ID, sender, Date of each message
        self._filing = threading.Lock()  # a number is given once, whoever files
        self._one_at_a_time = asyncio.Lock()  # the server is not restarted twice at once

    async def run(self, minutes: float) -> None:
        """Break everything for so long, then wait until all is read."""
        async with FaultProxy(self.dovecot.port) as self.proxy:
            self.daemon = self.install(self.folder, self.dovecot, self.users, more=QUICK)
            text = self.daemon.config.read_text()
            self.daemon.config.write_text(
                text.replace(f"port = {self.dovecot.port}\n", f"port = {self.proxy.port}\n")
            )
            try:
                await asyncio.to_thread(self._file, 4 * len(self.users))  # a backlog to begin with
                self._spawn()
                await self._break_things(60 * minutes)
                await self._calm()
                report(self)
            finally:
                self.daemon.close()

    async def _break_things(self, seconds: float) -> None:
        work = {
            "append": self._append,
            "kill the daemon": self._kill_daemon,
            "reset connections": self._reset,
            "leave connections half-open": self._half_open,
            "restart the server": lambda: self._server(self.dovecot.stop),
            "kill the server": lambda: self._server(self.dovecot.kill),
        }
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for name, act in work.items():
                    group.create_task(self._again_and_again(name, act))

    async def _again_and_again(self, name, act) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(self.haste / _EVERY[name]))
            act_now = asyncio.create_task(act())
            try:
                await asyncio.shield(act_now)
            except asyncio.CancelledError:
                await act_now  # the end comes when the server is up and the daemon runs
                raise
            self.done[name] += 1

    def text(self, n: int) -> str:
        """What a message says: most are one of fifty texts, a third were written once."""
        return by_hand(n % 50 if n % 3 else n)

    async def _append(self) -> None:
        await asyncio.to_thread(self._file, self.dice.choice((1, 1, 1, 2, 5, 20)))

    def _file(self, count: int) -> None:
        for _ in range(count):
            with self._filing:
                n, user = len(self.filed), self.dice.choice(self.users)
                to = f"Pat <pat{n}@client{n % 700}.example>"
                self.file_one(user, self.text(n), to=to, subject=f"About {n}")

    def file_one(self, user: str, text: str, *, to: str, subject: str) -> None:
        """Put one message into a mailbox, and note what the store must hold of it."""
        n, at = len(self.filed), datetime.now(UTC).replace(microsecond=0)
        self.dovecot.deliver(user, letter(text, n, sender=user, to=to, subject=subject, at=at))
        self.filed.append((f"<{n}.{int(at.timestamp())}@{DOMAIN}>", f"{user}@{DOMAIN}", at.isoformat()))

    async def _kill_daemon(self) -> None:
        await asyncio.to_thread(self.daemon.kill)
        self._spawn()

    def _spawn(self) -> None:
        """Start without waiting until it is ready: the next kill may come before that."""
        self.daemon.spawn()

    async def _reset(self) -> None:
        for client in self.dice.sample(sorted(self.proxy.clients, key=id), k=len(self.proxy.clients) // 10):
            self.proxy.reset_one(client)

    async def _half_open(self) -> None:
        """What is connected now is never answered again; new connections are."""
        self.proxy.strand(share=0.3)

    async def _server(self, end) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(end)
            await asyncio.sleep(self.dice.uniform(0, 3))
            await asyncio.to_thread(self.dovecot.start)

    async def _calm(self) -> None:
        """Leave everything in peace until the store has as many sends as were filed, or time is up."""
        deadline = time.monotonic() + _CALM_SECONDS
        while not await asyncio.to_thread(self._is_read, deadline):  # noqa: ASYNC110  # a row has no bell
            await asyncio.sleep(1)
        await asyncio.sleep(3)  # whatever would come twice may still come

    def _is_read(self, deadline: float) -> bool:
        try:
            return len(self.stored()) >= len(self.filed) and not self.unjudged()
        except Exception:
            if time.monotonic() > deadline:
                raise
        return time.monotonic() > deadline

    def in_mailboxes(self) -> int:
        """How many messages there are, file by file."""
        return sum(1 for part in ("cur", "new") for _ in self.dovecot.folder.glob(f"mail/*/Sent/{part}/*"))

    def stored(self) -> list[bytes]:
        """The identity of every send in the store."""
        return [bytes.fromhex(one) for (one,) in self.daemon.query(self.identities)]

    def unjudged(self) -> int:
        """Sends without a verdict."""
        return self.daemon.query("SELECT count(*) FROM send WHERE judged_seq IS NULL")[0][0]

    def tallied(self) -> int:
        """Messages in the counts of the whole organisation."""
        found = self.daemon.query("SELECT sum(messages) FROM tally WHERE scope = 'organisation'")
        return int(found[0][0] or 0)

    def expected(self) -> Counter[bytes]:
        """What the store must hold: the identity of every message in the mailboxes."""
        key = Pseudonyms(bytes.fromhex((self.daemon.folder / "pseudonym.key").read_text()))
        return Counter(key.identity(*one) for one in self.filed)


QUICK = HASTE + 'command_timeout = "15s"\nidle_renewal = "60s"\nbatch_messages = 20\n'


def main() -> None:
    """Soak, print what happened, and the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--mailboxes", type=int, default=300)
    options.add_argument("--haste", type=float, default=1.0, help="break things so many times as often")
    options.add_argument("--systemd", action="store_true", help="auditor.service on a machine that boots")
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen = options.parse_args()
    raise_limits()
    print(f"seed {chosen.seed}", flush=True)
    users = [f"user{n}" for n in range(chosen.mailboxes)]
    dovecot = Dovecot(users, more=WIDE)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            install = Unit if chosen.systemd else Daemon
            soak = Soak(dovecot, Path(folder), users, chosen.seed, chosen.haste, install)
            asyncio.run(soak.run(chosen.minutes))
        finally:
            dovecot.close()


def report(soak: Soak) -> None:
    """Compare the store with the mailboxes."""
    expected, stored = soak.expected(), Counter(soak.stored())
    in_mailboxes = soak.in_mailboxes()
    lost = sum((expected - stored).values())
    doubled = sum((stored - expected).values()) + max(0, soak.tallied() - in_mailboxes)
    assert in_mailboxes == len(soak.filed)
    for name, times in sorted(soak.done.items()):
        print(f"{name:30} {times:6} times")
    print(f"{'messages in the mailboxes':30} {in_mailboxes:6}")
    print(f"{'sends in the store':30} {sum(stored.values()):6}")
    print(f"{'counted in the tally':30} {soak.tallied():6}")
    print(f"{'without a verdict':30} {soak.unjudged():6}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    figures = {
        "messages": in_mailboxes,
        "stored": sum(stored.values()),
        "lost": lost,
        "doubled": doubled,
        "kills": soak.done["kill the daemon"],
        "tallied": soak.tallied(),
    }
    if isinstance(soak.daemon, Unit):
        figures |= soak.daemon.told()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
