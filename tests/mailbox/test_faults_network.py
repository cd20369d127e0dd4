"""A real Dovecot behind a network that fails: each fault at each moment, and nothing is lost by it."""

import asyncio
import socket
import ssl
import time
from contextlib import aclosing, suppress

import pytest

from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox import watch
from auditor.mailbox.access.account import Account
from auditor.mailbox.protocol import connection
from auditor.mailbox.session import Session
from auditor.mailbox.status import State
from tests.components import free_port
from tests.components.authority import Authority
from tests.components.dovecot import mail
from tests.components.proxy import FaultProxy
from tests.mailbox.test_watch import until_caught_up, wait_for, watched  # noqa: F401  # a fixture

LARGE = "A line of some length, to fill a mail with.\n" * 2000


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.1, 0.5))
    monkeypatch.setattr(watch, "REFUSED_PAUSES", (0.2, 0.5))


def account(dovecot, port=None, **changes):
    given = {"host": "127.0.0.1", "port": port or dovecot.port, "username": "ann"}
    return Account(**given | {"password": dovecot.password, "ca_file": dovecot.ca_file} | changes)


@pytest.mark.parametrize("ending", ["reset", "fin"])
async def test_cut_in_the_middle_of_a_literal(dovecot, ending):
    dovecot.deliver("ann", mail(1, text=LARGE))
    async with FaultProxy(dovecot.port) as proxy:
        session = await Session.connect(account(dovecot, proxy.port), seconds=10)
        await session.examine("Sent")
        proxy.cut_after, proxy.cut_by_reset = proxy.passed + 20_000, ending == "reset"
        begun = time.monotonic()
        with pytest.raises(ConnectionLost):
            await session.fetch_texts([1], 200_000)
        assert time.monotonic() - begun < 5
        assert session.lost


@pytest.mark.parametrize("ending", ["reset", "end"])
async def test_a_connection_that_dies_during_idle_is_made_again(dovecot, watched, ending):  # noqa: F811
    async with FaultProxy(dovecot.port) as proxy:
        mailbox = watched(port=proxy.port)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            await until_caught_up(batches)
            waiting = asyncio.create_task(anext(batches))
            await asyncio.sleep(0.3)
            getattr(proxy, ending)()
            await wait_for(lambda: mailbox.status.reconnects.get("lost", 0) == 1)
            await waiting
            assert proxy.connections == 2


async def test_a_half_open_connection_during_idle_is_noticed_at_the_renewal(dovecot, watched, monkeypatch):  # noqa: F811
    monkeypatch.setattr(connection, "_DONE_SECONDS", 0.5)
    async with FaultProxy(dovecot.port) as proxy:
        mailbox = watched(port=proxy.port, idle_renewal=0.5)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            _, cursor = await until_caught_up(batches)
            proxy.strand()
            dovecot.deliver("ann", mail(1))
            while not (batch := await anext(batches)).found:
                assert batch.cursor == cursor
            assert [found.uid for found in batch.found] == [1]
            assert mailbox.status.reconnects["lost"] == 1


async def test_a_blackhole_during_fetch_ends_at_the_deadline_and_the_batch_comes_again(dovecot, watched):  # noqa: F811
    dovecot.deliver("ann", mail(1), mail(2))
    async with FaultProxy(dovecot.port) as proxy:
        mailbox = watched(port=proxy.port, timeout=1)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
            batch = await anext(batches)
            proxy.strand()
            with pytest.raises(ConnectionLost, match="time allowed"):
                await batch.texts([1, 2])
            again = await anext(batches)
            assert sorted(await again.texts([1, 2])) == [1, 2]


async def test_a_blackhole_during_login_ends_at_the_deadline(dovecot):
    async with FaultProxy(dovecot.plain_port) as proxy:
        proxy.silent_at = b"LOGIN"
        begun = time.monotonic()
        with pytest.raises(ConnectionLost, match="no complete answer to LOGIN"):
            await Session.connect(account(dovecot, proxy.port, tls=False), seconds=1)
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("after", [0, 200, 600])
async def test_a_blackhole_during_the_handshake_ends_at_the_deadline(dovecot, after):
    async with FaultProxy(dovecot.port) as proxy:
        proxy.silent_after = after
        with pytest.raises(ConnectionLost, match="does not answer"):
            await Session.connect(account(dovecot, proxy.port), seconds=0.7)


async def test_a_port_where_nobody_listens(dovecot):
    with pytest.raises(ConnectionLost, match="cannot connect"):
        await Session.connect(account(dovecot, free_port()), seconds=5)


async def test_a_name_without_address(dovecot):
    with pytest.raises(ConnectionLost, match="check `host` and DNS"):
        await Session.connect(account(dovecot, host="imap.nowhere.invalid"), seconds=10)


@pytest.mark.parametrize("name", ["imap..example", "a" * 64 + ".example", "."])
async def test_what_is_no_name_at_all(dovecot, name):
    with pytest.raises(MailboxError, match="no name of a server: check `host`"):
        await Session.connect(account(dovecot, host=name), seconds=10)


async def test_certificates_are_checked_against_authority_name_and_time(start_dovecot, tmp_path):
    dovecot = start_dovecot()
    stranger = Authority(tmp_path / "stranger")
    for changes, words in (
        ({"ca_file": stranger.ca_file}, "unknown authority"),
        ({"ca_file": None}, "unknown authority"),
    ):
        with pytest.raises(MailboxError, match=words):
            await Session.connect(account(dovecot, **changes), seconds=5)
    for certificate, words in (
        (stranger.issue("imap.elsewhere.example"), "another host name|this address"),
        (stranger.issue("127.0.0.1", expired=True), "expired"),
    ):
        other = start_dovecot(certificate=certificate)
        with pytest.raises(MailboxError, match=words):
            await Session.connect(account(other, ca_file=stranger.ca_file), seconds=5)


async def test_a_server_that_speaks_only_tls_1_0_is_refused(dovecot):
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(dovecot.certificate.certificate, dovecot.certificate.key)
    offered.set_ciphers("ALL:@SECLEVEL=0")
    for end in ("minimum_version", "maximum_version"):
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            setattr(offered, end, ssl.TLSVersion.TLSv1)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError), offered.wrap_socket(listening.accept()[0], server_side=True):
            pass

    serving = asyncio.create_task(asyncio.to_thread(serve))
    with pytest.raises(MailboxError, match="TLS settings"):
        await Session.connect(account(dovecot, listening.getsockname()[1]), seconds=5)
    await serving
    listening.close()


async def test_a_line_that_delivers_slowly_is_read_to_its_end(dovecot, watched):  # noqa: F811
    dovecot.deliver("ann", *(mail(n) for n in range(1, 6)))
    async with FaultProxy(dovecot.port) as proxy:
        proxy.delay = 0.1
        mailbox = watched(port=proxy.port)
        async with aclosing(mailbox.batches()) as batches:
            assert (await until_caught_up(batches))[0] == [1, 2, 3, 4, 5]
        assert mailbox.status.state == State.WATCHING


async def test_no_fault_shows_the_password(dovecot, watched, caplog):  # noqa: F811
    caplog.set_level("DEBUG")
    for cut in (0, 1500, 2500, 3500, 5000):
        async with FaultProxy(dovecot.port) as proxy:
            proxy.cut_after = cut
            mailbox = watched(port=proxy.port)
            async with aclosing(mailbox.batches()) as batches:
                waiting = asyncio.create_task(anext(batches))
                await wait_for(lambda box=mailbox, task=waiting: box.status.reconnects or task.done())
                assert dovecot.password not in mailbox.status.reason
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
    assert dovecot.password not in caplog.text
