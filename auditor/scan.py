"""A one-shot audit: the same two ledgers on a temporary store that goes when the command ends."""

import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from auditor import people
from auditor.clear_words import ClearWords
from auditor.freemail import FREE_MAIL
from auditor.mailbox.found import Archived
from auditor.people import People, Person
from auditor.pipeline import Intake, Judge
from auditor.pseudonyms import Pseudonyms, make_key
from auditor.store import results
from auditor.store.engine import Store, open_temporary
from auditor.template.values import Rules

_READ_AT_ONCE = 256
_FROM = re.compile(rb"^from:[^\n]*?@([a-z0-9.-]+\.[a-z0-9-]+)", re.IGNORECASE | re.MULTILINE)
_HEADER_LIMIT = 65_536  # where a From line is looked for


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: messages read, and judged."""

    read: int
    judged: int


class Scan:
    """One audit over archives or an account. Use as an async context manager; nothing is kept."""

    def __init__(
        self, company: People, rules: Rules, wording_recipients: int, *, read_internal: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="auditor-scan-")
        self._store: Store = open_temporary(Path(self._folder.name) / "scan.db")
        pseudonyms = Pseudonyms(make_key())
        words = ClearWords(wording_recipients)
        self._intake = Intake(self._store, company, pseudonyms, words, read_internal=read_internal)
        self._judge = Judge(rules, pseudonyms, words)
        self._named: dict[int, tuple[str, str]] = {}  # send id: Message-ID as in the mail, source
        self.read = 0
        self.judged = 0
        self.copies = 0
        self.skipped: Counter[str] = Counter()

    async def take(self, archived: Sequence[Archived]) -> Progress:
        """Read some messages into the temporary store."""
        arrival = await self._intake.take_archived(archived)
        self.read += len(archived)
        self.copies += arrival.copies
        self.skipped.update(arrival.skipped)
        for send_id, source, outgoing in zip(arrival.ids, arrival.sources, arrival.sends, strict=True):
            if send_id is not None:
                self._named[send_id] = (outgoing.identity[0], source)
        return Progress(self.read, self.judged)

    async def judge(self, now: float) -> AsyncIterator[Progress]:
        """Judge everything taken, in the order of sending."""
        while True:
            judged = await self._store.run(
                lambda connection: self._judge.judge(connection, now, by_time=True)
            )
            if not judged:
                return
            self.judged += len(judged.first)
            yield Progress(self.read, self.judged)

    async def summary(self) -> results.Summary:
        """Totals, ratios, templates and senders."""
        return await self._store.run(results.summary)

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
        self._intake.close()
        self._store.close()
        self._folder.cleanup()


def in_batches(archived: Iterator[Archived]) -> Iterator[list[Archived]]:
    """Messages in lists of a few hundred, so that memory stays bounded."""
    batch: list[Archived] = []
    for one in archived:
        batch.append(one)
        if len(batch) >= _READ_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def from_domain(raw: bytes) -> str | None:
    """The registrable domain in a message's From line, as far as a quick look can tell."""
    end = min(n for n in (raw.find(b"\n\n"), raw.find(b"\n\r\n"), _HEADER_LIMIT) if n >= 0)
    match = _FROM.search(raw[:end])
    if match is None:
        return None
    domain = people.organisation_of("someone@" + match[1].decode("ascii", "replace").lower())
    return None if domain.startswith("someone@") or domain in FREE_MAIL else domain


def company(domains: Sequence[str], persons: Sequence[Person]) -> People:
    """Who we are in a scan: the domains given or seen, and the people file if there is one."""
    return People.of(domains, persons)


def since_filter(archived: Iterator[Archived], since: datetime | None) -> Iterator[Archived]:
    """Leave out what was received before `since`; what has no time stays."""
    for one in archived:
        if since is None or one.received_at is None or one.received_at >= since:
            yield one
