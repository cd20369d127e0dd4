"""How a message travels, stage by stage. Start here.

    mailbox    finds it, header first                          mailbox/
    message    reads what its sender wrote                     message/
    keying     replaces every word and address by its hash     keying.py
    intake     is stored together with the mailbox's cursor    store/intake.py
    ------------------------------------------------------------------------ two ledgers
    template   is compared with the templates found so far     template/
    judgement  gets its verdict, changes earlier ones          store/judgement.py
    tally      is counted at its own time                      statistics/
    wording    once enough people got the same words           clear_words.py

`Intake` is the upper half and runs wherever mailboxes are watched; `Judge` is the lower half and runs
once. Both write one transaction a batch. What follows (alerts, letters, metrics, pages) reads the store.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import sqlalchemy as sa

from auditor.clear_words import ClearWords
from auditor.keying import key
from auditor.mailbox.found import Archived, Batch, Cursor, Found
from auditor.message.reading import outgoing
from auditor.message.values import Outgoing, Skipped
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.request import kinds as changes_asked
from auditor.statistics.tally import Counted, changes
from auditor.store import intake, judgement, requests, rollup, tallies, templates, withdrawal
from auditor.store.engine import Store
from auditor.store.intake import IntakeSend, Taken
from auditor.store.judgement import Unjudged
from auditor.template.index import TemplateIndex
from auditor.template.values import Judgement, Kept, Rules
from auditor.template.wording import wording_in_clear

JUDGED_AT_ONCE = 256
"""Sends in one judgement transaction: some tens of milliseconds of work."""

_READDRESSED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One message on its way in: what it is, or why it is no send."""

    outcome: Outgoing | Skipped
    uid: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One batch with its headers read and the texts that may be read, not read yet."""

    batch: Batch
    headers: Sequence[Reading]
    texts: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one batch brought: sends new to the store, copies of known ones, and what was no send."""

    new: int
    copies: int
    skipped: Mapping[str, int]
    ids: tuple[int | None, ...] = ()
    sends: tuple[Outgoing, ...] = ()
    sources: tuple[str, ...] = ()


