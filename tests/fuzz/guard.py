"""Runs cases in a process of its own and says which took too long, too much, raised, or ended the process.

The process writes down which case it is at. When it dies or stands still, that case is the finding, and
another process goes on behind it.
"""

import contextlib
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.cases import Case

SECONDS = 2.0
"""Processor time that a case may take."""
MEGABYTES = 200
"""Memory that a case may take beyond what the process has."""

HANGS_SECONDS = 10.0  # processor time after which a case is not waited for any more
_STANDS_SECONDS = 60.0  # the same for one that waits for something
# Cases after which the memory's limit is set anew: what libraries keep is not the case's.
_FRESH_LIMIT_EVERY = 500

_TICK = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one case did."""

    number: int
    kind: str  # raised, slow, memory, died, hangs
    told: str


def findings(
    make: Callable[[int], Case],
    read: Callable[[str, bytes], None],
    numbers: range,
    progress: Callable[[int], None] = lambda number: None,
) -> Iterator[Finding]:
    """Run the cases of `numbers` one after another. `make` and `read` are functions of a module: the process
    is started afresh and imports them.

    `progress` is told now and then at which case we are.
    """
    start = numbers.start
    while start < numbers.stop:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        at = context.Value("q", start, lock=False)
        process = context.Process(
            target=_run, args=(make, read, range(start, numbers.stop), at, theirs), daemon=True
        )
        process.start()
        theirs.close()
        try:
            ended = yield from _watched(process, at, ours, progress)
        finally:
            process.kill()
            process.join()
            ours.close()
        start = numbers.stop if ended else at.value + 1


def _watched(
    process: multiprocessing.process.BaseProcess,
    at: "multiprocessing.sharedctypes.Synchronized[int]",
    ours: Connection,
    progress: Callable[[int], None],
) -> Iterator[Finding]:
    """Findings of one process; returns whether it did all of its cases."""
    last, since, spent = -1, time.monotonic(), 0.0
    while True:
        with contextlib.suppress(EOFError):
            while ours.poll(_TICK):
                told = ours.recv()
                if told is None:
                    return True
                yield told
        number = at.value
        progress(number)
        if not process.is_alive():
            yield Finding(number, "died", f"the process ended with {process.exitcode}")
            return False
        if number != last:
            last, since, spent = number, time.monotonic(), _processor_seconds(process.pid)
        elif (
            _processor_seconds(process.pid) - spent > HANGS_SECONDS
            or time.monotonic() - since > _STANDS_SECONDS
        ):
            yield Finding(number, "hangs", f"not done after {time.monotonic() - since:.0f} s")
            return False


def _processor_seconds(pid: int | None) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run(
    make: Callable[[int], Case],
    read: Callable[[str, bytes], None],
    numbers: Sequence[int],
    at: "multiprocessing.sharedctypes.Synchronized[int]",
    theirs: Connection,
) -> None:
    for done, number in enumerate(numbers):
        at.value = number
        one = make(number)
        if done % _FRESH_LIMIT_EVERY == 0:
            _limit_memory()
        found = _tried(one, read)
        if found is not None:
            theirs.send(found)
    theirs.send(None)
    theirs.close()


def _tried(one: Case, read: Callable[[str, bytes], None]) -> Finding | None:
    began = time.process_time()
    try:
        read(one.reader, one.data)
    except MemoryError:
        return Finding(one.number, "memory", f"more than {MEGABYTES} MB\n{traceback.format_exc()}")
    except Exception:  # noqa: BLE001  # whatever it is, it is what we look for
        return Finding(one.number, "raised", traceback.format_exc())
    took = time.process_time() - began
    return Finding(one.number, "slow", f"{took:.1f} s of processor time") if took > SECONDS else None


def _limit_memory() -> None:
    has = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (has + MEGABYTES * 1024 * 1024, hard))
