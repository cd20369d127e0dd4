"""One mailbox, watched for ever: its past, and whatever arrives meanwhile, over any number of connections."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost, MailboxError, Throttled
from auditor.mailbox import needed
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.agenda import Agenda, Step
from auditor.mailbox.batch import Reading, WatchedBatch, still_there
from auditor.mailbox.entries import mailbox_key
from auditor.mailbox.found import Cursor, Earlier, Found
from auditor.mailbox.host import Host
from auditor.mailbox.login import log_in
from auditor.mailbox.opening import Backfill, agenda_anew, agenda_resumed, is_same
from auditor.mailbox.sent import sent_folder, within
from auditor.mailbox.session import Examined, Folder, Session
from auditor.mailbox.status import State, Status
from auditor.mailbox.suspects import Suspects
from auditor.pace import Pace

Look = Callable[[Session, Sequence[int]], Awaitable[tuple[Found, ...]]]
"""What is fetched of messages that were found, by their UIDs."""

NEWS_SECONDS = 2.0
"""So often a server is asked for new mail while its past is being read."""

CROWDED_SECONDS = 60.0
"""So long a mailbox may keep a connection that others wait for."""

LOST_PAUSES = (1.0, 300.0)
"""Seconds before a new connection: after the first failure, and at most; doubled from one to the next."""

REFUSED_PAUSES = (60.0, 3600.0)
"""The same where a person must act first: some servers lock a login that is tried too often."""

_NOTHING = Earlier()


class _Leave(Exception):
    """The connection is given up for others' sake."""


@dataclass(slots=True)
class _Opened:
    """The folder as the connection in use has it open, and what is to be read of it."""

    folder: Folder
    uidvalidity: int
    agenda: Agenda
    nothing_new: bool  # opening it has said so
    at: float  # monotonic seconds, as the next one
    examined_at: float  # opened last: once in a while it is opened again, for news that IDLE may have missed


