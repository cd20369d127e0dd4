"""Thousands of idle mailboxes in one daemon: memory and processor for each, and how soon news is seen.

    python -m tests.benchmarks.idle --mailboxes 2000

The real daemon, a process of its own, watches so many logins at a real Dovecot over TLS. Then single mails
are sent from mailboxes chosen at random, and `/metrics` is read until each is counted in the windows: what
is measured includes Dovecot's own notice, intake, judgement and publishing. Takes some ten minutes, nearly
all of them idle.
"""

import argparse
import json
import os
import random
import resource
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.sent_mail import letter
from tests.components.dovecot import Dovecot
from tests.mail import by_hand
from tests.service.daemon import Daemon

WIDE = """
default_vsz_limit = 2G
service imap-login {
  service_count = 0
  client_limit = 1000
  process_min_avail = 2
}
service auth {
  client_limit = 20000
}
service anvil {
  client_limit = 20000
}
"""
"""A Dovecot for thousands of connections."""

HASTE = "[imap]\ncommands_per_second = 250\n"
"""The default is kind to a company's server; here thousands of commands are waited for."""

_SETTLE_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.1
_LOST_AFTER_SECONDS = 20.0


def main() -> None:
    """Measure, print a table, and the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.idle", description=__doc__)
    options.add_argument("--mailboxes", type=int, default=2_000)
    options.add_argument("--sends", type=int, default=150, help="mails sent one by one")
    options.add_argument(
        "--idle-seconds",
        type=float,
        default=500.0,
        help="how long idleness is measured; in 500 seconds every IDLE is renewed once",
    )
    chosen = options.parse_args()
    raise_limits()
    users = [f"user{n}" for n in range(chosen.mailboxes)]
    dovecot = Dovecot(users, more=WIDE)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            measure(dovecot, Path(folder), users, chosen.sends, chosen.idle_seconds)
        finally:
            dovecot.close()


def raise_limits() -> None:
    """Let this process and its children open as many files as the machine allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(dovecot: Dovecot, folder: Path, users: list[str], sends: int, idle_seconds: float) -> None:
    """The daemon with one mailbox, then with all of them."""
    base, _ = settled(dovecot, folder / "one", users[:1])
    base_kb = memory_kb(base)
    base.close()
    daemon, seconds = settled(dovecot, folder / "all", users)
    try:
        each_kb = (memory_kb(daemon) - base_kb) / max(1, len(users) - 1)
        used, begun = processor_seconds(daemon), time.monotonic()
        time.sleep(idle_seconds)
        idle = (processor_seconds(daemon) - used) / (time.monotonic() - begun)
        delays, lost = visible(dovecot, daemon, users, sends)
    finally:
        daemon.close()
    print(f"{len(users)} mailboxes over TLS at Dovecot, one daemon; all were watched after {seconds:.0f} s")
    print(f"memory with one mailbox   {base_kb / 1024:8.1f} MB")
    print(f"for each further one      {each_kb:8.1f} KB")
    print(f"processor while idle      {100 * idle:8.2f} % of a core")
    for name, share in (("median", 0.5), ("p90", 0.9), ("p99", 0.99)):
        print(f"send to /metrics, {name:8}{quantile(delays, share):8.2f} s")
    print(f"sends lost                {lost:8} of {sends}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    figures = {
        "kb_per_mailbox": round(each_kb, 1),
        "cpu_core_ratio": round(idle, 5),
        "visible_p99_seconds": round(quantile(delays, 0.99), 3),
        "pushes_lost": lost,
        "mailboxes": len(users),
    }
    print(json.dumps(figures))


def settled(dovecot: Dovecot, folder: Path, users: list[str]) -> tuple[Daemon, float]:
    """A daemon whose mailboxes are all watched and at rest, and the seconds that took."""
    folder.mkdir()
    daemon = Daemon(folder, dovecot, users, more=HASTE)
    begun = time.monotonic()
    daemon.start()
    watching = 'auditor_mailboxes{state="watching"}'
    daemon.until(lambda: time.sleep(0.5) or daemon.metric(watching) == len(users), seconds=300)
    seconds = time.monotonic() - begun
    time.sleep(_SETTLE_SECONDS)
    return daemon, seconds


def memory_kb(daemon: Daemon) -> int:
    """What the process holds in memory now."""
    return int(Path(f"/proc/{daemon.pid}/status").read_text().split("VmRSS:")[1].split()[0])


def processor_seconds(daemon: Daemon) -> float:
    """User and system time of the process so far."""
    fields = Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def visible(dovecot: Dovecot, daemon: Daemon, users: list[str], sends: int) -> tuple[list[float], int]:
    """Seconds from each send to its being counted, and how many never were.

    The counts have no names, so the first to be sent is taken to be the first that is seen.
    """
    dice = random.Random(1)
    sent: list[float] = []
    ended = threading.Event()

    def send() -> None:
        for n in range(sends):
            user = dice.choice(users)
            raw = letter(
                by_hand(n), n, sender=user, to=f"pat{n}@client{n}.example", subject="x", at=datetime.now(UTC)
            )
            dovecot.deliver(user, raw)
            sent.append(time.monotonic())
            time.sleep(dice.expovariate(4.0))
        ended.set()

    sender = threading.Thread(target=send)
    sender.start()
    seen: list[float] = []
    while len(seen) < sends and not (ended.is_set() and time.monotonic() - sent[-1] > _LOST_AFTER_SECONDS):
        looked = time.monotonic()
        seen += [time.monotonic()] * (counted(daemon) - len(seen))
        time.sleep(max(0.0, looked + _LOOK_EVERY_SECONDS - time.monotonic()))
    sender.join()
    return [at - began for began, at in zip(sent, seen, strict=False)], sends - len(seen)


def counted(daemon: Daemon) -> int:
    """Sends in the last hour, as /metrics says."""
    lines = daemon.get("/metrics").splitlines()
    return sum(
        int(float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("auditor_window_messages{") and 'window="1h"' in line
    )


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
