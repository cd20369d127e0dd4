"""A small IMAP4rev1 server in memory, for reading only: the mail server of the demo's company.

It speaks what a reader of Sent folders needs of RFC 3501, plus IDLE (RFC 2177), \\Sent in LIST (RFC 6154),
SASL-IR (RFC 4959) and non-synchronising literals (RFC 7888), on loopback. Mail is filed by calling
`deliver`; no command changes anything.
pymap would be the library for this, but on Python 3.13 its connections die in IDLE: nothing holds a
reference to their tasks, and they are collected.
"""

import asyncio
import base64
import binascii
import contextlib
import hmac
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice

from auditor.demo import structure

CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR IDLE SPECIAL-USE AUTH=PLAIN"
_FREE = {  # commands of any state that only say something
    "CAPABILITY": (f"* CAPABILITY {CAPABILITIES}",),
    "NOOP": (),
    "ID": ("* ID NIL",),
    "LOGOUT": ("* BYE until next time",),
}
_LINE_LIMIT = 65_536  # octets of one command with its literals; RFC 7162 section 4 asks for 8192
_TOKEN = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|(\()|(\))|((?:[^\s()"\[]|\[[^\]\[]*\])+))')
_PARTIAL = re.compile(r"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_Words = list["str | _Words"]


@dataclass(slots=True)
class Mail:
    """One stored message; `parsed` is made when somebody asks for its parts."""

    uid: int
    received_at: datetime
    raw: bytes
    parsed: structure.Part | None = None

    def parts(self) -> structure.Part:
        """The message taken apart, once."""
        if self.parsed is None:
            self.parsed = structure.parse(self.raw)
        return self.parsed


@dataclass(slots=True)
class Folder:
    """A folder with the name that goes over the wire (modified UTF-7, RFC 3501 section 5.1.3)."""

    name: str
    attributes: str = ""
    uidvalidity: int = 1
    mails: list[Mail] = field(default_factory=list)
    watchers: set[asyncio.Event] = field(default_factory=set)

    def deliver(self, raw: bytes, received_at: datetime) -> None:
        """File one message and tell every connection that looks at this folder."""
        self.mails.append(Mail(len(self.mails) + 1, received_at, raw))
        for watcher in self.watchers:
            watcher.set()

    @property
    def uidnext(self) -> int:
        """RFC 3501 section 2.3.1.1; nothing is ever removed, so UIDs are sequence numbers too."""
        return len(self.mails) + 1


class Refused(Exception):
    """A command that is answered NO or BAD."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(f"{status} {text}")


class MailServer:
    """Accounts with one password, each with its folders; `port` is known once it is listening."""

    def __init__(self, accounts: Mapping[str, tuple[Folder, ...]], password: str) -> None:
        self.accounts = accounts
        self.port = 0
        self._password = password
        self._tasks: set[asyncio.Task[None]] = set()  # held here, or the collector takes them

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["MailServer"]:
        """Listen on a free port of 127.0.0.1 until the block ends; then every connection is cut."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LINE_LIMIT)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def accepts(self, username: str, password: str) -> bool:
        """Whether this login is right."""
        return username in self.accounts and hmac.compare_digest(password.encode(), self._password.encode())

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Connection(self, reader, writer).serve(), name="demo imap connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Connection:
    """One client: its login, its folder, and how many messages it has been told of."""

    def __init__(
        self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._account: str | None = None
        self._folder: Folder | None = None
        self._told = 0
        self._changed = asyncio.Event()

    async def serve(self) -> None:
        """Answer commands until LOGOUT or the end of the connection."""
        try:
            self._send(f"* OK [CAPABILITY {CAPABILITIES}] ready")
            while line := await self._command():
                tag, _, rest = line.partition(" ")
                if not await self._answer(tag, rest):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the client went away, or sent a line beyond the limit: the connection ends, no more
        finally:
            self._leave()
            self._writer.close()

    async def _command(self) -> str:
        """One command line, its literals put in as quoted strings (RFC 3501 section 4.3)."""
        line = (await self._reader.readline()).decode("utf-8", "replace")
        while literal := re.search(r"\{(\d+)(\+?)\}\r?\n$", line):
            if int(literal[1]) + len(line) > _LINE_LIMIT:
                raise ValueError("a literal beyond the limit")
            if not literal[2]:
                self._send("+ go ahead")
            text = (await self._reader.readexactly(int(literal[1]))).decode("utf-8", "replace")
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            more = (await self._reader.readline()).decode("utf-8", "replace")
            line = f'{line[: literal.start()]}"{escaped}"{more}'
        return line.rstrip("\r\n")

    async def _answer(self, tag: str, rest: str) -> bool:
        """Carry out one command; False ends the connection."""
        words = _words(rest)
        name = str(words[0]).upper() if words else ""
        if name == "UID" and len(words) > 1:
            name, words = f"UID {str(words[1]).upper()}", words[1:]
        try:
            done = await self._carry_out(name, words[1:])
        except Refused as refusal:
            self._send(f"{tag} {refusal}")
            return True
        if self._folder is not None:
            self._tell()
        self._send(f"{tag} OK {done}")
        await self._writer.drain()
        return name != "LOGOUT"

    async def _carry_out(self, name: str, words: "_Words") -> str:
        match name:
            case _ if name in _FREE:
                for line in _FREE[name]:
                    self._send(line)
            case "LOGIN" if len(words) == 2:
                return self._login(str(words[0]), str(words[1]))
            case "AUTHENTICATE" if words and str(words[0]).upper() == "PLAIN":
                return await self._authenticate(words[1:])
            case "LIST" if self._account is not None:
                self._list(str(words[-1]))
            case "EXAMINE" if self._account is not None and words:
                return self._examine(str(words[0]))
            case "CLOSE" | "UNSELECT" if self._folder is not None:
                self._leave()
            case "UID SEARCH" if self._folder is not None:
                found = " ".join(str(mail.uid) for mail in _search(self._folder.mails, words))
                self._send(f"* SEARCH {found}".rstrip())
            case "UID FETCH" if self._folder is not None and len(words) == 2:
                await self._fetch(str(words[0]), words[1])
            case "IDLE" if self._folder is not None:
                await self._idle()
            case _:
                raise Refused("BAD", "this server reads only, and not like this")
        return f"{name} done"

    def _login(self, username: str, password: str) -> str:
        if not self._server.accepts(username, password):
            raise Refused("NO", "[AUTHENTICATIONFAILED] wrong user name or password")
        self._account = username
        return f"[CAPABILITY {CAPABILITIES}] welcome"

    async def _authenticate(self, words: "_Words") -> str:
        """SASL PLAIN (RFC 4616), with or without an initial response."""
        if not words:
            self._send("+ ")
            words = [(await self._reader.readline()).decode("ascii", "replace").strip()]
        try:
            _, username, password = base64.b64decode(str(words[0]), validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            raise Refused("BAD", "not a PLAIN response") from None
        return self._login(username, password)

    def _list(self, pattern: str) -> None:
        """RFC 3501 section 6.3.8, and the attributes of RFC 6154 section 2."""
        if not pattern:
            self._send('* LIST (\\Noselect) "/" ""')
            return
        wanted = re.compile(re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*"), re.IGNORECASE)
        for folder in self._folders():
            if wanted.fullmatch(folder.name):
                attributes = f"\\HasNoChildren {folder.attributes}".strip()
                self._send(f'* LIST ({attributes}) "/" "{folder.name}"')

    def _examine(self, name: str) -> str:
        """RFC 3501 section 6.3.2: as SELECT, and nothing can be changed."""
        self._leave()
        folder = next((folder for folder in self._folders() if folder.name == name), None)
        if folder is None:
            raise Refused("NO", "[NONEXISTENT] no such folder")
        self._folder, self._told = folder, len(folder.mails)
        folder.watchers.add(self._changed)
        self._send("* FLAGS (\\Seen)")
        self._send("* OK [PERMANENTFLAGS ()] nothing can be changed")
        self._send(f"* {len(folder.mails)} EXISTS")
        self._send("* 0 RECENT")
        self._send(f"* OK [UIDVALIDITY {folder.uidvalidity}] valid")
        self._send(f"* OK [UIDNEXT {folder.uidnext}] next")
        return "[READ-ONLY] EXAMINE done"

    async def _fetch(self, uids: str, items: "str | _Words") -> None:
        assert self._folder is not None  # noqa: S101 - for the type checker; _carry_out has looked
        wanted = [str(item) for item in (items if isinstance(items, list) else [items])]
        for mail in _chosen(self._folder.mails, uids):
            self._writer.write(_fetched(mail, wanted))
            await self._writer.drain()

    async def _idle(self) -> None:
        """RFC 2177: say what arrives until the client says DONE."""
        self._send("+ idling")
        done = asyncio.create_task(self._reader.readline())
        try:
            while not done.done():
                self._changed.clear()
                self._tell()
                await self._writer.drain()
                news = asyncio.create_task(self._changed.wait())
                await asyncio.wait({done, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            done.cancel()

    def _tell(self) -> None:
        """Say EXISTS when the folder has grown (RFC 3501 section 7.3.1)."""
        if self._folder is not None and len(self._folder.mails) != self._told:
            self._told = len(self._folder.mails)
            self._send(f"* {self._told} EXISTS")

    def _leave(self) -> None:
        if self._folder is not None:
            self._folder.watchers.discard(self._changed)
            self._folder = None

    def _folders(self) -> tuple[Folder, ...]:
        return self._server.accounts[self._account] if self._account is not None else ()

    def _send(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")


def _words(text: str) -> "_Words":
    """Atoms, quoted strings and parenthesised lists of one command, as nested lists."""
    stack: list[_Words] = [[]]
    for quoted, opened, closed, atom in _TOKEN.findall(text):
        if opened:
            stack.append([])
        elif closed and len(stack) > 1:
            inside = stack.pop()
            stack[-1].append(inside)
        else:
            stack[-1].append(atom or re.sub(r"\\(.)", r"\1", quoted))
    return stack[0]


def _chosen(mails: list[Mail], uids: str) -> Iterator[Mail]:
    """The messages of a UID set (RFC 3501 section 9, sequence-set); `*` is the highest there is."""
    chosen: set[int] = set()
    for one in uids.split(","):
        ends = [
            len(mails) if end == "*" else int(end) for end in one.split(":") if end == "*" or end.isdigit()
        ]
        if not ends:
            raise Refused("BAD", "not a set of UIDs")
        chosen.update(range(max(1, min(ends)), min(len(mails), max(ends)) + 1))
    return (mails[uid - 1] for uid in sorted(chosen))


def _search(mails: list[Mail], words: "_Words") -> list[Mail]:
    """The keys of a reader of Sent folders: ALL, UID, SINCE, BEFORE, OR of dates, and a bare set."""
    found, keys = list(mails), iter(str(word) for word in words)
    for key in keys:
        match key.upper():
            case "ALL":
                pass
            case "UID":
                chosen = {mail.uid for mail in _chosen(mails, next(keys, ""))}
                found = [mail for mail in found if mail.uid in chosen]
            case "SINCE":
                day = _day(next(keys, ""))
                found = [mail for mail in found if mail.received_at.astimezone(UTC).date() >= day]
            case "BEFORE":
                day = _day(next(keys, ""))
                found = [mail for mail in found if mail.received_at.astimezone(UTC).date() < day]
            case "OR":  # NOT SENTSINCE a day NOT SENTBEFORE a day: here mail is filed as soon as it is sent
                day = _day([*islice(keys, 6)][-1])
                found = [mail for mail in found if mail.received_at.astimezone(UTC).date() >= day]
            case _ if re.fullmatch(r"[\d*:,]+", key):
                chosen = {mail.uid for mail in _chosen(mails, key)}
                found = [mail for mail in found if mail.uid in chosen]
            case _:
                raise Refused("BAD", "this search key is not known here")
    return found


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise Refused("BAD", "not a date") from None


def _fetched(mail: Mail, items: list[str]) -> bytes:
    """One FETCH response (RFC 3501 section 7.4.2), always with the UID (section 6.4.8)."""
    answer = [f"UID {mail.uid}".encode()]
    for item in items:
        match item.upper():
            case "UID":
                pass
            case "FLAGS":
                answer.append(b"FLAGS (\\Seen)")
            case "RFC822.SIZE":
                answer.append(f"RFC822.SIZE {len(mail.raw)}".encode())
            case "INTERNALDATE":
                answer.append(f'INTERNALDATE "{mail.received_at:%d-%b-%Y %H:%M:%S %z}"'.encode())
            case "BODYSTRUCTURE":
                answer.append(b"BODYSTRUCTURE " + structure.bodystructure(mail.parts()).encode())
            case _:
                answer.append(_section(mail, item))
    return f"* {mail.uid} FETCH (".encode() + b" ".join(answer) + b")\r\n"


def _section(mail: Mail, item: str) -> bytes:
    match = _PARTIAL.fullmatch(item)
    if match is None:
        raise Refused("BAD", "this item is not known here")
    octets = structure.section(mail.raw, mail.parts(), match[1])
    name = f"BODY[{match[1].upper()}]"
    if match[2] is not None:
        first = int(match[2])
        octets = None if octets is None else octets[first : first + int(match[3])]
        name += f"<{first}>"
    if octets is None:
        return f"{name} NIL".encode()
    return f"{name} {{{len(octets)}}}\r\n".encode() + octets
