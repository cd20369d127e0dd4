"""Connecting, given up at every moment: no socket stays open."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from auditor.errors import ConnectionLost
from auditor.mailbox.access.account import Account
from auditor.mailbox.protocol import dial as dial_module
from auditor.mailbox.protocol.dial import dial
from auditor.mailbox.session import Session
from tests.components import free_port
from tests.components.scripted import ScriptedServer

TURNS = 120
"""Turns of the event loop after which an attempt is given up, at most: most connections stand long before."""

UNROUTED = "192.0.2.1"  # RFC 5737: nobody answers there


def sockets():
    """How many sockets this process has open."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        try:
            found += one.readlink().name.startswith("socket:")
        except OSError:
            continue  # the folder's own, closed meanwhile
    return found


@pytest.fixture
def two_addresses(monkeypatch):
    """Every name has two addresses, and both answer: two attempts may succeed in the same moment."""
    plain = socket.getaddrinfo

    def both(host, port, *arguments, **options):
        return 2 * plain("127.0.0.1", port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", both)


def account_of(dovecot, *, tls=True):
    port = dovecot.port if tls else dovecot.plain_port
    return Account("localhost", port, "ann", dovecot.password, tls, dovecot.ca_file)


async def warm(account):
    """Make what is made once for all connections."""
    await (await Session.connect(account, seconds=10)).close()


async def given_up_after(account, turns):
    connecting = asyncio.create_task(Session.connect(account, seconds=10))
    for _ in range(turns):
        await asyncio.sleep(0)
    connecting.cancel()
    (session,) = await asyncio.gather(connecting, return_exceptions=True)
    if isinstance(session, Session):
        await session.close()
    else:
        assert isinstance(session, asyncio.CancelledError)


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.usefixtures("two_addresses")
async def test_an_attempt_that_is_cancelled_at_any_moment_closes_its_socket(dovecot, tls):
    account = account_of(dovecot, tls=tls)
    await warm(account)
    before = sockets()
    for turns in range(TURNS):
        await given_up_after(account, turns)
        assert sockets() == before, f"after {turns} turns"


@pytest.mark.usefixtures("two_addresses")
async def test_a_deadline_that_strikes_at_any_moment_closes_the_socket(dovecot):
    account = account_of(dovecot)
    await warm(account)
    before = sockets()
    for step in range(60):
        try:
            session = await Session.connect(account, seconds=step / 5000)
        except ConnectionLost:
            continue
        finally:
            assert sockets() <= before + 1, f"after {step / 5} ms"
        await session.close()
    assert sockets() == before


async def test_of_many_given_up_at_once_none_stays(dovecot):
    account = account_of(dovecot)
    await warm(account)
    before = sockets()
    for turns in range(0, TURNS, 8):
        await asyncio.gather(*(given_up_after(account, turns + n) for n in range(16)))
    assert sockets() == before


async def test_a_connection_that_comes_after_it_was_given_up_is_closed(dovecot, monkeypatch):
    """As when the cancellation is lost between two attempts of which both succeed."""
    stands = dial_module.start_connection

    async def late(*arguments, **options):
        connected = await stands(*arguments, **options)
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return connected

    monkeypatch.setattr(dial_module, "start_connection", late)
    before = sockets()
    connecting = asyncio.create_task(Session.connect(account_of(dovecot), seconds=10))
    await asyncio.sleep(0.2)
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    assert connecting.cancelled()
    assert sockets() == before


async def test_an_address_that_is_silent_does_not_hold_up_the_next(monkeypatch):
    plain = socket.getaddrinfo

    def silent_first(host, port, *arguments, **options):
        return plain(UNROUTED, port, *arguments, **options) + plain("127.0.0.1", port, *arguments, **options)

    async with ScriptedServer() as server:
        monkeypatch.setattr(socket, "getaddrinfo", silent_first)
        async with asyncio.timeout(5):
            session = await Session.connect(Account("a.example", server.port, "ann", "x", False), seconds=4)
        assert session.server == "127.0.0.1"
        await session.close()


async def test_addresses_that_all_refuse_are_one_refusal(monkeypatch):
    port, plain = free_port(), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **o: 2 * plain("127.0.0.1", *a, **o))
    with pytest.raises(ConnectionRefusedError):
        await dial(asyncio.Protocol(), "a.example", port, None)
