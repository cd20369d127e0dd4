"""One connection to a mail server, logged in: commands one after another, each with a deadline."""

import asyncio
import contextlib
import errno
import functools
import re
import socket
import ssl
from asyncio import Transport
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from auditor.errors import ConnectionLost, LoginRefused, MailboxError, Throttled
from auditor.mailbox.access import refusals, tls
from auditor.mailbox.access.account import Account
from auditor.mailbox.protocol import sasl
from auditor.mailbox.protocol.deadline import Deadline
from auditor.mailbox.protocol.grammar import quote
from auditor.mailbox.protocol.imap import Client, Protocol, Refused
from auditor.mailbox.protocol.receiver import Limits
from auditor.pace import Pace

_DONE_SECONDS = 30.0
_LOGOUT_SECONDS = 1.5
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 4}
_CODE = re.compile(rb"\[([^\s\]]+)")
_CAPABILITY = re.compile(rb"^(?:\* (?:(?:OK|PREAUTH) )?)?\[?CAPABILITY ([^\]]+)")
_UNREACHABLE = {
    errno.ECONNREFUSED: "nobody listens there: check `host`, `port` and whether the server runs",
    errno.EHOSTUNREACH: "no way to this host: check `host` and the network",
    errno.ENETUNREACH: "no way to this network: check this machine's network",
    errno.ETIMEDOUT: "no answer: check `host`, `port` and the firewalls between",
}
TRY_LATER = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"}  # RFC 5530: not the login's fault
_TOO_MUCH = re.compile(
    r"\[(?:LIMIT|UNAVAILABLE|THROTTLED)\]|\btoo many\b|\bthrottled\b|maximum number of connections",
    re.IGNORECASE,
)
_WANTED_PAUSE = re.compile(r"backoff time: (\d{1,8}) ?(?:ms|milliseconds)", re.IGNORECASE)  # Exchange Online


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: OK, NO or BAD, the text after it, and the untagged responses before it.

    `code` is the upper-case word in brackets that the text may begin with (RFC 5530), `text` is for people.
    """

    result: str
    code: str
    text: str
    responses: tuple[tuple[bytes, ...], ...]
    line: bytes = b""  # `text` as it came, with what stands in brackets


class Connection:
    """One connection, logged in. Commands follow one another; whatever goes wrong ends the connection.

    Errors of all methods: ConnectionLost when a new connection may help, MailboxError when a person must
    act. No message holds the password.
    """

    def __init__(self, account: Account, seconds: float, pace: Pace | None) -> None:
        self.account = account
        self._seconds = seconds
        self._pace = pace
        self._one_at_a_time = asyncio.Lock()
        context = tls.context(account.ca_file) if account.tls else None
        self._client = Client(account.host, account.port, timeout=seconds, ssl_context=context)
        self._protocol: Protocol = self._client.protocol

    @classmethod
    async def open(cls, account: Account, seconds: float, pace: Pace | None = None) -> Self:
        """Connect, check the certificate, log in. `seconds` is the deadline of each step, in seconds."""
        if pace is not None:
            await pace.turn()
        connection = cls(account, seconds, pace)
        try:
            await connection._connect()
            await connection._learn_capabilities(connection._protocol.greeting.result())
            reply = await connection._log_in()
            await connection._learn_capabilities(*(one[0] for one in reply.responses), reply.line)
        except BaseException:
            await connection.abort()
            raise
        return connection

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do, upper-case, as told after the login."""
        return self._protocol.capabilities

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self._protocol.lost is not None

    @property
    def has_news(self) -> bool:
        """Whether the server spoke of new messages since `forget_news`."""
        return self._protocol.news

    @property
    def certificate_expiry(self) -> datetime | None:
        """When the server's certificate expires; None without TLS."""
        transport = self._protocol.transport
        certificate = transport.get_extra_info("peercert") if transport is not None else None
        if not certificate:
            return None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)

    @property
    def server(self) -> str:
        """The address that answers, such as 192.0.2.7; empty when the connection is gone."""
        peer = self._told("peername")
        return str(peer[0]) if isinstance(peer, tuple) else ""

    @property
    def tls_version(self) -> str | None:
        """What TLS was agreed on, such as TLSv1.3; None without TLS."""
        secured = self._told("ssl_object")
        return secured.version() if isinstance(secured, ssl.SSLObject) else None

    def _told(self, name: str) -> object:
        transport = self._protocol.transport
        return transport.get_extra_info(name) if transport is not None else None

    def forget_news(self) -> None:
        """Called right before the question whose answer includes all news so far."""
        self._protocol.news = False

    async def ask(self, name: str, *arguments: str, limits: Limits | None = None) -> Reply:
        """Send a command and wait for its answer, whatever it is.

        `name` may begin with `UID `. `limits` bounds what the answer may hold.
        """
        if self._pace is not None:
            await self._pace.turn()
        async with self._one_at_a_time:
            self._still_there()
            protocol = self._protocol
            command = protocol.command(name, *arguments)
            protocol.receiver.begin(limits or Limits())
            late = f"no complete answer to {name} within the time allowed"
            deadline = protocol.deadline = Deadline(self._seconds, lambda: protocol.fail(late))
            try:
                await protocol.execute(command)
            except ConnectionLost as error:
                raise self.give_up(str(error)) from None
            except Refused:
                raise self.give_up(f"{name} is not possible now") from None
            except BaseException:
                # A cancelled command's answer would be taken for the next one's.
                protocol.fail("a command was cancelled")
                raise
            finally:
                protocol.deadline = None
                deadline.end()
            result, lines = command.response
            code = _CODE.match(lines[-1])
            said = code[1].decode("ascii", "replace").upper() if code else ""
            text = self.shown(lines[-1])
            if result != "OK" and refusals.NOT_CONNECTED.search(text):
                raise self._refused(text)
            return Reply(result, said, text, tuple(lines[:-1]), lines[-1])

    async def demand(self, name: str, *arguments: str, limits: Limits | None = None) -> Reply:
        """`ask`, where anything but OK means that this connection is of no use."""
        reply = await self.ask(name, *arguments, limits=limits)
        if reply.result != "OK":
            raise self.give_up(f"the server refused {name}: {reply.text}")
        return reply

    async def idle(self, seconds: float) -> bool:
        """Wait at most `seconds` for news (RFC 2177). False where the server refuses or ends it."""
        async with self._one_at_a_time:
            self._still_there()
            protocol = self._protocol
            command = protocol.command("IDLE")
            protocol.receiver.begin(Limits())
            try:
                protocol.begin(command)
                await self._until(lambda: protocol.idling or command.ended, _DONE_SECONDS)
                await self._until(lambda: protocol.news or command.ended, seconds, quietly=True)
                if command.ended:
                    return protocol.news
                protocol.send("DONE")
                await self._until(lambda: command.ended, _DONE_SECONDS)
            except BaseException:
                # Without DONE the server takes the next command for it.
                protocol.fail("waiting for news was cancelled")
                raise
            return True

    async def close(self) -> None:
        """Log out, if the server still listens, and close. Never raises for the server's sake."""
        if not self.lost:
            self._seconds, self._pace = _LOGOUT_SECONDS, None
            with contextlib.suppress(ConnectionLost, MailboxError):
                await self.ask("LOGOUT")
        await self.abort()

    async def abort(self) -> None:
        """Close at once and wait until the socket is gone."""
        self._protocol.fail("closed")
        self._client.connecting.cancel()
        await asyncio.wait([self._client.connecting], timeout=_LOGOUT_SECONDS)
        if self._protocol.transport is not None:
            await asyncio.wait([self._protocol.closed], timeout=_LOGOUT_SECONDS)

    def shown(self, text: bytes) -> str:
        """A server's words, fit for a message: one short printable line without the password."""
        line = text.decode("utf-8", "replace")
        if not line.isprintable():
            line = "".join(c if c.isprintable() else " " for c in line)
        for secret in sasl.secrets(self.account):
            line = line.replace(secret, "***")
        return line.strip()[:200]

    async def _connect(self) -> None:
        account, protocol = self.account, self._protocol
        try:
            async with asyncio.timeout(self._seconds):
                # Waited for from aside: an attempt that overhears its cancellation must not hide it from us.
                await asyncio.wait([self._client.connecting])
                self._client.connecting.result()
                await protocol.greeting
        except TimeoutError:
            raise ConnectionLost(f"{account.host}:{account.port} does not answer") from None
        except ConnectionLost as error:
            raise self.give_up(str(error)) from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise self.give_up("the server closed the connection during the TLS handshake") from None
        except ssl.SSLError as error:
            raise MailboxError(f"{account.host}:{account.port}: {tls.refusal(error)}") from None
        except socket.gaierror:
            raise ConnectionLost(f"{account.host}: this name has no address; check `host` and DNS") from None
        except UnicodeError:
            raise MailboxError(f"{account.host}: this is no name of a server: check `host`") from None
        except OSError as error:
            reason = _UNREACHABLE.get(error.errno or 0, "refused or unreachable: check `host`, `port`")
            raise ConnectionLost(f"{account.host}:{account.port}: cannot connect: {reason}") from None
        if protocol.transport is not None:
            self._keep_alive(protocol.transport)

    @staticmethod
    def _keep_alive(transport: Transport) -> None:
        # A half-open connection would otherwise be noticed only when IDLE is renewed.
        connected = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if (option := getattr(socket, name, None)) is not None:
                connected.setsockopt(socket.IPPROTO_TCP, option, value)

    async def _learn_capabilities(self, *told: bytes) -> None:
        """What the server can do, from what it has just `told` without being asked, else by asking it."""
        names = _capabilities(told)
        if not names:
            reply = await self.demand("CAPABILITY")
            names = _capabilities(response[0] for response in reply.responses)
        if not names:
            raise self.give_up("the server does not say what it can do")
        self._protocol.capabilities = _shared(names)

    async def _log_in(self) -> Reply:
        account, protocol = self.account, self._protocol
        if sasl.breaks_the_line(account):
            raise MailboxError(f"{account}: user name or password holds a line break: write it again")
        mechanism = sasl.mechanism(account, protocol.capabilities)
        if mechanism is None:
            reply = await self.ask("LOGIN", quote(account.username), quote(account.password))
        else:
            reply = await self._authenticate(mechanism)
        if reply.result != "OK":
            if reply.code in TRY_LATER or _TOO_MUCH.search(reply.text):
                raise self.give_up(f"the server cannot log anybody in now: {reply.text}")
            raise self._refused(reply.text)
        protocol.answers, protocol.challenge = [], b""
        protocol.logged_in()
        return reply

    async def _authenticate(self, mechanism: str) -> Reply:
        first = sasl.response(self.account, mechanism)
        last = [sasl.LAST_WORD] if mechanism == "OAUTHBEARER" else []
        if "SASL-IR" in self._protocol.capabilities:  # RFC 4959: one round trip less
            self._protocol.answers = last
            return await self.ask("AUTHENTICATE", mechanism, first)
        self._protocol.answers = [first, *last]
        return await self.ask("AUTHENTICATE", mechanism)

    def _refused(self, text: str) -> LoginRefused:
        """The error of a refused login: what the server said, and the step that is missing."""
        account = self.account
        said = f"{text} {sasl.failure(self._protocol.challenge)}"
        refusal = refusals.at_mailbox(account.method, said, account.password if account.bearer else "")
        return LoginRefused(f"{account}: login refused: {refusal.next_step} ({text})", refusal.reason)

    def examined(self) -> None:
        """A folder was opened for reading: from now on messages can be fetched."""
        self._protocol.examined()

    def _still_there(self) -> None:
        if self._protocol.lost is not None:
            raise self.give_up(self._protocol.lost)

    def give_up(self, reason: str) -> ConnectionLost:
        """Give up the connection; the error says why, in the server's last words if it said any."""
        self._protocol.fail(reason)
        words = self._protocol.goodbye
        said = f" (the server said: {self.shown(words)})" if words else ""
        message = f"{self.account.host}:{self.account.port}: {reason}{said}"
        if not _TOO_MUCH.search(message):
            return ConnectionLost(message)
        error = Throttled(message)
        if wanted := _WANTED_PAUSE.search(message):
            error.seconds = int(wanted[1]) / 1000
        return error

    async def _until(self, reached: Callable[[], bool], seconds: float, *, quietly: bool = False) -> None:
        protocol = self._protocol
        try:
            async with asyncio.timeout(seconds):
                while not reached():
                    self._still_there()
                    protocol.changed.clear()
                    await protocol.changed.wait()
        except TimeoutError:
            if not quietly:
                raise self.give_up("no answer to IDLE within the time allowed") from None
        self._still_there()


def _capabilities(lines: Iterable[bytes]) -> frozenset[str]:
    """The names in the last CAPABILITY among `lines`, a response of its own or in a status response's
    brackets (RFC 3501 sections 7.1, 7.2.1); upper-case."""
    found = [match[1] for line in lines if (match := _CAPABILITY.search(line.upper()))]
    return frozenset(word.decode("ascii", "replace") for word in found[-1].split()) if found else frozenset()


@functools.lru_cache(maxsize=64)
def _shared(capabilities: frozenset[str]) -> frozenset[str]:
    """One and the same set for all connections to servers that can do the same: 4 KB less for each."""
    return capabilities
