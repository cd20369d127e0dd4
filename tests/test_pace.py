"""How fast a host is asked, over all connections to it."""

import asyncio
import time

from auditor.pace import Pace, Paces


async def test_a_host_is_asked_no_faster_than_allowed():
    pace = Pace(20)
    start = time.monotonic()
    await asyncio.gather(*(pace.turn() for _ in range(40)))
    assert 0.9 < time.monotonic() - start < 5


async def test_fractions_are_kept():
    pace = Pace(2.5)
    start = time.monotonic()
    for _ in range(4):
        await pace.turn()
    assert time.monotonic() - start > 0.75


async def test_many_who_wait_cost_nothing():
    pace = Pace(1)
    waiting = [asyncio.create_task(pace.turn()) for _ in range(2000)]
    await asyncio.sleep(0)
    start = time.process_time()
    await asyncio.sleep(0.5)
    assert time.process_time() - start < 0.25
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def test_one_pace_for_each_host():
    paces = Paces()
    assert paces.of("Mail.example", 5) is paces.of("mail.example", 5)
    assert paces.of("other.example", 5) is not paces.of("mail.example", 5)
