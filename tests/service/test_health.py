"""What counts as stuck: work, never waiting."""

import time

import pytest

from auditor.service import health
from auditor.service.health import Health


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second of work is too much here."""
    monkeypatch.setattr(health, "WORKS_AT_MOST_SECONDS", 0.1)
    monkeypatch.setattr(health, "_WAIT_WORTH_TELLING_SECONDS", 0.1)


def test_a_batch_that_works_for_too_long_is_stuck() -> None:
    one = Health()
    assert not one.is_stuck()
    with one.batch(time.thread_time):
        assert not one.is_stuck()
        while time.thread_time() and not one.is_stuck():
            pass
        assert one.worked() > 0.1
    assert not one.is_stuck()


def test_a_batch_that_waits_is_healthy_and_visible() -> None:
    one = Health()
    with one.batch(time.thread_time):
        assert one.remarks() == ()
        time.sleep(0.2)
        assert not one.is_stuck()
        assert one.remarks() == ("a batch has waited 0 s for the store",)
    one.store_writable = False
    assert one.remarks() == ("store takes nothing, reading stopped",)


async def test_the_watchdog_hears_nothing_of_one_that_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    said: list[dict[str, str]] = []
    monkeypatch.setattr(health.systemd, "notify", lambda **state: said.append(state))
    monkeypatch.setattr(health.systemd, "watchdog_seconds", lambda: 0.04)
    one, used = Health(), [0.0]
    beating = asyncio.create_task(health.beat(one, lambda: "2 watching"))
    await asyncio.sleep(0.1)
    assert said[-1] == {"WATCHDOG": "1", "STATUS": "2 watching"}
    with one.batch(lambda: used[0]):
        used[0] = 200.0
        await asyncio.sleep(0.1)
        assert said[-1] == {"STATUS": "one batch has worked for 200 s"}
    await asyncio.sleep(0.1)
    assert "WATCHDOG" in said[-1]
    beating.cancel()
