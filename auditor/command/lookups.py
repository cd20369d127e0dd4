"""What `auditor audit` says: who looked at whose mail, and when."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

_WHAT = {
    "verdict": "why it was called what it was called",
    "words": "its words",
    "review": "its text, for a review",
}


def as_table(entries: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Table:
    """The log for a terminal, the oldest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("when", "who looked", "whose mail", "send", "what was seen"):
        table.add_column(name, overflow="fold", no_wrap=name in {"when", "send"}, min_width=12)
    for entry in entries:
        when = datetime.fromtimestamp(entry["at"], zone).strftime("%Y-%m-%d %H:%M:%S")
        what = _WHAT.get(entry["what"], entry["what"])
        table.add_row(*map(Text, (when, entry["by"], entry["sender"], str(entry["send"]), what)))
    return table


def as_json(entries: Sequence[Mapping[str, Any]]) -> str:
    """The log for a program; times in RFC 3339."""
    rows = [
        {**entry, "at": datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds")}
        for entry in entries
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)
