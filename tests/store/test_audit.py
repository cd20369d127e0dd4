"""The audit log grows, and nothing in it can be changed."""

import pytest
import sqlalchemy as sa

from auditor.errors import StoreError
from auditor.store import audit
from auditor.store.audit import Look
from auditor.store.database.schema import audit as table
from tests.mail import letters
from tests.store.conftest import Places
from tests.store.ledgers import NOW, Ledgers


@pytest.fixture
def ledgers(place: Places):
    made = Ledgers(place("auditor.db"))
    made.take(list(letters(1)))
    made.store.run_here(lambda c: audit.note(c, Look.WORDS, "mia", 1, NOW))
    yield made
    made.close()


def test_an_entry_says_who_when_and_whose(ledgers):
    (entry,) = ledgers.store.run_here(audit.entries)
    assert (entry.at, entry.by, entry.what, entry.sender) == (NOW, "mia", "words", "bob@northvans.example")


@pytest.mark.parametrize("change", [sa.delete(table), sa.update(table).values(by="nobody")])
def test_the_database_refuses_to_change_it(ledgers, change):
    with pytest.raises(StoreError):
        ledgers.store.run_here(lambda connection: connection.execute(change))
    assert len(ledgers.store.run_here(audit.entries)) == 1
