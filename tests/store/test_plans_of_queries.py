"""What judgement asks of the store costs the same however many sends there are: nothing is read through."""

import re
from pathlib import Path

import sqlalchemy as sa

from auditor.store.database.schema import template_entry
from tests.mail import campaign, letters
from tests.store.ledgers import Ledgers

GROWING = "send|recipient|location|tally|template|template_entry|template_phrase"
PARTIAL = ("send_unjudged", "send_recount", "template_purpose")
"""Indexes of the few rows that wait, or that people gave something."""


def test_no_judgement_reads_a_growing_table_through(tmp_path: Path) -> None:
    ledgers = Ledgers(tmp_path / "auditor.db")
    asked: dict[str, object] = {}

    def note(_connection, _cursor, statement, parameters, _context, executemany) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked.setdefault(statement, parameters[0] if executemany else parameters)

    ledgers.take([*campaign(9), *letters(8)])
    ledgers.judge()  # the first loads the index, all of it
    ledgers.take([*campaign(12), *letters(14)])
    sa.event.listen(ledgers.store._engine, "before_cursor_execute", note)
    assert ledgers.judge() == 9
    sa.event.remove(ledgers.store._engine, "before_cursor_execute", note)
    assert len(asked) > 5

    def plans(connection: sa.Connection) -> list[tuple[str, str]]:
        return [
            (row[3], statement)
            for statement, parameters in asked.items()
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    through = [
        (step, statement)
        for step, statement in ledgers.store.run_here(plans)
        if re.match(rf"SCAN (?:{GROWING})\b|SEARCH .*[<>]\?\)", step)
        and not any(f"INDEX {name}" in step for name in PARTIAL)
    ]
    assert not through, through
    ledgers.close()


def test_purge_finds_the_entries_of_what_goes_by_an_index(tmp_path: Path) -> None:
    ledgers = Ledgers(tmp_path / "auditor.db")
    gone = str(
        sa.delete(template_entry)
        .where(template_entry.c.number.in_([1, 2]))
        .compile(compile_kwargs={"literal_binds": True})
    )

    def plan(connection: sa.Connection) -> list[str]:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {gone}")]

    assert all("template_entry_number" in step for step in ledgers.store.run_here(plan))
    ledgers.close()