class Intake:
    """The upper half: from a message found to a send stored."""

    def __init__(
        self,
        store: Store,
        people: People,
        pseudonyms: Pseudonyms,
        words: ClearWords,
        *,
        read_internal: bool = False,
    ) -> None:
        self.people = people
        self._store = store
        self._pseudonyms = pseudonyms
        self._words = words
        self._read_internal = read_internal
        # Parsing is work for a processor, not for the event loop; one thread keeps its appetite bounded.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")

    async def take(self, batch: Batch, mailbox_id: int) -> Arrival:
        """Fetch, read and store one batch of a watched mailbox; see `fetch` and `keep`."""
        return await self.keep(await self.fetch(batch), mailbox_id)

    async def fetch(self, batch: Batch) -> Fetched:
        """Read the headers of one batch and fetch the texts that may be read.

        Raises:
            ConnectionLost: the texts could not be fetched.
        """
        headers = await asyncio.get_running_loop().run_in_executor(
            self._reader, self._read_headers, batch.found, batch.live
        )
        wanted = [reading.uid for reading in headers if reading.uid is not None and _wants_text(reading)]
        return Fetched(batch, headers, await batch.texts(wanted) if wanted else {})

    async def keep(self, fetched: Fetched, mailbox_id: int) -> Arrival:
        """Read and store what was fetched, and move the mailbox's cursor, in one transaction.

        Raises:
            StoreError: the store refused; nothing was stored, the mailbox still has the mail.
        """
        batch = fetched.batch
        readings = await asyncio.get_running_loop().run_in_executor(
            self._reader, self._read_texts, batch.found, fetched.headers, fetched.texts, batch.live
        )
        return await self._keep(
            readings, live=batch.live, past=batch.past, mailbox_id=mailbox_id, cursor=batch.cursor
        )

    async def take_archived(self, archived: Sequence[Archived]) -> Arrival:
        """Read and store some messages of an archive."""
        readings = await asyncio.get_running_loop().run_in_executor(
            self._reader, self._read_archived, archived
        )
        return await self._keep(readings, live=False)

    def close(self) -> None:
        """Let the reading thread end."""
        self._reader.shutdown(wait=True)

    def _read_headers(self, found: Sequence[Found], live: bool) -> list[Reading]:
        return [Reading(self._outgoing(one, one.header, live), one.uid) for one in found]

    def _outgoing(self, one: Found, raw: bytes, live: bool) -> Outgoing | Skipped:
        return outgoing(
            raw,
            one.received_at,
            self.people,
            read_internal=self._read_internal,
            journal=one.journal,
            backlog=not live,
        )

    def _read_texts(
        self, found: Sequence[Found], headers: Sequence[Reading], texts: Mapping[int, bytes], live: bool
    ) -> list[Reading]:
        """The readings of a batch. A message that was wanted and has vanished meanwhile is a named skip."""
        readings = []
        for one, header in zip(found, headers, strict=True):
            if not _wants_text(header):
                readings.append(header)
            elif (raw := texts.get(one.uid)) is None:
                readings.append(Reading(Skipped("vanished"), one.uid))
            else:
                readings.append(Reading(self._outgoing(one, raw, live), one.uid))
        return readings

    def _read_archived(self, archived: Sequence[Archived]) -> list[Reading]:
        return [
            Reading(
                outgoing(
                    one.raw,
                    one.received_at,
                    self.people,
                    read_internal=self._read_internal,
                    archive=True,
                    journal=True,  # an archive may be one: what is an envelope report is opened
                ),
                source=one.source,
            )
            for one in archived
        ]

    async def _keep(
        self,
        readings: Sequence[Reading],
        *,
        live: bool,
        past: bool = False,
        mailbox_id: int | None = None,
        cursor: Cursor | None = None,
    ) -> Arrival:
        sends: list[Outgoing] = []
        sources: list[str] = []
        keyed: list[IntakeSend] = []
        skipped: Counter[str] = Counter()
        for reading in readings:
            if isinstance(reading.outcome, Skipped):
                skipped[reading.outcome.reason] += 1
                continue
            sends.append(reading.outcome)
            sources.append(reading.source)
            keyed.append(
                key(reading.outcome, self._pseudonyms, self.people, live=live, past=past, uid=reading.uid)
            )
        now = time.time()

        def transaction(connection: sa.Connection) -> Taken:
            return intake.take(connection, keyed, now, mailbox_id, cursor)

        taken = await self._store.run(transaction)
        for send_id, sent, one in zip(taken.texts, sends, keyed, strict=True):
            if send_id is not None:
                people = frozenset(who.address for who in one.recipients if who.external)
                self._words.remember(send_id, sent, people)
        return Arrival(taken.new, len(keyed) - taken.new, skipped, taken.ids, tuple(sends), tuple(sources))


def _wants_text(reading: Reading) -> bool:
    """Text that may not be read (internal mail, `privacy.never_read`) is not even fetched."""
    return not isinstance(reading.outcome, Skipped) and reading.outcome.readable


@dataclass(frozen=True, slots=True)
class Judged:
    """What one judgement did: sends judged for the first time, and earlier ones that count otherwise now."""

    first: tuple[tuple[Unjudged, Counted], ...]
    moved: tuple[tuple[Counted, Counted], ...]
    worded: int = 0
    settled: int = 0  # requests of people that were applied or refused

    def __bool__(self) -> bool:
        return bool(self.first or self.moved)