class WatchedMailbox:
    """One configured login and its Sent folder, read for as long as `batches` is iterated.

    `host` is what all mailboxes of the server share; `tokens` are needed where the mailbox has a `login`.
    `since` is the first day of the backfill (None: everything); folders in `private` are never opened.
    `look` fetches what is wanted of some messages: the headers of sends, unless it is given.
    `clock` gives epoch seconds; it is only noted in `status`. Password or token is read anew for each
    connection.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        numbers: Imap,
        pace: Pace,
        host: Host | None = None,
        *,
        tokens: Tokens | None = None,
        since: date | None = None,
        private: frozenset[str] = frozenset(),
        look: Look | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mailbox = mailbox
        self._tokens = tokens or Tokens()
        self._numbers = numbers
        self._pace = pace
        self._host = host or Host()
        self._private = private
        self._look = look or partial(needed.headers, journal=mailbox.kind == "journal")
        self._backfill = Backfill(since, mailbox.backfill_order or numbers.backfill_order)
        self._clock = clock
        self._size = numbers.batch_messages  # of the next batch
        self._live = False  # caught up with the news once, and nothing was renumbered since
        self._earlier = Earlier()
        self._agenda: Agenda | None = None  # of the numbering in use
        self._suspects = Suspects()
        self._reading: Reading | None = None  # of the session in use
        self._asked: tuple[int, ...] = ()  # what is being fetched
        self._mark: tuple[int, bytes] | None = None  # a message that was read, to know the numbering by
        self._hurry = asyncio.Event()
        self._status = Status()

    @property
    def key(self) -> str:
        """What the store knows this mailbox by: login, server, and the folder as configured."""
        return mailbox_key(self._mailbox)

    @property
    def status(self) -> Status:
        """How the mailbox is now."""
        return self._status

    def hurry(self) -> None:
        """Do not wait any longer: somebody has changed something that may help."""
        self._hurry.set()

    async def batches(
        self, cursor: Cursor | None = None, earlier: Earlier = _NOTHING
    ) -> AsyncGenerator[WatchedBatch, None]:
        """Yield batches from `cursor` on, for ever; None for a mailbox that was never read.

        Asking for the next batch says that this one is stored, or `stored_by` a task that will have stored
        it before another one; unless its `texts` raised ConnectionLost: then the same messages come again.
        To stop, cancel the task, or leave the loop inside `contextlib.aclosing`, which closes the connection.
        Raises nothing by itself: lost connections and refusals are waited out and told by `status`.
        """
        self._begin(earlier)
        failures = 0
        while True:
            if self._reading is not None:
                await self._reading.stored()
            try:
                self._note_wait()
                async with self._host.place(self._mailbox.username), await self._connect() as session:
                    self._host.welcomed()
                    opened = await self._open(session, cursor)
                    cursor = opened.agenda.cursor
                    async with aclosing(self._read(session, opened)) as reading:
                        async for batch in reading:
                            yield batch
                            if batch.reading.lost is not None:
                                raise batch.reading.lost
                            cursor = batch.cursor
                            failures = 0
            except _Leave:
                await self._pause(self._numbers.poll_interval.total_seconds())
                continue
            except Throttled as error:
                self._host.rest(error.seconds)
                await self._wait_out(State.THROTTLED, "throttled", str(error), LOST_PAUSES, failures)
            except ConnectionLost as error:
                pauses = self._blame() or LOST_PAUSES
                await self._wait_out(State.FAILING, "lost", str(error), pauses, failures)
            except MailboxError as error:
                await self._wait_out(State.REFUSED, "refused", str(error), REFUSED_PAUSES, failures)
            failures += 1

    async def _connect(self) -> Session:
        seconds = self._numbers.command_timeout.total_seconds()
        return await log_in(self._mailbox, self._tokens, seconds=seconds, pace=self._pace)

    async def _open(self, session: Session, cursor: Cursor | None) -> _Opened:
        """Open the Sent folder and find out what is to be read: as before, or everything anew."""
        self._asked = ()
        sent = sent_folder(await session.list_folders(), self._mailbox.folder_to_open)
        if within(sent.folder, self._private):
            raise MailboxError(
                f'folder "{sent.folder.name}" is under privacy.never_read: remove it there, or this mailbox'
            )
        examined = await session.examine(sent.folder)
        name = sent.folder.name
        self._note(state=State.CATCHING_UP, reason="", folder=name, found_how=sent.how)
        known = cursor if cursor and is_same(cursor, examined, name, self._earlier) else None
        if known is None or not await self._is_marked(session):
            self._agenda = await agenda_anew(session, examined, self._backfill, self._earlier)
            self._live, self._mark = False, None
            self._suspects, self._earlier = Suspects(), Earlier()
        elif self._agenda is None:
            self._agenda = await agenda_resumed(session, examined, self._backfill, self._earlier, known)
        self._earlier = replace(self._earlier, folder=name)
        agenda, now = self._agenda, time.monotonic()
        nothing_new = _tells_nothing_new(examined, agenda)
        return _Opened(sent.folder, examined.uidvalidity, agenda, nothing_new, now, now)

    async def _is_marked(self, session: Session) -> bool:
        """Whether a message that was read is still the same under its number (or gone, which says nothing).

        A restored backup may give known numbers to other messages and still have the same UIDVALIDITY.
        """
        mark, self._mark = self._mark, None  # forgotten first: reading it may be what loses the connection
        if mark is None:
            return True
        found = await self._look(session, [mark[0]])
        self._mark = mark
        return not found or _digest(found[0]) == mark[1]

    async def _read(self, session: Session, opened: _Opened) -> AsyncGenerator[WatchedBatch, None]:
        agenda = opened.agenda
        reading = self._reading = Reading(session, self._numbers.message_limit)
        await self._confront(session, agenda)
        if opened.nothing_new:
            await self._confirm(reading, agenda)
        else:
            await self._ask_for_news(reading, agenda)
        asked, asked_at = True, time.monotonic()
        while True:
            if agenda.next(1) is not None and time.monotonic() - asked_at > NEWS_SECONDS:
                asked_at = time.monotonic()
                await session.noop()  # a search alone need not look for what has just been filed
            if session.has_news or (agenda.next(1) is None and not asked):
                await self._ask_for_news(reading, agenda)
            asked = False
            step = agenda.next(self._size, self._suspects.alone)
            self._note(backlog=agenda.waiting, past=agenda.past)
            if step is not None:
                batch = await self._fetch(reading, agenda, step)
                yield batch
                self._finish(agenda, step, batch.found)
            elif (uid := self._suspects.due(time.monotonic())) is not None:
                found = await self._look(session, [uid])
                gone = not found and not await still_there(session, [uid])
                settled = (uid,) if found or gone else ()
                yield WatchedBatch(self.key, agenda.cursor, found, False, 0, reading, settled=settled)
                self._suspects.clear(settled)
            else:
                self._note(state=State.WATCHING if session.can_idle else State.POLLING)
                yield WatchedBatch(self.key, agenda.cursor, (), True, 0, reading)
                if asked := await self._wait_for_news(session, opened):
                    await self._confirm(reading, agenda)
            self._make_room(opened)

    async def _ask_for_news(self, reading: Reading, agenda: Agenda) -> None:
        news = await reading.session.search_after(agenda.top)
        agenda.tell(news)
        if not news:
            await self._confirm(reading, agenda)

    async def _confirm(self, reading: Reading, agenda: Agenda) -> None:
        """The server has just said that there is no news."""
        await reading.stored()
        self._live = True
        if not agenda.has_gap:
            now = self._clock()
            self._note(last_sync=now, heard=now)
            self._earlier = replace(self._earlier, last_sync=now)

    async def _fetch(self, reading: Reading, agenda: Agenda, step: Step) -> WatchedBatch:
        live, left = self._live and not step.past, agenda.waiting - len(step.uids)
        if self._suspects.is_aside(step.uids[0]):
            return WatchedBatch(self.key, step.cursor, (), live, left, reading, unreadable=step.uids)
        self._asked = step.uids
        found = await self._look(reading.session, step.uids)
        absent = sorted(set(step.uids) - {one.uid for one in found})
        refused = await still_there(reading.session, absent)
        if refused and not found:  # only a server that shows others proves that it is the message
            raise ConnectionLost("the server does not hand over messages that it lists")
        for uid in refused:
            self._suspects.set_aside(uid, time.monotonic())
        vanished = len(absent) - len(refused)
        self._note(vanished=self._status.vanished + vanished)
        return WatchedBatch(
            self.key,
            step.cursor,
            found,
            live,
            left,
            reading,
            unreadable=refused,
            vanished=vanished,
            past=step.past,
        )

    def _finish(self, agenda: Agenda, step: Step, found: Sequence[Found]) -> None:
        """The step is stored."""
        agenda.done(step)
        self._asked = ()
        self._suspects.clear(uid for uid in step.uids if not self._suspects.is_aside(uid))
        self._size = min(self._numbers.batch_messages, 2 * self._size)
        self._note(heard=self._clock())
        if found:
            self._mark = found[-1].uid, _digest(found[-1])
        if step.past:
            self._note(past_read=self._status.past_read + len(step.uids))

    async def _wait_for_news(self, session: Session, opened: _Opened) -> bool:
        """Wait for a while; whether the server said that there is none."""
        renewal = self._numbers.idle_renewal.total_seconds()
        polled = self._numbers.poll_interval.total_seconds()
        if session.can_idle:
            await session.idle(
                min(renewal, polled) if self._host.is_full(self._mailbox.username) else renewal
            )
        else:
            await asyncio.sleep(polled)
            await session.noop()
        if session.has_news or time.monotonic() - opened.examined_at < renewal:
            return False
        opened.examined_at = time.monotonic()
        examined = await session.examine(opened.folder)
        if examined.uidvalidity != opened.uidvalidity:
            raise ConnectionLost("the server has numbered the messages anew")
        return _tells_nothing_new(examined, opened.agenda)

    def _make_room(self, opened: _Opened) -> None:
        """Leave when others wait for the connection, and this mailbox has had it long enough."""
        if not self._host.is_crowded(self._mailbox.username):
            return
        idle = self._status.state.up_to_date
        if idle or time.monotonic() - opened.at > CROWDED_SECONDS:
            if idle:
                self._note(state=State.POLLING)
            raise _Leave

    async def _confront(self, session: Session, agenda: Agenda) -> None:
        """Let the server show another message before the suspect is asked for once more."""
        suspect = self._suspects.begin_session()
        others = [] if suspect is None else agenda.others(suspect)
        if suspect is not None and others:
            other = others[(self._suspects.tries(suspect) - 1) % len(others)]
            if await self._look(session, [other]):
                self._suspects.confront(suspect)

    def _blame(self) -> tuple[float, float] | None:
        """Suspect what was being fetched when the connection was lost; how long to wait then."""
        asked, self._asked = self._asked, ()
        if not asked:
            return None
        refused = self._reading.refused if self._reading is not None else ()
        for uid in refused:
            self._suspects.accuse(uid)
        if len(asked) == 1 or not refused:
            self._suspects.blame(asked, time.monotonic())
            # A bad line, or one message the server cannot send, shall hold up as little as possible.
            self._size = max(1, self._size // 4)
        return LOST_PAUSES[0], 4 * LOST_PAUSES[0]

    async def _wait_out(
        self, state: State, why: str, reason: str, pauses: tuple[float, float], failures: int
    ) -> None:
        reconnects = {**self._status.reconnects, why: self._status.reconnects.get(why, 0) + 1}
        self._note(state=state, reason=reason, reconnects=reconnects)
        pause = min(pauses[1], pauses[0] * 2 ** min(failures, 20))
        # Jitter keeps thousands of mailboxes from coming back to a restarted server in one instant.
        await self._pause(pause * random.uniform(0.5, 1.0))  # noqa: S311  # no secret depends on it

    async def _pause(self, seconds: float) -> None:
        """Wait, unless somebody is in a hurry."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return

    def _note_wait(self) -> None:
        if self._host.resting:
            self._note(state=State.THROTTLED, reason="the server asked for fewer connections; waiting")
        elif self._status.state is not State.POLLING:
            self._note(state=State.CONNECTING)

    def _begin(self, earlier: Earlier) -> None:
        """Nothing is left of an earlier time that was broken off.

        Of what it had read the last may never have been stored, and another replica may have gone on since.
        """
        self._agenda, self._asked, self._mark, self._live = None, (), None, False
        self._earlier = earlier
        self._suspects = Suspects(earlier.unreadable)
        self._reading = None
        self._note(state=State.CONNECTING, last_sync=earlier.last_sync)

    def _note(self, **changes: object) -> None:
        if any(getattr(self._status, name) != value for name, value in changes.items()):
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]  # its fields


def _tells_nothing_new(examined: Examined, agenda: Agenda) -> bool:
    """Whether opening the folder has said that nothing lies above what the agenda knows of."""
    return examined.uidnext is not None and examined.uidnext <= agenda.top + 1


def _digest(found: Found) -> bytes:
    return hashlib.blake2b(found.header, digest_size=16).digest()
