"""Lists on terminals of any width: nothing is cut, and a narrow one is still read from top to bottom."""

from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from auditor.command.lookups import as_table as lookups_table
from auditor.command.tables import Fitted
from auditor.mailbox.found import Cursor
from auditor.question import incidents, mailboxes, templates

ZONE = ZoneInfo("Europe/London")
INCIDENT = incidents.Row(
    7, "open", "template", "“[Q4] spring offer”", "many_senders_new_template", "sends", 1800, 1_090, 0.2, 0.0,
    3.0, 1795348122.3, None, "mia", quiet=True,
)  # fmt: skip
PLAN = incidents.PlanRow(1, "team", "Team [EMEA] North", 1795348122.0, 1795349000.0, 50)
TEMPLATE = templates.Row(
    "98ef52991673", None, "outreach", "hi ‹name›\nour prices go up on the first of the month and you know it",
    90, 90, 71, 11, "2026-11-22T11:48:36+00:00", "2026-11-22T11:48:48+00:00", {"mass": 90}, (),
)  # fmt: skip
MAILBOX = mailboxes.Row(
    32, "mia.thornbury@hollin-air.example", "imap.hollin-air.example:993", "Éléments envoyés", "failing",
    "2026-11-22T11:49:27+00:00", 12, Cursor(1, 1, 82), 0, "the server asks for less",
)  # fmt: skip
LOOK = {"at": 1795348122.3, "by": "mia", "sender": "ann@northvans.example", "send": 9, "what": "words"}
TABLES = {
    "incidents": (incidents.as_table([INCIDENT], ZONE), "[Q4] spring offer", "1,090 sends"),
    "plans": (
        incidents.plans_table([PLAN], ZONE),
        "Team [EMEA] North", "Sun 22 Nov 2026, 11:48",
    ),
    "templates": (templates.as_table([TEMPLATE], ZONE), "98ef52991673", "22 Nov 2026"),
    "mailboxes": (mailboxes.as_table([MAILBOX], ZONE), "mia.thornbury@", "2026-11-22 11:49:27"),
    "lookups": (lookups_table([LOOK], ZONE), "ann@northvans.example", "its words"),
}  # fmt: skip


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", TABLES)
def test_a_row_is_read_from_top_to_bottom(name, width):
    table, *said = TABLES[name]
    console = Console(width=width)
    with console.capture() as shown:
        console.print(Fitted(table))
    lines = shown.get().splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) <= 4 + 300 // width, "no column is a letter wide"
    if width != 80:  # where some are folded
        assert all(one in " ".join(shown.get().split()) for one in said)


def test_times_are_rfc_3339_for_programs():
    told = incidents.as_json(incidents.fields([INCIDENT]))
    assert '"opened_at": "2026-11-22T11:48:42+00:00"' in told
    assert '"resolved_at": null' in told
