"""A session with one mail account: folders, searches, headers, texts, news. It can only read."""

import contextlib
import itertools
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from auditor.errors import MailboxError
from auditor.mailbox.access.account import Account
from auditor.mailbox.found import Found
from auditor.mailbox.prefix import shows_its_text
from auditor.mailbox.protocol.connection import TRY_LATER, Connection, Reply
from auditor.mailbox.protocol.grammar import (
    Malformed,
    Value,
    decode_name,
    encode_name,
    fetched,
    number,
    parse,
    quote,
    uid_set,
)
from auditor.mailbox.protocol.items import (
    found_in,
    has_item,
    last_of,
    literal_of,
    section_item,
    some_fields_in,
    text_of,
)
from auditor.mailbox.protocol.receiver import Limits
from auditor.mailbox.protocol.structure import Part, read_structure
from auditor.pace import Pace

HEADER_LIMIT = 256 * 1024
"""Bytes fetched of one header block: some 8,000 recipients."""

FIRST_LOOK = 32 * 1024
"""Bytes of a message that are fetched first; most texts end before that, and attachments follow them."""

_UID_DIGITS = 10  # 32 bits
_UIDS_AT_ONCE = 200  # keeps the command line short and one reply's memory bounded
_REPLY_BYTES = 64 << 20
_OVERHEAD = 8192  # what one FETCH item may hold beside the literal: flags, dates, spaces
_STRUCTURE_LIMITS = Limits(line=4 << 20, total=_REPLY_BYTES)  # a message of many parts is one line
_SEARCH_LINE = 16 << 20  # every UID of a mailbox of 1.5 million messages arrives in one line


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as the server lists it (RFC 3501 section 7.2.2)."""

    name: str  # decoded, for people and comparing
    attributes: frozenset[str] = frozenset()  # lower-case, with the backslash: "\\sent", "\\noselect"
    delimiter: str | None = "/"
    wire: str = ""  # the name as the server writes it; empty: `name` encoded

    @property
    def selectable(self) -> bool:
        """Whether the folder holds messages."""
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Examined:
    """A folder opened for reading."""

    uidvalidity: int
    uidnext: int | None  # some servers do not tell it
    exists: int  # messages in it
    read_only: bool  # always True: anything else raises


class Session:
    """One login at one server; see `connect`. An async context manager that logs out.

    Every method raises ConnectionLost when a new session may help and MailboxError when a person must
    act. After a timeout or a cancelled call the session is gone.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._idles = "IDLE" in connection.capabilities

    @classmethod
    async def connect(cls, account: Account, *, seconds: float = 60.0, pace: Pace | None = None) -> Self:
        """Connect and log in. `seconds` is the deadline of every command."""
        return cls(await Connection.open(account, seconds, pace))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error nothing is worth waiting for.
        await (self.close() if kind is None else self._connection.abort())

    async def close(self) -> None:
        """Log out and close; never raises for the server's sake."""
        await self._connection.close()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server says it can do after the login, upper-case."""
        return self._connection.capabilities

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of news by itself (RFC 2177)."""
        return self._idles

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.lost

    @property
    def has_news(self) -> bool:
        """Whether the server spoke of new messages since the last search."""
        return self._connection.has_news

    @property
    def certificate_expiry(self) -> datetime | None:
        """When the server's certificate expires; None without TLS."""
        return self._connection.certificate_expiry

    @property
    def server(self) -> str:
        """The address that answers, such as 192.0.2.7."""
        return self._connection.server

    @property
    def tls_version(self) -> str | None:
        """What TLS was agreed on, such as TLSv1.3; None without TLS."""
        return self._connection.tls_version

    async def rights(self, folder: Folder | str) -> frozenset[str] | None:
        """What this login may do in a folder, by the letters of RFC 4314 (`l` and `r` are reading).

        None where the server does not tell.
        """
        if "ACL" not in self.capabilities:
            return None
        reply = await self._connection.ask("MYRIGHTS", _written(folder))
        for response in reply.responses if reply.result == "OK" else ():
            with contextlib.suppress(Malformed):
                match parse(response):
                    case [_, b"MYRIGHTS", _, bytes(letters)]:
                        return frozenset(letters.decode("ascii", "replace"))
        return None

    async def list_folders(self) -> tuple[Folder, ...]:
        """Every folder the login sees.

        Plain LIST shows special uses without any capability (RFC 6154 section 2); servers that only show
        them when asked to are asked.
        """
        folders = _folders(await self._connection.demand("LIST", '""', '"*"'))
        if (
            not any("\\sent" in folder.attributes for folder in folders)
            and "SPECIAL-USE" in self.capabilities
        ):
            reply = await self._connection.ask("LIST", '""', '"*"', "RETURN", "(SPECIAL-USE)")
            if reply.result == "OK" and reply.responses:
                return _folders(reply)
        return folders

    async def examine(self, folder: Folder | str) -> Examined:
        """Open a folder for reading; the server confirms that nothing can be changed through it."""
        name = folder if isinstance(folder, str) else folder.name
        account = self._connection.account
        reply = await self._connection.ask("EXAMINE", _written(folder))
        if reply.code in TRY_LATER:
            raise self._connection.give_up(f"the folder cannot be opened now: {reply.text}")
        if reply.result != "OK":
            raise MailboxError(
                f'{account}: folder "{name}" cannot be opened ({reply.text}): '
                "check `folder` and its permissions"
            )
        if reply.code != "READ-ONLY":
            await self._connection.abort()
            raise MailboxError(f'{account}: the server did not confirm that "{name}" is opened read-only')
        self._connection.examined()
        told = _told(reply)
        if not told.get(b"UIDVALIDITY"):
            raise MailboxError(f'{account}: "{name}" has no lasting message numbers (UIDVALIDITY)')
        return Examined(told[b"UIDVALIDITY"], told.get(b"UIDNEXT"), told.get(b"EXISTS", 0), True)

    async def search(self, criteria: str = "ALL") -> Sequence[int]:
        """The UIDs that match, ascending, each once; `protocol.criteria` writes some criteria."""
        self._connection.forget_news()
        limits = Limits(line=_SEARCH_LINE, total=2 * _SEARCH_LINE)
        reply = await self._connection.demand("UID SEARCH", criteria, limits=limits)
        found: set[int] = set()
        for response in reply.responses:
            words = response[0].split()
            if words[1:2] and words[1].upper() == b"SEARCH":
                found.update(int(word) for word in words[2:] if len(word) <= _UID_DIGITS and word.isdigit())
        # An array holds 4 bytes a message: thousands of mailboxes may catch up together.
        return array("I", sorted(uid for uid in found if 0 < uid < 1 << 32))

    async def search_after(self, uid: int) -> Sequence[int]:
        """The UIDs above `uid`. `n:*` names the last message even when its UID is below n: filtered."""
        return array("I", [found for found in await self.search(f"UID {uid + 1}:*") if found > uid])

    async def fetch_headers(self, uids: Sequence[int]) -> tuple[Found, ...]:
        """Header blocks, times and sizes of `uids`, ascending. Vanished messages are absent."""
        wanted = f"UID INTERNALDATE RFC822.SIZE {section_item('HEADER', HEADER_LIMIT)}"
        items = await self._fetch(uids, wanted, HEADER_LIMIT)
        return tuple(found_in(uid, items[uid]) for uid in sorted(items))

    async def fetch_fields(self, uids: Sequence[int], names: Sequence[str]) -> tuple[Found, ...]:
        """As `fetch_headers`, of each header block only the fields of these names."""
        fields = section_item(f"HEADER.FIELDS ({' '.join(names).upper()})", HEADER_LIMIT)
        items = await self._fetch(uids, f"UID {fields} INTERNALDATE RFC822.SIZE", HEADER_LIMIT)
        return tuple(some_fields_in(uid, items[uid]) for uid in sorted(items))

    async def fetch_texts(self, uids: Sequence[int], limit: int) -> dict[int, bytes]:
        """Whole messages, each cut at `limit` bytes, or earlier where only attachments would follow.

        Vanished messages are absent.
        """
        first = min(FIRST_LOOK, limit)
        items = await self._fetch(uids, f"UID {section_item('', first)}", first)
        texts = {uid: literal_of(item, b"BODY[]") for uid, item in items.items()}
        more = [uid for uid, text in texts.items() if first <= len(text) < limit and not shows_its_text(text)]
        rest = await self._fetch(sorted(more), f"UID {section_item('', limit - first, first)}", limit - first)
        for uid, item in rest.items():
            texts[uid] += literal_of(item, b"BODY[]")
        return texts

    async def fetch_structures(self, uids: Sequence[int]) -> dict[int, Part]:
        """What messages are made of, without a byte of their content.

        Absent are vanished messages and those whose structure the server cannot tell or tells wrongly: a
        `"` in a file's name that is not escaped is enough.
        """
        structures: dict[int, Part] = {}
        for chunk in _chunks(uids, 0):
            reply = await self._connection.ask(
                "UID FETCH", uid_set(chunk), "(UID BODYSTRUCTURE)", limits=_STRUCTURE_LIMITS
            )
            for response in reply.responses:
                with contextlib.suppress(Malformed):
                    item = fetched(response)
                    uid = number(item.get(b"UID"))
                    if uid is not None and b"BODYSTRUCTURE" in item:
                        structures[uid] = read_structure(item[b"BODYSTRUCTURE"])
        return structures

    async def fetch_sections(
        self, uids: Sequence[int], sections: Mapping[str, int]
    ) -> dict[int, dict[str, bytes]]:
        """Sections of messages (RFC 3501 section 6.4.5), each cut at its limit in bytes.

        Vanished messages are absent, and those whose sections the server refuses; so are sections that a
        message lacks, or a vanished one has lost.
        """
        items = " ".join(section_item(section, limit) for section, limit in sections.items())
        answered = await self._fetch(uids, f"UID {items}", sum(sections.values()), may_refuse=True)
        names = {section: f"BODY[{section.upper()}]".encode("ascii") for section in sections}
        return {
            uid: {
                section: text for section, name in names.items() if (text := text_of(item, name)) is not None
            }
            for uid, item in answered.items()
        }

    async def idle(self, seconds: float) -> bool:
        """Wait until something new arrived (True) or `seconds` passed (False).

        News since the last search count. Where the server refuses to idle, `can_idle` turns False.
        """
        if not self._connection.has_news:
            self._idles = await self._connection.idle(seconds)
        return self._connection.has_news

    async def noop(self) -> None:
        """Let the server tell what is new, where it cannot idle."""
        await self._connection.demand("NOOP")

    async def _fetch(
        self, uids: Sequence[int], items: str, limit: int, *, may_refuse: bool = False
    ) -> dict[int, dict[bytes, Value]]:
        """FETCH `items` of `uids`; whatever is absent is asked for once more, unless it `may_refuse`."""
        answered: dict[int, dict[bytes, Value]] = {}
        for chunk in _chunks(uids, limit):
            done = await self._fetch_into(answered, chunk, items, limit, may_refuse=may_refuse)
            absent = [uid for uid in chunk if uid not in answered]
            if absent and (done or not may_refuse):
                await self._fetch_again(answered, absent, items, limit)
        return answered

    async def _fetch_again(
        self, answered: dict[int, dict[bytes, Value]], absent: Sequence[int], items: str, limit: int
    ) -> None:
        if await self._fetch_into(answered, absent, items, limit):
            return
        # NO: one message the server cannot read must not hide the others (RFC 5530, EXPUNGEISSUED).
        refused = [uid for uid in absent if not await self._fetch_into(answered, [uid], items, limit)]
        if refused and len(refused) == len(absent) and not answered:
            await self._connection.demand(
                "UID FETCH", uid_set(refused), f"({items})", limits=_limits(refused, limit)
            )

    async def _fetch_into(
        self,
        answered: dict[int, dict[bytes, Value]],
        uids: Sequence[int],
        items: str,
        limit: int,
        *,
        may_refuse: bool = False,
    ) -> bool:
        """One FETCH; False when the server refuses it, with whatever it sent before.

        It says NO of messages that it cannot read, and BAD of questions that it does not understand.
        """
        reply = await self._connection.ask(
            "UID FETCH", uid_set(uids), f"({items})", limits=_limits(uids, limit)
        )
        asked = set(uids)
        needed = last_of(items)
        try:
            for response in reply.responses:
                item = fetched(response)
                uid = number(item.get(b"UID"))
                # Responses the server volunteers (flags that others change) lack what was asked for.
                if uid is not None and uid in asked and has_item(item, needed):
                    answered[uid] = item
        except Malformed as fault:
            raise self._connection.give_up(f"the answer to FETCH is broken: {fault}") from None
        if reply.result == "BAD" and not may_refuse:
            raise self._connection.give_up(f"the server refused FETCH: {reply.text}")
        return reply.result == "OK"


