"""What the alerts would have told of audited mail: its templated sends, through the replay."""

from datetime import datetime
from typing import Any

from rich.table import Table

from auditor.people import People
from auditor.replay.command import as_object, replayed
from auditor.replay.events import Event
from auditor.scan.audit import Audit
from auditor.vocabulary import TEMPLATED, Direction


async def incidents(audit: Audit, company: People) -> list[dict[str, Any]]:
    """The incidents that would have opened, in order of time; none without templated mail."""
    events = [
        Event(
            datetime.fromisoformat(one["sent_at"]).timestamp(),
            one["sender"],
            company.team(one["sender"]),
            one["template"],
            one["recipients"],
        )
        async for one in audit.verdicts()
        if one["direction"] == Direction.EXTERNAL and one["class"] in TEMPLATED and one["template"]
    ]
    if not events:
        return []
    events.sort(key=lambda event: event.sent_at)
    return [as_object(incident) for incident in replayed(tuple(events), company)]


def as_table(found: list[dict[str, Any]]) -> Table:
    """The incidents for the terminal."""
    table = Table("opened", "what", "direction", "sent", "usual", "window", "reason", title="Alerts")
    for one in found:
        table.add_row(
            one["opened_at"], f"{one['scope']} {one['series']}".strip(), one["direction"],
            f"{one['observed']:,}", f"{one['usual']:,} ({one['low']:,.0f} to {one['high']:,.0f})",
            one["window"], str(one["reason"]).replace("_", " "),
        )  # fmt: skip
    return table
