"""A pooler that gives every transaction another connection changes nothing."""

import asyncio
import threading
from pathlib import Path

from auditor.store import leases
from auditor.store.database.postgresql import Postgresql
from auditor.store.reading.figures import Remembered, read_figures
from tests.components.postgresql import PostgresqlServer
from tests.mail import campaign, letters
from tests.store.ledgers import NOW, Ledgers


def test_two_replicas_through_a_pooler(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    url = postgresql.pooled(postgresql.database())
    one, other = (Ledgers(Postgresql(url, tmp_path / name)) for name in ("one", "other"))
    raws = [*campaign(12), *letters(8)]
    both = [threading.Thread(target=ledgers.take, args=(raws,)) for ledgers in (one, other)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(one.sends()) == 20  # found by both at once, stored once
    assert one.judge() == 20
    assert other.judge() == 0
    figures = asyncio.run(other.store.read(lambda connection: read_figures(connection, NOW, Remembered())))
    assert figures is not None
    one.store.run_here(lambda connection: leases.register(connection, ["ann@imap.example"]))
    one.store.run_here(lambda connection: leases.beat(connection, "one", 60))
    (fence,) = one.store.run_here(lambda connection: leases.claim(connection, "one", 5))
    other.store.run_here(lambda connection: leases.hold(connection, fence))
    for ledgers in (one, other):
        ledgers.close()
