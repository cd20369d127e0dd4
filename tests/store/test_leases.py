"""Leases: one holder at a time, fenced by the epoch, shared out again when somebody dies."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.pseudonyms import Pseudonyms
from auditor.store import leases
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.database.postgresql import Postgresql
from auditor.store.database.schema import STATE_FORMAT
from auditor.store.engine import Store, open_store
from auditor.store.leases import Count, LeaseLost
from auditor.store.upgrade import may_judge, use_format
from tests.components.postgresql import PostgresqlServer
from tests.store.ledgers import KEY

MAILBOXES = [f"rep{n}@imap.example" for n in range(7)]


@pytest.fixture
def two(postgresql: PostgresqlServer, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """The same database, opened by two replicas."""
    url = postgresql.database()
    made = [open_store(Postgresql(url, tmp_path / name), Pseudonyms(KEY)) for name in ("a", "b")]
    made[0].run_here(lambda connection: leases.register(connection, MAILBOXES))
    yield made[0], made[1]
    for store in made:
        store.close()


def test_a_lease_has_one_holder(two: tuple[Store, Store]) -> None:
    a, b = two
    assert a.run_here(lambda c: leases.beat(c, "a", 60)) == Count(1, 7, 0)
    assert b.run_here(lambda c: leases.beat(c, "b", 60)) == Count(2, 7, 0)
    mine = a.run_here(lambda c: leases.claim(c, "a", 4))
    others = b.run_here(lambda c: leases.claim(c, "b", 100))
    assert (len(mine), len(others)) == (4, 3)
    assert {fence.name for fence in mine + others} == set(MAILBOXES)
    assert a.run_here(lambda c: leases.beat(c, "a", 60)) == Count(2, 7, 4)
    assert a.run_here(lambda c: leases.claim_judgement(c, "a")) is not None
    assert b.run_here(lambda c: leases.claim_judgement(c, "b")) is None


def test_who_falls_silent_loses_everything_and_writes_nothing_more(two: tuple[Store, Store]) -> None:
    a, b = two
    a.run_here(lambda c: leases.beat(c, "a", 0.2))
    lost = a.run_here(lambda c: leases.claim(c, "a", 7))
    a.run_here(lambda c: leases.hold(c, lost[0]))
    time.sleep(0.3)
    b.run_here(lambda c: leases.beat(c, "b", 60))
    taken = b.run_here(lambda c: leases.claim(c, "b", 7))
    assert [fence.epoch for fence in taken] == [2] * 7
    with pytest.raises(LeaseLost):
        a.run_here(lambda c: leases.hold(c, lost[0]))
    a.run_here(lambda c: leases.release(c, lost))  # says nothing of what is not its own any more
    b.run_here(lambda c: leases.hold(c, taken[0]))


def test_nobody_takes_a_lease_while_a_transaction_holds_it(two: tuple[Store, Store]) -> None:
    a, b = two
    a.run_here(lambda c: leases.beat(c, "a", 0.1))
    (fence, *_) = a.run_here(lambda c: leases.claim(c, "a", 7))
    holding, done = threading.Event(), threading.Event()

    def write(connection) -> None:
        leases.hold(connection, fence)
        holding.set()
        assert done.wait(20)

    writing = threading.Thread(target=a.run_here, args=(write,))
    writing.start()
    assert holding.wait(20)
    time.sleep(0.2)
    b.run_here(lambda c: leases.beat(c, "b", 60))
    taken = b.run_here(lambda c: leases.claim(c, "b", 7))
    assert fence.name not in {one.name for one in taken}
    assert len(taken) == 6
    done.set()
    writing.join()
    assert [one.name for one in b.run_here(lambda c: leases.claim(c, "b", 7))] == [fence.name]


def test_who_leaves_is_followed_at_once(two: tuple[Store, Store]) -> None:
    a, b = two
    a.run_here(lambda c: leases.beat(c, "a", 60))
    a.run_here(lambda c: leases.claim(c, "a", 7))
    a.run_here(lambda c: leases.claim_judgement(c, "a"))
    a.run_here(lambda c: leases.leave(c, "a"))
    assert b.run_here(lambda c: leases.beat(c, "b", 60)).alive == 1
    assert len(b.run_here(lambda c: leases.claim(c, "b", 7))) == 7
    assert b.run_here(lambda c: leases.claim_judgement(c, "b")) is not None


def test_mailboxes_come_and_go_with_the_configuration(two: tuple[Store, Store]) -> None:
    a, _ = two
    a.run_here(lambda c: leases.register(c, [*MAILBOXES, "new@imap.example"]))
    assert a.run_here(lambda c: leases.beat(c, "a", 60)).mailboxes == 8
    a.run_here(lambda c: leases.strike(c, MAILBOXES[:2]))
    assert a.run_here(lambda c: leases.beat(c, "a", 60)).mailboxes == 2
    assert a.run_here(lambda c: leases.claim_judgement(c, "a")) is not None


def test_a_version_that_does_not_understand_the_state_never_judges(two: tuple[Store, Store]) -> None:
    """During an upgrade both are at work: what the newer one has judged is not the older one's to touch."""
    a, b = two
    a.run_here(lambda c: write_meta(c, "state_format", b"1"))
    assert a.run_here(may_judge)
    a.run_here(use_format)
    assert b.run_here(lambda c: read_meta(c, "state_format")) == str(STATE_FORMAT).encode()
    b.run_here(lambda c: write_meta(c, "state_format", str(STATE_FORMAT + 1).encode()))
    assert not a.run_here(may_judge)


def test_replicas_that_start_at_once_make_the_tables_once(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    url, opened = postgresql.database(), []

    def start(name: str) -> None:
        opened.append(open_store(Postgresql(url, tmp_path / name), Pseudonyms(KEY)))

    threads = [threading.Thread(target=start, args=(f"replica{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in opened:
        store.close()
    assert len(opened) == 4
