"""One letter about what happened while nobody was watching: spikes in mail that was read late."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.alert.extent import Extent
from auditor.alert.incident import Incident
from auditor.statistics.series import Unit
from auditor.story.letter import House, Letter, Row, print_letter
from auditor.story.spike import whose
from auditor.story.words import count, moment, plain

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Missed:
    """One spike of that time, and what it was."""

    incident: Incident
    extent: Extent


def write_missed_letter(missed: Sequence[Missed], house: House) -> Letter:
    """Write it, the spikes in the order of their times."""
    told = sorted(missed, key=lambda one: one.incident.until)
    first, last = told[0].incident, told[-1].incident
    rows = [_row(one, house) for one in told[:_SHOWN]]
    if len(told) > _SHOWN:
        rows.append(Row("Further", f"{len(told) - _SHOWN} more; the page has all of them"))
    spikes = count(len(told), "spike", "spikes")
    since, until = moment(first.until - first.window, house.timezone), moment(last.until, house.timezone)
    return print_letter(
        subject=f"While we were not watching: {spikes}",
        house=house,
        headline="What happened while we were not watching",
        sentence=f"Mail sent from {since} to {until} ({house.timezone}) was read late; {spikes} "
        f"{'is' if len(told) == 1 else 'are'} in it. What is over gets no letter of its own.",
        rows=rows,
        advice=(
            "Ask whoever sent it, if it was not planned; it is too late to stop it.",
            "Find out why mail was read late: auditor mailbox list shows every mailbox.",
        ),
    )


def _row(one: Missed, house: House) -> Row:
    incident, extent = one.incident, one.extent
    sends = incident.observed if incident.unit is Unit.SENDS else extent.messages
    people = f" to {count(extent.people, 'person', 'people')}" if extent.people else ""
    band = f"{incident.usual:,.0f} (95% range {incident.low:,.0f} to {incident.high:,.0f})"
    usual = band if incident.high else "none"
    size = count(sends, "templated send", "templated sends") + people
    said = f"{size}, {whose(incident, extent)}; usual is {usual}"
    start, end = incident.until - incident.window, incident.until
    return Row(f"{moment(start, house.timezone)} to {moment(end, house.timezone)[-5:]}", plain(said, 400))
