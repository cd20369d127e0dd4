"""How what comes back travels; beside `pipeline.Intake`, and smaller: there is no text.

mailbox    finds it, some header fields                    mailbox/inbox.py
answer     reads what it is to what we sent                answer/arrival.py
keying     replaces every address and Message-ID           here
store      keeps it with the inbox's cursor, joins it      store/ledger/answers.py
"""

import asyncio
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from auditor.answer.arrival import Arrival, arrivals
from auditor.answer.rates import Joined
from auditor.mailbox.found import Batch
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.store.engine import Store
from auditor.store.leases import Transactions
from auditor.store.ledger import answers
from auditor.store.ledger.answers import KeyedAnswer


class Inbox:
    """From a message found in an inbox to an answer stored."""

    def __init__(
        self, store: Store, people: People, pseudonyms: Pseudonyms, stop_addresses: Collection[str] = ()
    ) -> None:
        self.people = people
        self._store = store
        self._pseudonyms = pseudonyms
        self._stop_addresses = frozenset(address.lower() for address in stop_addresses)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")

    async def keep(
        self, batch: Batch, mailbox_id: int, through: Transactions | None = None
    ) -> tuple[Joined, ...]:
        """Read and store one batch, and move the inbox's cursor, in one transaction.

        Args:
            through: what makes the transaction, where it must make sure of a lease; else the store.

        Raises:
            LeaseLost: another replica watches this inbox now.
            StoreError: the store refused; nothing was stored, the mailbox still has the mail.
        """
        keyed = await asyncio.get_running_loop().run_in_executor(self._reader, self._read, batch)
        now = time.time()

        def transaction(connection: sa.Connection) -> tuple[Joined, ...]:
            return answers.take(connection, keyed, now, mailbox_id, batch.cursor)

        return await (through or self._store).run(transaction)

    def close(self) -> None:
        """Let the reading thread end."""
        self._reader.shutdown(wait=True)

    def _read(self, batch: Batch) -> list[KeyedAnswer]:
        return [
            _keyed(one, self._pseudonyms, live=batch.live)
            for found in batch.found
            for one in arrivals(
                found.header, found.report, found.received_at, self.people, self._stop_addresses
            )
        ]


def _keyed(arrival: Arrival, pseudonyms: Pseudonyms, *, live: bool) -> KeyedAnswer:
    return KeyedAnswer(
        identity=pseudonyms.identity(*arrival.identity),
        sort=arrival.sort,
        at=arrival.at.timestamp(),
        live=live,
        direct=arrival.direct,
        person=pseudonyms.address(arrival.person) if arrival.person else None,
        organisation=pseudonyms.organisation(arrival.organisation) if arrival.organisation else None,
        references=tuple(pseudonyms.message_id(one) for one in arrival.references),
    )