def _written(folder: Folder | str) -> str:
    """A folder's name as it goes out: the server's own spelling where it is known."""
    wire = folder.wire if isinstance(folder, Folder) else ""
    return quote(wire or encode_name(folder if isinstance(folder, str) else folder.name))


def _folders(reply: Reply) -> tuple[Folder, ...]:
    folders = []
    for response in reply.responses:
        try:
            match parse(response):
                case [_, bytes(verb), list(attributes), bytes() | None as delimiter, bytes(name), *_] if (
                    verb.upper() == b"LIST"
                ):
                    words = frozenset(
                        a.decode("ascii", "replace").lower() for a in attributes if isinstance(a, bytes)
                    )
                    split = delimiter.decode("latin-1") if delimiter else None
                    folders.append(
                        Folder(decode_name(name), words, split, name.decode("utf-8", "surrogateescape"))
                    )
        except Malformed:
            continue  # one folder with a broken name must not hide the others
    return tuple(folders)


def _told(reply: Reply) -> dict[bytes, int]:
    """The numbers that EXAMINE brings: EXISTS, and those in brackets."""
    told: dict[bytes, int] = {}
    for response in reply.responses:
        words = response[0].replace(b"[", b" ").replace(b"]", b" ").split()
        for name, value in itertools.pairwise(words):
            if name.upper() in {b"UIDVALIDITY", b"UIDNEXT"} and (found := number(value)) is not None:
                told[name.upper()] = found
        if words[2:3] == [b"EXISTS"] and (found := number(words[1])) is not None:
            told[b"EXISTS"] = found
    return told


def _chunks(uids: Sequence[int], limit: int) -> Iterator[Sequence[int]]:
    size = max(1, min(_UIDS_AT_ONCE, _REPLY_BYTES // (limit + _OVERHEAD)))
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _limits(uids: Sequence[int], limit: int) -> Limits:
    return Limits(literal=limit, total=len(uids) * (limit + _OVERHEAD) + (1 << 20))
