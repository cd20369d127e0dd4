"""Many rows in one statement: both databases keep the same, whatever a column's values are."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.pseudonyms import Pseudonyms
from auditor.store.database.dialects import upsert
from auditor.store.database.rows import insert_numbered, insert_rows, update_rows
from auditor.store.database.schema import request, tally_change, template
from auditor.store.engine import Store, open_store
from auditor.vocabulary import Class
from tests.store.conftest import Places

KEY = bytes(range(32))
ASKED = {"by": "ann", "asked_at": 1.5, "arguments": "{}"}

TEMPLATE_COLUMNS = "id founded_by first_sent last_sent sends reached fixed state wording".split()

TEMPLATES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("abc", min_size=1, max_size=5),
            "founded_by": st.integers(0, 2**62),
            "first_sent": st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False),
            "last_sent": st.floats(0, 2e9),
            "sends": st.integers(0, 2**31 - 1) | st.booleans(),
            "reached": st.booleans(),
            "fixed": st.binary(max_size=40),
            "state": st.binary(max_size=40),
            "wording": st.none()
            | st.sampled_from(Class)
            | st.text(st.characters(exclude_characters="\0"), max_size=9),
        }
    ),
    max_size=30,
    unique_by=lambda row: row["id"],
)


@pytest.fixture
def store(place: Places) -> Iterator[Store]:
    made = open_store(place("auditor.db"), Pseudonyms(KEY))
    yield made
    made.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TEMPLATES, again=TEMPLATES)
def test_rows_are_kept_as_they_were_given(
    store: Store, rows: list[dict[str, object]], again: list[dict[str, object]]
) -> None:
    def kept(connection: sa.Connection) -> dict[str, dict[str, object]]:
        connection.execute(sa.delete(template))
        names = [name for name in TEMPLATE_COLUMNS if name != "id"]
        for some in (rows, again):
            insert_rows(connection, upsert(connection, template, ["id"], names), some)
        columns = [template.c[name] for name in TEMPLATE_COLUMNS]
        return {row.id: dict(row._mapping) for row in connection.execute(sa.select(*columns))}

    assert store.run_here(kept) == {row["id"]: row for row in (*rows, *again)}


def test_rows_are_numbered_in_the_order_given(store: Store) -> None:
    rows = [{"what": f"w{n}", **ASKED} for n in range(700)]
    ids = store.run_here(lambda connection: insert_numbered(connection, request, rows))
    order = sa.select(request.c.what).order_by(request.c.id)
    assert list(ids) == sorted(set(ids))
    assert store.run_here(lambda connection: connection.scalars(order).all()) == [row["what"] for row in rows]


def test_the_named_rows_change_and_no_others(store: Store) -> None:
    rows = [{"what": f"w{n}", **ASKED} for n in range(5)]
    ids = store.run_here(lambda connection: insert_numbered(connection, request, rows))
    new = [
        {"id": ids[1], "state": "done", "settled_at": None},
        {"id": ids[3], "state": "refused", "settled_at": 3},
    ]
    store.run_here(lambda connection: update_rows(connection, request, new))
    found = store.run_here(
        lambda connection: connection.execute(
            sa.select(request.c.state, request.c.settled_at).order_by(request.c.id)
        ).all()
    )
    assert [row.state for row in found] == ["pending", "done", "pending", "refused", "pending"]
    assert [found[1].settled_at, found[3].settled_at] == [None, 3.0]


def test_of_nothing_nothing_is_made(store: Store) -> None:
    def nothing(connection: sa.Connection) -> tuple[int, ...]:
        insert_rows(connection, sa.insert(tally_change), [])
        update_rows(connection, request, [])
        return insert_numbered(connection, request, [])

    assert store.run_here(nothing) == ()
