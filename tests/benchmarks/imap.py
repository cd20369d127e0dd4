"""A first audit over IMAP beside a mere download by mbsync, in one run on one server.

    python -m tests.benchmarks.imap --messages 20000

Compared are CPU seconds of the client (with every process that it starts) and wall times: audit (found, read,
hashed, stored, judged; by stage) against mbsync; our fetch against the standard library, once asking
the same questions and once merely downloading; and how much of a mailbox full of attachments travels, counted
at the socket.
"""

import argparse
import asyncio
import imaplib
import json
import multiprocessing
import os
import resource
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from auditor.config import load
from auditor.mailbox.watch import WatchedMailbox
from auditor.service import tasks
from auditor.service.daemon import settle
from auditor.service.running import Running, make
from auditor.store.ledger import judgement
from tests.benchmarks.sent_mail import DOMAIN, sent_mail, with_attachment
from tests.benchmarks.split import Split, measured
from tests.components import require
from tests.components.dovecot import Dovecot
from tests.components.proxy import FaultProxy

ATTACHMENT_BYTES = 3_900_000
"""Of the file; in the mail, in base64, these are 5.3 MB."""

_BATCH = 200


@dataclass(frozen=True)
class Cost:
    """What some work took: seconds on the clock and of the processor, and messages done."""

    wall: float
    cpu: float
    messages: int
    split: Split | None = None  # of an audit


@dataclass(frozen=True)
class Place:
    """Where a mailbox is, and a folder of one's own."""

    port: int
    ca_file: Path
    password: str
    user: str
    folder: Path


def main() -> None:
    """Measure, print a table, and the figures as the last line."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.imap", description=__doc__)
    options.add_argument("--messages", type=int, default=20_000)
    options.add_argument("--attachments", type=int, default=200, help="messages with a 5 MB attachment each")
    chosen = options.parse_args()
    dovecot = Dovecot(("ann", "bob"))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            measure(dovecot, Path(folder), chosen.messages, chosen.attachments)
        finally:
            dovecot.close()


def measure(dovecot: Dovecot, folder: Path, messages: int, attachments: int) -> None:
    """Every measurement, one after the other, on a server whose caches are warm."""
    bytes_there = fill(dovecot, "ann", sent_mail(messages))
    print(f"{messages} messages of {bytes_there / messages / 1000:.1f} KB on Dovecot, over TLS\n")
    place = Place(dovecot.port, dovecot.ca_file, dovecot.password, "ann", folder)
    in_a_process(by_imaplib, place)  # Dovecot writes its indexes
    mbsync = by_mbsync(place)
    audit = in_a_process(by_audit, place)
    library = quickest(by_imaplib, place)
    download = quickest(by_imaplib_downloading, place)
    fetch = quickest(by_watching, place)
    for cost in (mbsync, audit, library, download, fetch):
        assert cost.messages == messages, f"{cost.messages} of {messages} messages"
    show("mbsync, mere download", mbsync)
    show("auditor, download and audit", audit)
    assert audit.split is not None
    audit.split.show(messages)
    show("imaplib, the same questions", library)
    show("imaplib, mere download", download)
    show("auditor, the same fetch alone", fetch)
    moved = attachment_bytes(dovecot, folder, attachments)
    print(f"\nof {attachments} messages with 5 MB attachments {100 * moved:.3f}% of the bytes travel")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    figures = {
        "audit_vs_mbsync": round(audit.cpu / mbsync.cpu, 3),
        "audit_vs_mbsync_wall": round(audit.wall / mbsync.wall, 3),
        "audit_cpu_us_a_message": {k: round(1e6 * s / messages) for k, s in audit.split.seconds.items()},
        "fetch_cpu_vs_imaplib": round(fetch.cpu / library.cpu, 3),
        "fetch_cpu_vs_imaplib_download": round(fetch.cpu / download.cpu, 3),
        "attachment_bytes_ratio": round(moved, 6),
        "messages": messages,
    }
    print(json.dumps(figures))


def fill(dovecot: Dovecot, user: str, messages) -> int:
    """Deliver `messages`; returns their bytes."""
    total = 0
    for message in messages:
        dovecot.deliver(user, message)
        total += len(message)
    return total


def show(what: str, cost: Cost) -> None:
    """One line of the table."""
    rate = cost.messages / cost.wall
    print(f"{what:32} {cost.wall:7.2f} s   {cost.cpu:7.2f} CPU-s   {rate:8.0f} messages/s")


def in_a_process(work: Callable[[Place], Cost], place: Place) -> Cost:
    """`work` in a fresh process, so that nothing is warm from another and no memory is shared."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (place,))


def quickest(work: Callable[[Place], Cost], place: Place) -> Cost:
    """Of three times what took the least of the processor: fetching alone is over in a second or two."""
    return min((in_a_process(work, place) for _ in range(3)), key=lambda cost: cost.cpu)


