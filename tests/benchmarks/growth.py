"""What a message costs, and what is held in memory, as a company's mail grows.

    python -m tests.benchmarks.growth --to 1000000 [--from 5000]

Invented keyed sends are stored and judged through both ledgers, streamed; 65% follow one of 50,000 templates
a million sends, 35% are by hand. The exponent is the slope of log CPU seconds over log messages between the
smallest and the largest size; 1 means that a message costs the same however many came before. Then the
judgement is loaded anew from the store, as at a restart.
"""

import argparse
import gc
import json
import math
import os
import random
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from auditor.clear_words import ClearWords
from auditor.pipeline import Judge
from auditor.pseudonyms import Pseudonyms
from auditor.store.database.schema import template
from auditor.store.engine import Store, open_temporary
from auditor.store.ledger import intake
from auditor.store.ledger.send import IntakeSend, KeyedRecipient
from auditor.template.values import Rules
from auditor.vocabulary import Direction, Shape

START = 1_700_000_000.0
SIZES = (5_000, 20_000, 100_000, 200_000, 500_000, 1_000_000)
SENDS_A_DAY = 8_000
MAIL_A_TEMPLATE = 20  # so that a million sends have 50,000 templates
CURRENT = 400  # templates in use at a time
VOCABULARY = 30_000
AT_ONCE = 256
PSEUDONYMS = Pseudonyms(bytes(32))


def sends(seed: int = 1, start: float = START) -> Iterator[IntakeSend]:
    """Sends without end from `start` on (seconds since the epoch), the same for the same seed."""
    dice = random.Random(seed)
    number = 0
    while True:
        number += 1
        newest = number // MAIL_A_TEMPLATE
        if dice.random() < 0.35:
            words = _prose(dice, dice.randrange(20, 120))
        else:
            old = dice.random() < 0.05
            one = dice.randrange(newest + 1) if old else max(0, newest - int(dice.expovariate(4 / CURRENT)))
            words = _copy(one, dice)
        yield _send(number, start + number * 86_400.0 / SENDS_A_DAY, words, dice)


def _prose(dice: random.Random, length: int) -> list[int]:
    """Words drawn with a language's skew."""
    return [1000 + int(VOCABULARY ** dice.random()) for _ in range(length)]


def _copy(one: int, dice: random.Random) -> list[int]:
    """One mail of a template: its words, two merge fields filled, and a passage by hand in every tenth."""
    own = random.Random(one)
    words = _prose(own, own.randrange(40, 130))
    for place in (own.randrange(len(words)), own.randrange(len(words))):
        words[place : place + 1] = [0x10000 + dice.getrandbits(24) for _ in range(dice.randrange(1, 4))]
    if dice.random() < 0.1:
        place = dice.randrange(len(words))
        words[place:place] = _prose(dice, dice.randrange(10, 40))
    return words


def _send(number: int, sent_at: float, words: list[int], dice: random.Random) -> IntakeSend:
    person = number.to_bytes(16, "little")
    firm = dice.getrandbits(20).to_bytes(16, "little")
    ends = range(12, len(words), 13)
    lines = [word for place, word in enumerate(words) for word in ((0, word) if place in ends else (word,))]
    return IntakeSend(
        identity=person,
        message_id=person,
        references=(),
        sender=f"rep{dice.randrange(300)}@our.example",
        team="none",
        sent_at=sent_at,
        live=False,
        direction=Direction.EXTERNAL,
        shape=Shape.NEW,
        quotes_other=False,
        bcc=0,
        recipients=(KeyedRecipient(person, firm, external=True),),
        words=(*lines, 0),
        word_count=len(words),
        short=False,
        merge_failure=False,
    )


def _resident_mb() -> float:
    """Memory of this process now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def main() -> None:
    """Measure, print a table for people and one line of JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=int, default=1_000_000)
    parser.add_argument("--from", type=int, default=5_000, dest="least")
    asked = parser.parse_args()
    sizes = sorted({*(size for size in SIZES if asked.least <= size < asked.to), asked.to})
    with tempfile.TemporaryDirectory(prefix="auditor-growth-") as folder:
        store = open_temporary(Path(folder) / "growth.db")
        cpu, rss = _grow(store, sizes)
        templates = store.run_here(
            lambda connection: int(connection.scalar(sa.select(sa.func.count()).select_from(template)) or 0)
        )
        gc.collect()
        judge = Judge(Rules(), ClearWords(5), PSEUDONYMS)
        start, used = time.perf_counter(), time.process_time()
        store.run_here(judge.load)
        restart, restart_cpu = time.perf_counter() - start, time.process_time() - used
        store.close()
    exponent = math.log(cpu[-1] / cpu[0]) / math.log(sizes[-1] / sizes[0]) if len(sizes) > 1 else 1.0
    found = {
        "cpu_exponent": exponent,
        "rss_mb": rss,
        "restart_seconds": restart,
        "restart_processor_seconds": restart_cpu,
    }
    rounded = {name: round(value, 3) for name, value in found.items()}
    print(json.dumps({**rounded, "messages": sizes[-1], "templates": templates}))


def _grow(store: Store, sizes: list[int]) -> tuple[list[float], float]:
    """Store and judge up to every size: CPU seconds of judgement at each, and memory (MB) at the last."""
    judge = Judge(Rules(), ClearWords(5), PSEUDONYMS)
    source, spent, done = sends(), 0.0, 0
    cpu: list[float] = []
    print(f"{'messages':>9} {'CPU s':>8} {'µs each':>8} {'RSS MB':>7}", flush=True)
    for size in sizes:
        while done < size:
            some = list(islice(source, min(AT_ONCE, size - done)))
            store.run_here(lambda connection, some=some: intake.take(connection, some, START, None, None))
            before = time.process_time()
            now = some[-1].sent_at
            store.run_here(lambda connection, now=now: judge.judge(connection, now))
            spent += time.process_time() - before
            done += len(some)
        cpu.append(spent)
        rss = _resident_mb()
        print(f"{size:>9,} {spent:>8.1f} {1e6 * spent / size:>8.0f} {rss:>7.0f}", flush=True)
    return cpu, rss


if __name__ == "__main__":
    main()
