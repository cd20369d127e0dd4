"""The two ledgers on a store of their own, driven as the daemon drives them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from auditor.clear_words import ClearWords
from auditor.mailbox.found import Archived
from auditor.people import People
from auditor.pipeline import Arrival, Intake, Judge
from auditor.pseudonyms import Pseudonyms
from auditor.reader.beside import Readers
from auditor.store.database.schema import send
from auditor.store.engine import Place, Store, open_store
from auditor.template.values import Rules

COMPANY = People.of(["northvans.example"])
KEY = bytes(range(32))
NOW = datetime(2026, 9, 20, tzinfo=UTC).timestamp()


class Ledgers:
    """Intake and judgement over a store at `place`; close and make again to restart."""

    def __init__(self, place: Place, company: People = COMPANY) -> None:
        self.store: Store = open_store(place, Pseudonyms(KEY))
        words = ClearWords(5)
        self.intake = Intake(self.store, Readers(company, KEY), words)
        self.judge_ = Judge(Rules(), words, Pseudonyms(KEY))

    def take(self, raws: Sequence[bytes]) -> Arrival:
        return asyncio.run(self._take([Archived("test", raw, None) for raw in raws]))

    async def _take(self, archived: Sequence[Archived]) -> Arrival:
        return await self.intake.keep_archived(archived, await self.intake.read_archived(archived))

    def judge(self) -> int:
        """Judge everything that waits."""
        count = 0
        while judged := self.store.run_here(lambda connection: self.judge_.judge(connection, NOW)):
            count += len(judged.first)
        return count

    def sends(self) -> list[sa.Row]:
        return self.rows(sa.select(send).order_by(send.c.id))

    def rows(self, query: sa.Select) -> list[sa.Row]:
        return self.store.run_here(lambda connection: list(connection.execute(query)))

    def close(self) -> None:
        self.intake.close()
        self.store.close()