def by_mbsync(place: Place) -> Cost:
    """mbsync, as it comes, copies the folder into a Maildir."""
    program = require("mbsync", "isync")
    (place.folder / "copy").mkdir()
    (place.folder / "mbsyncrc").write_text(
        f"IMAPStore far\nHost 127.0.0.1\nPort {place.port}\nUser {place.user}\n"
        f'Pass "{place.password}"\nSSLType IMAPS\nCertificateFile {place.ca_file}\n\n'
        f"MaildirStore near\nPath {place.folder}/copy/\nInbox {place.folder}/copy/INBOX\n\n"
        f"Channel all\nFar :far:Sent\nNear :near:Sent\nCreate Near\nSync Pull\nSyncState *\n"
    )
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [program, "--quiet", "--config", str(place.folder / "mbsyncrc"), "all"]
    subprocess.run(command, check=True, env={**os.environ, "HOME": str(place.folder)})
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    copied = sum(1 for part in ("cur", "new") for _ in (place.folder / "copy" / "Sent" / part).iterdir())
    return Cost(wall, cpu, copied)


def by_imaplib(place: Place) -> Cost:
    """The standard library asks what we ask: the headers of a batch, then its texts."""
    return _by_imaplib(place, "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])", "(UID BODY.PEEK[TEXT])")


def by_imaplib_downloading(place: Place) -> Cost:
    """The standard library fetches whole messages and asks nothing else."""
    return _by_imaplib(place, "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[])")


def _by_imaplib(place: Place, *questions: str) -> Cost:
    """Each question is asked of a batch of messages, one after the other."""
    begun, used = time.monotonic(), time.process_time()
    context = ssl.create_default_context(cafile=place.ca_file)
    count = 0
    with imaplib.IMAP4_SSL("127.0.0.1", place.port, ssl_context=context) as client:
        client.login(place.user, place.password)
        client.select("Sent", readonly=True)
        uids = client.uid("SEARCH", "ALL")[1][0].split()
        for start in range(0, len(uids), _BATCH):
            asked = f"{uids[start].decode()}:{uids[start : start + _BATCH][-1].decode()}"
            answers = [client.uid("FETCH", asked, question)[1] for question in questions]
            count += sum(1 for item in answers[-1] if isinstance(item, tuple))
    return Cost(time.monotonic() - begun, time.process_time() - used, count)


def by_watching(place: Place) -> Cost:
    """Our own fetch, and nothing done with what it brings."""
    reader = running_at(place).watches[0].reader
    begun, used = time.monotonic(), time.process_time()
    count = asyncio.run(_fetch_all(reader))
    return Cost(time.monotonic() - begun, time.process_time() - used, count)


def by_audit(place: Place) -> Cost:
    """The daemon's own stages: watching, intake, judgement, on a store that lasts."""
    running = running_at(place)
    settle()
    with measured() as split:
        begun = time.monotonic()
        asyncio.run(_audit(running))
        wall = time.monotonic() - begun
        running.intake.close()
    return Cost(wall, split.total, running.judge._next_seq - 1, split)


def running_at(place: Place) -> Running:
    """The parts of a daemon that watches this one mailbox, each on a store of its own."""
    home = Path(tempfile.mkdtemp(dir=place.folder))
    (home / "password").write_text(place.password + "\n")
    (home / "auditor.toml").write_text(
        f'[organisation]\ndomains = ["{DOMAIN}"]\n[store]\npath = "{home}/auditor.db"\n'
        f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {place.port}\nca_file = "{place.ca_file}"\n'
        f'username = "{place.user}"\npassword_file = "{home}/password"\n'
    )
    return make(load(home / "auditor.toml"), home / "auditor.toml")


async def _audit(running: Running) -> None:
    await running.store.run(running.judge.load)
    (watched,) = running.watches
    work = [asyncio.create_task(tasks.watch(running, watched)), asyncio.create_task(tasks.judge(running))]
    while watched.reader.status.last_sync is None or await running.store.run(_waiting):
        await asyncio.sleep(0.1)
        for task in work:
            if task.done():
                task.result()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    running.intake.close()
    running.store.close()


def _waiting(connection) -> bool:
    return judgement.is_waiting(connection)


async def _fetch_all(mailbox: WatchedMailbox) -> int:
    count = 0
    async with aclosing(mailbox.batches()) as batches:
        async for batch in batches:
            if not batch.found:
                return count
            count += len(await batch.texts([found.uid for found in batch.found]))
    return count


def attachment_bytes(dovecot: Dovecot, folder: Path, messages: int) -> float:
    """The share of a mailbox's bytes that travels when it is audited."""
    there = fill(dovecot, "bob", with_attachment(messages, ATTACHMENT_BYTES))
    moved = asyncio.run(_counted(dovecot, folder))
    return moved / there


async def _counted(dovecot: Dovecot, folder: Path) -> int:
    async with FaultProxy(dovecot.port) as proxy:
        place = Place(proxy.port, dovecot.ca_file, dovecot.password, "bob", folder)
        await _audit(running_at(place))
        return proxy.passed


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
