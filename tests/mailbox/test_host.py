"""What mailboxes of one server share: places, and rests that nobody breaks."""

import asyncio
import time

import pytest

from auditor.mailbox import host
from auditor.mailbox.host import Host, Hosts


async def hold(one, login, log, seconds=0.05):
    async with one.place(login):
        log.append(("in", len([what for what, _ in log if what == "in"]) + 1))
        await asyncio.sleep(seconds)
        log.append(("out", 0))


async def test_no_more_connections_than_allowed_at_one_time():
    one, most, now = Host(connections=3), 0, 0

    async def connect(login):
        nonlocal most, now
        async with one.place(login):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    await asyncio.gather(*(connect(f"u{n}") for n in range(12)))
    assert most == 3
    assert not one.is_crowded("u1")


async def test_a_login_has_its_own_bound_and_others_do_not_wait_for_it():
    one, log = Host(per_login=1), []
    waiting = [asyncio.create_task(hold(one, "ann", log, 0.5)) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert one.is_crowded("ann")
    assert one.is_full("ann")
    assert not one.is_crowded("bob")
    await asyncio.wait_for(hold(one, "bob", log, 0), 0.3)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.wait_for(hold(one, "ann", log, 0), 0.3)  # a cancelled wait leaves no place taken


async def test_a_rest_holds_up_all_who_connect_and_none_who_are_connected(monkeypatch):
    monkeypatch.setattr(host, "RESTS", (0.2, 1.0))
    one = Host()
    async with one.place("ann"):
        one.rest()
        assert one.resting
        begun = time.monotonic()
        async with one.place("bob"):
            assert 0.19 < time.monotonic() - begun < 0.6


def test_rests_grow_until_somebody_is_let_in(monkeypatch):
    now = 0.0
    monkeypatch.setattr("auditor.mailbox.host.time.monotonic", lambda: now)
    one, ends = Host(), []
    for _ in range(9):
        one.rest()
        one.rest()  # another mailbox hears the same
        ends.append(one._rest_until - now)
        now = one._rest_until
    assert ends == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    one.welcomed()
    one.rest()
    assert one._rest_until - now == 5
    one.rest(30)  # the server says how long
    assert one._rest_until - now == 30


@pytest.mark.parametrize(("name", "port", "same"), [("A.example", 993, True), ("a.example", 143, False)])
def test_a_host_is_a_name_and_a_port(name, port, same):
    hosts = Hosts()
    assert (hosts.of("a.example", 993) is hosts.of(name, port)) is same
