"""One letter that says what was missed while the mail server took none, instead of forty late ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.story.letter import House, Letter, Row, print_letter
from auditor.story.words import count, moment, plain

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One letter that never left: what it is about, on which occasion, and when it was written."""

    incident_id: int | None
    occasion: str
    subject: str
    gist: str
    written_at: float  # seconds since the epoch


_ENDS = {
    "updated": "had grown by {}",
    "resolved": "over by {}",
    "corrected": "no spike after all, as seen at {}",
}


def write_bundle_letter(letters: Sequence[Told], house: House, now: float) -> Letter:
    """Write it: one line for each incident, with what became of it, and one for each other letter.

    Args:
        letters: in the order in which they were written.
        now: seconds since the epoch.
    """
    stories: dict[object, list[Told]] = {}
    for number, one in enumerate(letters):
        stories.setdefault(("alone", number) if one.incident_id is None else one.incident_id, []).append(one)
    told = list(stories.values())
    rows = [_row(story, house) for story in told[:_SHOWN]]
    if len(told) > _SHOWN:
        rows.append(Row("Further", f"{len(told) - _SHOWN} more; the page has all of them"))
    since, until = moment(letters[0].written_at, house.timezone), moment(now, house.timezone)
    return print_letter(
        subject=f"While no mail could leave: {count(len(told), 'message', 'messages')}",
        house=house,
        headline="What was told while no mail could leave",
        sentence=f"The mail server took no letter of ours from {since} to {until} ({house.timezone}). "
        f"This one takes the place of {count(len(letters), 'letter', 'letters')}.",
        rows=rows,
        advice=("What is over needs nothing any more.", "See the page for what goes on now."),
    )


def _row(story: Sequence[Told], house: House) -> Row:
    first = story[0]
    said = [plain(first.gist or first.subject, 300)]
    said += [
        _ENDS[one.occasion].format(moment(one.written_at, house.timezone))
        for one in story
        if one.occasion in _ENDS and one is not first
    ]
    return Row(moment(first.written_at, house.timezone), "; ".join(said))
