"""Run many cases: `python -m tests.fuzz --cases 1000000`. Findings are files; with none it exits with 0."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from tests.fuzz import guard
from tests.fuzz.cases import WEIGHTS, case
from tests.fuzz.readers import READERS, read


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the first case's number")
    parser.add_argument(
        "--only", choices=sorted(READERS), action="append", help="readers; all of them if not given"
    )
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    wanted = parser.parse_args()
    readers = tuple(wanted.only or WEIGHTS)
    make = partial(case, wanted.seed, readers=readers)
    began = time.monotonic()
    told = began

    def progress(number: int) -> None:
        nonlocal told
        if time.monotonic() - told > 10:
            told = time.monotonic()
            done = number - wanted.start
            print(
                f"{done:,} of {wanted.cases:,} cases, {done / (told - began):.0f} a second, {found} findings",
                flush=True,
            )

    found = 0
    numbers = range(wanted.start, wanted.start + wanted.cases)
    for finding in guard.findings(make, read, numbers, progress):
        found += 1
        wanted.findings.mkdir(exist_ok=True)
        one = make(finding.number)
        name = f"{one.reader}-{wanted.seed}-{finding.number}-{finding.kind}"
        (wanted.findings / name).write_bytes(one.data)
        (wanted.findings / f"{name}.txt").write_text(finding.told)
        print(f"{wanted.findings / name}: {finding.told.strip().splitlines()[-1]}", flush=True)
    took = time.monotonic() - began
    print(f"{wanted.cases:,} cases with seed {wanted.seed} in {took:.0f} s: {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
