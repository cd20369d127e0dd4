"""The only home of aioimaplib: its protocol, guarded, and read-only by construction.

aioimaplib gives the transport, the tags and the states of a connection. It hangs or loses messages when
a server or the network misbehaves, so its protocol is subclassed here: responses are read by
`Receiver`, a lost connection fails whatever waits, every command has a deadline, and a command that is
not in `_READING` cannot be sent at all. Private names of exactly this release are used: hence the pin.
"""

import asyncio
import logging
import re
import ssl

from aioimaplib import aioimaplib

from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox.protocol.deadline import Deadline
from auditor.mailbox.protocol.dial import dial
from auditor.mailbox.protocol.receiver import LimitExceeded, Receiver

# Below WARNING aioimaplib writes passwords and whole mails.
logging.getLogger(aioimaplib.__name__).setLevel(logging.WARNING)

MIN_RATE = 4096
"""Bytes a second: each byte received moves a command's deadline by this much, so a slow line may finish
and a server that drips may not."""

_READING = re.compile(
    r"(?:CAPABILITY|LOGIN|AUTHENTICATE|LIST|MYRIGHTS|EXAMINE|IDLE|NOOP|LOGOUT"
    r"|UID SEARCH|UID FETCH [0-9:,]+ \((?:(?!BODY\[).)*\))(?: |\Z)"
)
"""Every command there is. None of them changes a mailbox: EXAMINE sets no flag (RFC 3501 section 6.3.2),
and BODY without PEEK is refused."""

Refused = aioimaplib.AioImapException
"""What aioimaplib itself raises when a command is not possible in the connection's state."""


class Command(aioimaplib.Command):  # type: ignore[misc]  # aioimaplib publishes no types
    """A command whose wire form is its `str`; its `repr`, which may reach logs, is only its name."""

    def __str__(self) -> str:
        return str(super().__repr__())

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def append_to_resp(self, line: tuple[bytes, ...], result: str = "Pending") -> None:
        """Keep a response, without the timer that aioimaplib sets anew each time: deadlines are ours."""
        self._resp_result = result
        self._resp_lines.append(line)

    @property
    def ended(self) -> bool:
        """Whether the server answered it, or the connection is lost."""
        return bool(self._event.is_set())


class Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]  # aioimaplib publishes no types
    """aioimaplib's protocol with its own way of receiving."""

    transport: asyncio.Transport | None
    pending_sync_command: Command | None
    pending_async_commands: dict[str, Command]
    state: str
    capabilities: frozenset[str]

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.receiver = Receiver()
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.changed = asyncio.Event()  # something was received that somebody waits for, or all was lost
        self.news = False  # EXISTS was received since somebody last asked
        self.goodbye: bytes | None = None
        self.lost: str | None = None
        self.answers: list[str] = []  # to the server's continuation requests, in order
        self.challenge = b""  # the last such request that said something
        self.deadline: Deadline | None = None  # of the command under way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, unless the attempt was given up meanwhile."""
        super().connection_made(transport)
        if self.lost is not None and self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read what arrived; a server that breaks a limit or the grammar loses the connection."""
        if self.lost is not None:
            return
        try:
            for response in self.receiver.feed(data):
                self._take(response)
        except LimitExceeded as fault:
            self.fail(str(fault))
        if self.deadline is not None:
            self.deadline.put_off(len(data) / MIN_RATE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everybody who waits: an end of file and a reset mean the same."""
        reason = exc.strerror if isinstance(exc, OSError) else None
        self.fail(reason or "the server closed the connection")
        if not self.closed.done():
            self.closed.set_result(None)

    def fail(self, reason: str) -> None:
        """Give up the connection: nothing more is read, and whatever waits fails. The first reason stays."""
        if self.lost is None:
            self.lost = reason
            if self.transport is not None:
                self.transport.abort()
        if not self.greeting.done():
            self.greeting.set_exception(ConnectionLost(self.lost))
            self.greeting.exception()  # nobody may be waiting any more
        if (command := self._waiting()) is not None:
            command._exception = ConnectionLost(self.lost)
            command._event.set()
        self.changed.set()

    def command(self, name: str, *arguments: str) -> Command:
        """A command with a new tag; `name` may begin with `UID `."""
        prefix, _, verb = name.rpartition(" ")
        return Command(verb, self.new_tag(), *arguments, prefix=prefix or None, loop=self.loop)

    def logged_in(self) -> None:
        """From now on folders can be opened."""
        self.state = aioimaplib.AUTH

    def examined(self) -> None:
        """From now on messages can be read; aioimaplib does not notice it after EXAMINE."""
        self.state = aioimaplib.SELECTED

    @property
    def idling(self) -> bool:
        """Whether the server accepted IDLE and tells of news from now on."""
        return bool(self._idle_event.is_set())

    def begin(self, command: Command) -> None:
        """Send a command without waiting for its end (IDLE)."""
        self.pending_sync_command = command
        self._idle_event.clear()
        self.send(str(command))

    def send(self, line: str, scrub: str | None = None) -> None:
        """Write one line; the gate that nothing but reading commands passes."""
        if line != "DONE" and not _READING.match(line.partition(" ")[2]):
            raise MailboxError(
                "a command that could change a mailbox was about to be sent; please report this"
            )
        self._write(line)

    def _write(self, line: str) -> None:
        if self.transport is not None:
            self.transport.write(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def _waiting(self) -> Command | None:
        if self.pending_sync_command is not None:
            return self.pending_sync_command
        return next(iter(self.pending_async_commands.values()), None)

    def _take(self, response: tuple[bytes, ...]) -> None:
        first = response[0]
        if self.lost is not None:
            return
        if len(response) > 1 and self.state == aioimaplib.SELECTED and (command := self._waiting()):
            command.append_to_resp(response)  # what holds a literal is a message's data; thousands follow
            return
        if self.state == aioimaplib.CONNECTED:
            self._greeted(first)
        elif first.startswith(b"* "):
            self._untagged(response)
        elif first.startswith(b"+"):
            self._asked(first[1:].strip())
        else:
            self._tagged(first)

    def _greeted(self, line: bytes) -> None:
        if line[:5].upper() == b"* OK ":
            self.state = aioimaplib.NONAUTH
            if not self.greeting.done():
                self.greeting.set_result(line)
            return
        if line[:5].upper() == b"* BYE":
            self.goodbye = line[5:].strip()
        self.fail("the server did not greet as an IMAP server does")

    def _untagged(self, response: tuple[bytes, ...]) -> None:
        words = response[0].split(None, 3) if len(response) == 1 else []
        command = self._waiting()
        # What EXAMINE says of the folder is its answer, and no news.
        if len(words) > 2 and words[2].upper() == b"EXISTS" and (not command or command.name != "EXAMINE"):
            self.news = True
            self.changed.set()
        if len(words) > 1 and words[1].upper() == b"BYE":
            self.goodbye = response[0].partition(words[1])[2].strip()
        if command is not None:
            command.append_to_resp(response)

    def _asked(self, words: bytes) -> None:
        if self.pending_sync_command is None:
            self.fail("the server asked for data that no command has")
        elif self.pending_sync_command.name == "IDLE":
            self._idle_event.set()
            self.changed.set()
        else:
            # What a failed exchange says of itself; without an answer it would never end.
            self.challenge = words or self.challenge
            line = self.answers[0] if self.answers else ""
            self._write(line)
            del self.answers[:1]

    def _tagged(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        result, _, text = rest.partition(b" ")
        command = self._waiting()
        if (
            command is None
            or tag != command.tag.encode("ascii")
            or result.upper() not in {b"OK", b"NO", b"BAD"}
        ):
            self.fail("the server answered something that was not asked")
            return
        if command is self.pending_sync_command:
            self.pending_sync_command = None
        else:
            self.pending_async_commands.clear()
        command.close(text, result=result.upper().decode("ascii"))
        self.changed.set()


class Client(aioimaplib.IMAP4):  # type: ignore[misc]  # aioimaplib publishes no types
    """Connects with the guarded protocol; `connecting` ends when TLS stands."""

    protocol: Protocol

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: object = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        loop = loop or asyncio.get_running_loop()
        self.protocol = Protocol(loop)
        self._client_task = loop.create_task(dial(self.protocol, host, port, ssl_context))

    @property
    def connecting(self) -> asyncio.Task[None]:
        """The task that connects; it raises what the network or TLS raises."""
        return self._client_task
