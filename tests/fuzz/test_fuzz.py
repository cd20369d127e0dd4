"""Some thousand cases, and that the guard sees what it is there for."""

import os
import time
from functools import partial

import pytest

from tests.fuzz import guard
from tests.fuzz.cases import WEIGHTS, Case, case, corpus
from tests.fuzz.readers import READERS, read

CASES = 2_000
SEED = 7


@pytest.mark.parametrize("reader", sorted(READERS))
def test_what_is_kept_is_read(reader):
    for data in corpus(reader):
        read(reader, data)


@pytest.mark.timeout(600)
def test_no_case_breaks_a_reader_or_takes_too_long_or_too_much():
    found = list(guard.findings(partial(case, SEED), read, range(CASES)))
    assert not found, "\n".join(f"case {one.number}: {one.kind}: {one.told}" for one in found)


def test_a_number_gives_the_same_case_again():
    assert case(SEED, 41) == case(SEED, 41)
    assert {case(SEED, number).reader for number in range(500)} == set(WEIGHTS)


def _numbered(number: int) -> Case:
    return Case(number, "none", b"")


_calls = iter(range(1_000_000))


def _misbehave(_reader: str, _data: bytes) -> None:
    """Something else with each call of one process."""
    match next(_calls):
        case 1:
            raise KeyError("a fault")
        case 2:
            bytearray(2 * guard.MEGABYTES * 1024 * 1024)
        case 3:
            began = time.process_time()
            while time.process_time() - began < guard.SECONDS + 0.2:
                pass
        case 4:
            os._exit(9)


def test_the_guard_sees_faults_greed_sloth_and_death_and_goes_on():
    found = list(guard.findings(_numbered, _misbehave, range(8)))
    assert [(one.number, one.kind) for one in found] == [
        (1, "raised"), (2, "memory"), (3, "slow"), (4, "died"), (6, "raised"), (7, "memory"),
    ]  # fmt: skip


def _stand_still(_reader: str, _data: bytes) -> None:
    while next(_calls) == 0:
        while True:
            pass


def test_the_guard_ends_what_does_not_end(monkeypatch):
    monkeypatch.setattr(guard, "HANGS_SECONDS", 1.0)
    found = list(guard.findings(_numbered, _stand_still, range(1)))
    assert [(one.number, one.kind) for one in found] == [(0, "hangs")]
