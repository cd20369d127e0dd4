"""A one-shot audit: the same two ledgers on a temporary store that goes when the command ends."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from auditor.clear_words import ClearWords
from auditor.mailbox.found import Archived
from auditor.people import People
from auditor.pipeline import Intake, Judge, Outcome
from auditor.pseudonyms import Pseudonyms
from auditor.reader.beside import Readers
from auditor.statistics.report import ReportFigures
from auditor.statistics.tally import COARSE_SECONDS
from auditor.store.engine import Store, open_temporary
from auditor.store.reading import results
from auditor.store.reading.report import read_report
from auditor.template.values import Rules

JUDGED_AFTER = 20_000
"""Sends that are put in the order of sending before they are judged; beyond, memory would grow."""


class Audit:
    """One audit over archives or an account. Use as an async context manager; nothing is kept."""

    def __init__(
        self,
        company: People,
        rules: Rules,
        wording_recipients: int,
        *,
        key: bytes,
        read_internal: bool = False,
    ) -> None:
        """`key` is the pseudonym key: the same one for the same messages gives the same verdicts."""
        self._folder = tempfile.TemporaryDirectory(prefix="auditor-scan-")
        self._store: Store = open_temporary(Path(self._folder.name) / "scan.db")
        words = ClearWords(wording_recipients, sends_waiting=2 * JUDGED_AFTER)
        readers = Readers(company, key, read_internal=read_internal)
        self._intake = Intake(self._store, readers, words)
        self._judge = Judge(rules, words, Pseudonyms(key))
        self._named: dict[int, tuple[str, str]] = {}  # send id: Message-ID as in the mail, source
        self._reading: tuple[Sequence[Archived], asyncio.Task[list[Outcome]]] | None = None
        self.read = 0
        self.stored = 0
        self.judged = 0
        self.copies = 0
        self.skipped: Counter[str] = Counter()

    async def take(self, archived: Sequence[Archived]) -> None:
        """Read some messages into the temporary store.

        What is given is being read when this returns, what was given before is stored.
        """
        before, reading = self._reading, asyncio.create_task(self._intake.read_archived(archived))
        self._reading = archived, reading
        if before is not None:
            await self._keep(*before)

    async def _keep(self, archived: Sequence[Archived], reading: asyncio.Task[list[Outcome]]) -> None:
        arrival = await self._intake.keep_archived(archived, await reading)
        self.read += len(archived)
        self.stored += arrival.new
        self.copies += arrival.copies
        self.skipped.update(arrival.skipped)
        for send_id, *named in zip(arrival.ids, arrival.message_ids, arrival.sources, strict=True):
            if send_id is not None:
                self._named[send_id] = (named[0], named[1])

    @property
    def waiting(self) -> int:
        """Sends that are stored and not judged yet."""
        return self.stored - self.judged

    async def judge(self, now: float) -> AsyncIterator[int]:
        """Judge everything taken, in the order of sending; yields how many sends are judged so far."""
        if self._reading is not None:
            before, self._reading = self._reading, None
            await self._keep(*before)
        while True:
            judged = await self._store.run(
                lambda connection: self._judge.judge(connection, now, by_time=True)
            )
            if not judged:
                return
            self.judged += len(judged.first)
            yield self.judged

    async def finish(self, now: float) -> None:
        """Look at the latest sends once more by all that was taken: nothing follows."""
        await self._store.run(lambda connection: self._judge.finish(connection, now))

    async def summary(self) -> results.Summary:
        """Totals, ratios, templates and senders."""
        return await self._store.run(results.summary)

    async def report(self) -> ReportFigures:
        """What a report shows: everything from the first send to the last."""
        summary = await self.summary()
        first = summary.first_sent.timestamp() if summary.first_sent else 0.0
        last = summary.last_sent.timestamp() if summary.last_sent else 0.0
        start = int(first // COARSE_SECONDS) * COARSE_SECONDS
        return await self._store.run(lambda connection: read_report(connection, start, last, UTC))

    async def verdicts(self) -> AsyncIterator[dict[str, Any]]:
        """One object a send, in the order of sending, with the fields of `scan --format jsonl`."""
        after: tuple[float, int] | None = None
        while True:
            rows = await self._store.run(lambda connection, after=after: results.verdicts(connection, after))  # type: ignore[misc]  # a default argument binds the loop's value
            for row in rows:
                message_id, source = self._named[row.id]
                yield {"message_id": message_id, "source": source, **row.fields}
            if not rows:
                return
            after = rows[-1].position

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading[1].cancel()
        self._intake.close()
        self._store.close()
        self._folder.cleanup()
