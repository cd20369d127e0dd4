"""One mailbox, watched for ever: its backlog first, then whatever arrives, over any number of connections."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox.entries import mailbox_key
from auditor.mailbox.found import Cursor, Found
from auditor.mailbox.login import log_in
from auditor.mailbox.pace import Pace
from auditor.mailbox.sent import How, sent_folder
from auditor.mailbox.session import Examined, Session, received_since
from auditor.mailbox.tokens import Tokens

LOST_PAUSES = (1.0, 300.0)
"""Seconds before a new connection: after the first failure, and at most; doubled from one to the next."""

REFUSED_PAUSES = (60.0, 3600.0)
"""The same where a person must act first: some servers lock a login that is tried too often."""


class State(StrEnum):
    """What a watched mailbox is doing."""

    CONNECTING = "connecting"
    CATCHING_UP = "catching_up"
    WATCHING = "watching"  # the server tells of news by itself
    POLLING = "polling"  # the server is asked for news
    FAILING = "failing"  # the connection was lost; a new one is tried soon
    REFUSED = "refused"  # a person must change something


@dataclass(frozen=True, slots=True)
class Status:
    """How a watched mailbox is: a value, replaced whenever something changes."""

    state: State = State.CONNECTING
    reason: str = ""  # one line on the last failure, without secrets; empty while all is well
    last_sync: float | None = None  # epoch seconds: the server last confirmed nothing unread past the cursor
    backlog: int = 0  # messages not read yet
    reconnects: Mapping[str, int] = field(default_factory=dict)  # "lost", "refused": how often
    vanished: int = 0  # messages that were gone, or unreadable, when they were fetched
    folder: str | None = None
    found_how: How | None = None


@dataclass(slots=True)
class _Reading:
    """What a batch was read with; remembers whether it could be read to its end."""

    session: Session
    limit: int
    lost: str | None = None

    async def texts(self, uids: Sequence[int]) -> dict[int, bytes]:
        try:
            return await self.session.fetch_texts(uids, self.limit)
        except ConnectionLost as error:
            self.lost = str(error)
            raise


@dataclass(frozen=True, slots=True)
class WatchedBatch:
    """A `found.Batch` read from a watched mailbox."""

    mailbox: str
    cursor: Cursor
    found: tuple[Found, ...] = field(repr=False)
    live: bool
    backlog: int
    reading: _Reading = field(repr=False, compare=False)

    async def texts(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """See `found.Batch.texts`. After ConnectionLost, ask for the next batch: it is this one again."""
        return await self.reading.texts(uids)


class WatchedMailbox:
    """One configured login and its Sent folder, read for as long as `batches` is iterated.

    `tokens` are needed where the mailbox has a `login`. `since` is the first day of the backfill (None:
    everything). `clock` gives epoch seconds; it is only noted in `status`. Password or token is read anew
    for each connection.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        numbers: Imap,
        pace: Pace,
        *,
        tokens: Tokens | None = None,
        since: date | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mailbox = mailbox
        self._tokens = tokens or Tokens()
        self._numbers = numbers
        self._pace = pace
        self._since = since
        self._clock = clock
        self._size = numbers.batch_messages  # of the next batch
        self._live = False  # caught up once, and nothing was renumbered since
        self._status = Status()

    @property
    def key(self) -> str:
        """What the store knows this mailbox by: login, server, and the folder as configured."""
        return mailbox_key(self._mailbox)

    @property
    def status(self) -> Status:
        """How the mailbox is now."""
        return self._status

    async def batches(self, cursor: Cursor | None = None) -> AsyncGenerator[WatchedBatch, None]:
        """Yield batches from `cursor` on, for ever; None for a mailbox that was never read.

        Asking for the next batch says that this one is stored, unless its `texts` raised ConnectionLost:
        then the same messages come again. To stop, cancel the task, or leave the loop inside
        `contextlib.aclosing`, which closes the connection. Raises nothing by itself: lost connections
        and refusals are waited out and told by `status`.
        """
        failures = 0
        while True:
            try:
                self._note(state=State.CONNECTING)
                async with await self._connect() as session:
                    cursor = await self._open(session, cursor)
                    async with aclosing(self._read(session, cursor)) as reading:
                        async for batch in reading:
                            yield batch
                            if batch.reading.lost is not None:
                                raise ConnectionLost(batch.reading.lost)
                            cursor = batch.cursor
                            failures = 0
            except ConnectionLost as error:
                # A bad line, or one message the server cannot send, shall hold up as little as possible.
                self._size = max(1, self._size // 4)
                await self._wait_out(State.FAILING, "lost", str(error), LOST_PAUSES, failures)
            except MailboxError as error:
                await self._wait_out(State.REFUSED, "refused", str(error), REFUSED_PAUSES, failures)
            failures += 1

    async def _connect(self) -> Session:
        seconds = self._numbers.command_timeout.total_seconds()
        return await log_in(self._mailbox, self._tokens, seconds=seconds, pace=self._pace)

    async def _open(self, session: Session, cursor: Cursor | None) -> Cursor:
        """Open the Sent folder. `cursor`, if the server still numbers as it did; else a fresh one.

        The store recognises the sends it knows by their identity.
        """
        sent = sent_folder(await session.list_folders(), self._mailbox.folder)
        examined = await session.examine(sent.folder)
        self._note(state=State.CATCHING_UP, reason="", folder=sent.folder.name, found_how=sent.how)
        # Only a server that was set back, as by a restored backup, gives known numbers again.
        set_back = cursor and examined.uidnext is not None and cursor.high >= examined.uidnext
        if cursor and cursor.uidvalidity == examined.uidvalidity and not set_back:
            return cursor
        self._live = False
        first = await self._first_wanted(session, examined)
        return Cursor(examined.uidvalidity, first, first - 1)

    async def _first_wanted(self, session: Session, examined: Examined) -> int:
        if self._since is None:
            return 1
        if wanted := await session.search(received_since(self._since)):
            return wanted[0]
        if examined.uidnext is not None:
            return examined.uidnext
        older = await session.search()
        return older[-1] + 1 if older else 1

    async def _read(self, session: Session, cursor: Cursor) -> AsyncGenerator[WatchedBatch, None]:
        reading = _Reading(session, self._numbers.message_limit)
        while True:
            unread = await session.search_after(cursor.high)
            done = 0
            while done < len(unread):
                self._note(backlog=len(unread) - done)
                uids = unread[done : done + self._size]
                done += len(uids)
                found = await session.fetch_headers(uids)
                cursor = replace(cursor, high=uids[-1])
                yield WatchedBatch(self.key, cursor, found, self._live, len(unread) - done, reading)
                self._note(vanished=self._status.vanished + len(uids) - len(found))
                self._size = min(self._numbers.batch_messages, 2 * self._size)
            if unread:
                continue
            self._live = True
            state = State.WATCHING if session.can_idle else State.POLLING
            self._note(state=state, backlog=0, last_sync=self._clock())
            yield WatchedBatch(self.key, cursor, (), True, 0, reading)
            await self._wait_for_news(session)

    async def _wait_for_news(self, session: Session) -> None:
        if session.can_idle:
            await session.idle(self._numbers.idle_renewal.total_seconds())
        else:
            await asyncio.sleep(self._numbers.poll_interval.total_seconds())
            await session.noop()

    async def _wait_out(
        self, state: State, why: str, reason: str, pauses: tuple[float, float], failures: int
    ) -> None:
        reconnects = {**self._status.reconnects, why: self._status.reconnects.get(why, 0) + 1}
        self._note(state=state, reason=reason, reconnects=reconnects)
        pause = min(pauses[1], pauses[0] * 2 ** min(failures, 20))
        # Jitter keeps thousands of mailboxes from coming back to a restarted server in one instant.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # no secret depends on it

    def _note(self, **changes: object) -> None:
        self._status = replace(self._status, **changes)  # type: ignore[arg-type]  # the fields of Status
