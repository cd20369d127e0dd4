"""How a message travels, stage by stage. Start here.

    mailbox    finds it, header first                          mailbox/
    message    reads what its sender wrote                     message/
    keying     replaces every word and address by its hash     keying.py, both done by reader/
    intake     is stored together with the mailbox's cursor    store/ledger/intake.py
    ------------------------------------------------------------------------ two ledgers
    template   is compared with the templates found so far     template/
    judgement  gets its verdict, changes earlier ones          store/ledger/judgement.py
    tally      is counted at its own time                      statistics/
    wording    once enough people got the same words           clear_words.py

`Intake` is the upper half and runs wherever mailboxes are watched; `Judge` is the lower half and runs
once. Both write one transaction a batch. What follows (alerts, letters, metrics, pages) reads the store.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from auditor.clear_words import ClearWords
from auditor.config.sections import Privacy
from auditor.errors import StoreWaits
from auditor.mailbox.found import Archived, Batch, Cursor
from auditor.message.values import Skipped
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.reader.beside import PAUSE_SECONDS, Readers
from auditor.reader.served import Answer
from auditor.reader.work import Manner, Raw, Read, Wanted
from auditor.request import kinds as changes_asked
from auditor.statistics.tally import Counted, changes
from auditor.store import requests
from auditor.store.engine import Store
from auditor.store.leases import Transactions
from auditor.store.ledger import intake, judgement, rollup, tallies, templates, withdrawal
from auditor.store.ledger.intake import Taken
from auditor.store.ledger.judgement import Unjudged
from auditor.template.index import TemplateIndex
from auditor.template.values import Judgement, Kept, Rules
from auditor.template.wording import wording_in_clear

JUDGED_AT_ONCE = 256
"""Sends in one judgement transaction: some tens of milliseconds of work."""

_READDRESSED_AT_ONCE = 1_000

_READ_AT_ONCE = 50
"""Texts in one question to the reader, some tens of milliseconds: headers, and others, come in between."""

Outcome = Read | Skipped | Wanted
"""What a message turned out to be: read, passed over, or wanted with its text."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One batch with its headers read and the texts that may be read, not read yet."""

    batch: Batch
    headers: Sequence[Outcome]
    texts: Mapping[int, bytes]

    @property
    def size(self) -> int:
        """Bytes of the texts."""
        return sum(map(len, self.texts.values()))


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one batch brought: sends new to the store, copies of known ones, and what was no send."""

    new: int
    copies: int
    skipped: Mapping[str, int]
    ids: tuple[int | None, ...] = ()
    message_ids: tuple[str, ...] = ()  # of the sends, in clear
    sources: tuple[str, ...] = ()


class Intake:
    """The upper half: from a message found to a send stored."""

    def __init__(self, store: Store, readers: Readers, words: ClearWords) -> None:
        self._store = store
        self._words = words
        self._readers = readers
        # Parsing is work for a processor, not for the event loop; one thread keeps its appetite bounded.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._resting: asyncio.TimerHandle | None = None

    async def fetch(self, batch: Batch) -> Fetched:
        """Read the headers of one batch and fetch the texts that may be read, and that nobody has yet.

        Raises:
            ConnectionLost: the texts could not be fetched.
        """
        raws = [Raw(one.header, one.received_at, one.journal, one.uid) for one in batch.found]
        manner = Manner(live=batch.live, past=batch.past, headers_only=True, left=batch.backlog)
        headers = await self._without_known(raws, await self._read(raws, manner), manner)
        wanted = [
            one.uid for one, header in zip(batch.found, headers, strict=True) if isinstance(header, Wanted)
        ]
        return Fetched(batch, headers, await batch.texts(wanted) if wanted else {})

    async def _without_known(
        self, raws: Sequence[Raw], headers: Sequence[Outcome], manner: Manner
    ) -> list[Outcome]:
        """Of copies of sends whose text is known, or is known to be private, the headers are enough."""
        wanted = [header.identity for header in headers if isinstance(header, Wanted)]
        known = await self._with_text(wanted) if wanted else frozenset[bytes]()
        copies = [at for at, one in enumerate(headers) if isinstance(one, Wanted) and one.identity in known]
        if not copies:
            return list(headers)
        read = await self._read([raws[at] for at in copies], replace(manner, headers_only=False))
        by_place = dict(zip(copies, read, strict=True))
        return [by_place.get(at, one) for at, one in enumerate(headers)]

    async def _with_text(self, identities: Sequence[bytes]) -> frozenset[bytes]:
        try:
            return await self._store.read(partial(intake.with_text, identities=identities))
        except StoreWaits:
            return frozenset()  # then what is known travels once more

    async def read(self, fetched: Fetched) -> list[Outcome]:
        """Read the texts that were fetched; what each message of the batch is, in their order.

        A message that was wanted and has vanished meanwhile is a named skip.
        """
        batch, texts = fetched.batch, fetched.texts
        raws = [
            Raw(texts[one.uid], one.received_at, one.journal, one.uid)
            for one, header in zip(batch.found, fetched.headers, strict=True)
            if isinstance(header, Wanted) and one.uid in texts
        ]
        outcomes = await self._read(raws, Manner(live=batch.live, past=batch.past, left=batch.backlog))
        read = dict(zip((raw.uid for raw in raws), outcomes, strict=True))
        return [
            read.get(one.uid, Skipped("vanished")) if isinstance(header, Wanted) else header
            for one, header in zip(batch.found, fetched.headers, strict=True)
        ]

    async def keep(
        self,
        batch: Batch,
        outcomes: Sequence[Outcome],
        mailbox_id: int,
        through: Transactions | None = None,
    ) -> Arrival:
        """Store what was read of a batch, and move the mailbox's cursor, in one transaction.

        Args:
            through: what makes the transaction, where it must make sure of a lease; else the store.

        Raises:
            LeaseLost: another replica watches this mailbox now.
            StoreError: the store refused; nothing was stored, the mailbox still has the mail.
        """
        return await self._keep(outcomes, mailbox_id=mailbox_id, cursor=batch.cursor, through=through)

    async def read_archived(self, archived: Sequence[Archived]) -> list[Outcome]:
        """Read some messages of an archive, which may be a journal: envelope reports are opened."""
        raws = [Raw(one.raw, one.received_at, journal=True) for one in archived]
        return await self._read(raws, Manner(archive=True))

    async def keep_archived(self, archived: Sequence[Archived], outcomes: Sequence[Outcome]) -> Arrival:
        """Store what was read of an archive."""
        return await self._keep(outcomes, [one.source for one in archived])

    def know(self, people: People, privacy: Privacy) -> None:
        """Read by other people and domains, and other rules of privacy, from the next message on."""
        self._thread.submit(self._readers.know, people, read_internal=privacy.read_internal)
        self._words.ask_for(privacy.wording_recipients)

    def close(self) -> None:
        """Let the reading thread end, and what it reads with."""
        if self._resting is not None:
            self._resting.cancel()
        self._thread.shutdown(wait=True)
        self._readers.rest()

    async def _read(self, raws: Sequence[Raw], manner: Manner) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        read: list[Outcome] = []
        asked: deque[asyncio.Future[Answer]] = deque()
        at_once = max(1, len(raws)) if manner.headers_only else _READ_AT_ONCE
        for start in range(0, len(raws), at_once):
            some = raws[start : start + at_once]
            asked.append(loop.run_in_executor(self._thread, self._readers.read, some, manner))
            if len(asked) > 1:  # one more than is being answered: the reader never waits for the loop
                read += await asked.popleft()
        for last in asked:
            read += await last
        if self._readers.process_id is not None:
            if self._resting is not None:
                self._resting.cancel()
            self._resting = loop.call_later(PAUSE_SECONDS, self._thread.submit, self._readers.rest)
        return read

    async def _keep(
        self,
        outcomes: Sequence[Outcome],
        sources: Sequence[str] = (),
        *,
        mailbox_id: int | None = None,
        cursor: Cursor | None = None,
        through: Transactions | None = None,
    ) -> Arrival:
        sends = [(at, one) for at, one in enumerate(outcomes) if isinstance(one, Read)]
        skipped = Counter(one.reason for one in outcomes if isinstance(one, Skipped))
        keyed = [one.send for _, one in sends]
        now = time.time()

        def transaction(connection: sa.Connection) -> Taken:
            return intake.take(connection, keyed, now, mailbox_id, cursor)

        taken = await (through or self._store).run(transaction)
        for send_id, (_, one) in zip(taken.texts, sends, strict=True):
            if send_id is not None:
                self._words.remember(send_id, one.send, one.text)
        return Arrival(
            taken.new,
            len(keyed) - taken.new,
            skipped,
            taken.ids,
            tuple(one.message_id for _, one in sends),
            tuple(sources[at] for at, _ in sends) if sources else (),
        )


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

    def __init__(self, rules: Rules, words: ClearWords, pseudonyms: Pseudonyms) -> None:
        self._rules = rules
        self._pseudonyms = pseudonyms
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
        return judgement.recall(self._connection, self._pseudonyms, numbers)

    def drop(self) -> None:
        """Forget the state in memory, because the transaction that moved it was not written."""
        self._index = None

    def judge(self, connection: sa.Connection, now: float, *, by_time: bool = False) -> Judged:
        """Judge the next sends and write all that follows from it, within the caller's transaction.

        Args:
            now: seconds since the epoch; decides only how finely old sends are counted.
            by_time: judge in the order of sending instead of storing; for archives.
        """
        if not judgement.is_due(connection):
            return Judged((), ())
        settled = requests.settle_pending(connection, changes_asked.apply, now)
        withdrawn = withdrawal.withdraw(connection)
        for before, _ in withdrawn:
            self._words.forget(before.template or "")
        if changes_asked.FORGET in settled or withdrawn:
            self.drop()  # what the templates' states say has changed
        index = self._loaded(connection)
        waiting = judgement.unjudged(connection, self._pseudonyms, JUDGED_AT_ONCE, by_time)
        judged = self._write(connection, now, waiting, index.judge([one.send for one in waiting]), withdrawn)
        return replace(judged, settled=len(settled))

    def finish(self, connection: sa.Connection, now: float) -> None:
        """Measure the latest sends once more by all that an archive showed: nothing follows any more."""
        self._write(connection, now, (), self._loaded(connection).finish(), ())

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
        late = judgement.readdressed(connection, self._pseudonyms, _READDRESSED_AT_ONCE)
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