class Judge:
    """The lower half: from sends stored to verdicts, tallies and templates.

    Lives on the store's thread: load it and let it judge through `Store.run`. When a transaction fails,
    `drop` it: the next judgement loads what the store has, and nothing is judged twice.
    """

    def __init__(self, rules: Rules, words: ClearWords) -> None:
        self._rules = rules
        self._words = words
        self._index: TemplateIndex | None = None
        self._connection: sa.Connection | None = None  # of the transaction under way
        self._next_seq = 1
        self._worded: set[str] = set()

    def load(self, connection: sa.Connection) -> None:
        """Take up the state that the store has: a restart loads, it never replays."""
        self._connection = connection
        resting = judgement.resting(connection)
        self._index = TemplateIndex.load(self._rules, resting, self._recall)
        self._next_seq = resting.judged + 1
        self._worded = templates.worded(connection)

    def _recall(self, numbers: Sequence[int]) -> Mapping[int, Kept]:
        """Give the template stage back what it left in the store."""
        assert self._connection is not None  # noqa: S101  # asked only while judging
        return judgement.recall(self._connection, numbers)

    def drop(self) -> None:
        """Forget the state in memory, because the transaction that moved it was not written."""
        self._index = None

    def judge(self, connection: sa.Connection, now: float, *, by_time: bool = False) -> Judged:
        """Judge the next sends and write all that follows from it, within the caller's transaction.

        Args:
            now: seconds since the epoch; decides only how finely old sends are counted.
            by_time: judge in the order of sending instead of storing; for archives.
        """
        settled = requests.settle_pending(connection, changes_asked.apply, now)
        withdrawn = withdrawal.withdraw(connection)
        for before, _ in withdrawn:
            self._words.forget(before.template or "")
        if changes_asked.FORGET in settled or withdrawn:
            self.drop()  # what the templates' states say has changed
        index = self._loaded(connection)
        waiting = judgement.unjudged(connection, JUDGED_AT_ONCE, by_time)
        judged = self._write(connection, now, waiting, index.judge([one.send for one in waiting]), withdrawn)
        return replace(judged, settled=len(settled))

    def _loaded(self, connection: sa.Connection) -> TemplateIndex:
        self._connection = connection
        if self._index is None:
            self.load(connection)
        assert self._index is not None  # noqa: S101  # load has just made it
        return self._index

    def _write(
        self,
        connection: sa.Connection,
        now: float,
        waiting: Sequence[Unjudged],
        result: Judgement,
        withdrawn: Sequence[tuple[Counted, Counted]],
    ) -> Judged:
        moves = judgement.write(connection, waiting, result, self._next_seq)
        late = judgement.readdressed(connection, _READDRESSED_AT_ONCE)
        recounted = judgement.write_readdressed(connection, late, self._loaded(connection).readdress(late))
        moved = [*withdrawn, *((before, after) for before, after in moves if before is not None), *recounted]
        first = [(None, after) for before, after in moves if before is None]
        tallies.move_tally(connection, changes([*first, *moved], rollup.fine_from(connection, now)))
        self._next_seq += len(waiting)
        worded = self._write_wordings(connection, waiting, result)
        counted = zip(waiting, (after for _, after in moves), strict=False)
        return Judged(
            tuple((one, after) for one, after in counted if one.before is None), tuple(moved), worded
        )

    def _write_wordings(
        self, connection: sa.Connection, waiting: Sequence[Unjudged], result: Judgement
    ) -> int:
        """Write the wording of templates that have just reached enough people."""
        for younger in result.aliases:
            self._words.forget(younger)
            self._worded.discard(younger)
        written = 0
        for one, verdict in zip(waiting, result.verdicts, strict=True):
            wanted = None if verdict.template in self._worded else verdict.template
            copies = self._words.file(one.send.id, wanted)
            wording = wording_in_clear([copy.lines for copy in copies]) if copies else None
            if verdict.template is not None and wording is not None:
                templates.write_wording(connection, verdict.template, wording)
                self._worded.add(verdict.template)
                self._words.forget(verdict.template)
                written += 1
        return written
