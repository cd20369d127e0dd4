"""What the privacy note says is kept is what the schema has: a new column without a line fails here."""

import re
from collections import Counter

from auditor.store.database.schema import metadata
from tests.test_documents import ROOT

NOTE = (ROOT / "config" / "PRIVACY.md").read_text(encoding="utf-8")
ROWS = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", NOTE)


def test_every_column_of_the_store_has_its_line_in_the_privacy_note():
    told = Counter(
        (table, column) for table, columns, _, _ in ROWS for column in re.findall(r"`(\w+)`", columns)
    )
    kept = Counter(
        (table.name, column.name) for table in metadata.tables.values() for column in table.columns
    )
    assert not kept - told, "say in config/PRIVACY.md what it is for and how long it is kept"
    assert not told - kept, "the note tells of what is not kept, or tells it twice"
