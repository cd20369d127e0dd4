"""The letter about merge fields that were not filled: how many mails, which template, whose, what to do."""

from auditor.alert.extent import Extent
from auditor.story.letter import House, Letter, Row, print_letter
from auditor.story.spike import template_rows, times
from auditor.story.who import senders_in_words
from auditor.story.words import count, moment, plain

_ADVICE = (
    "Stop the sending tool before the next batch: it writes to people by a name it does not have.",
    "Look at the list behind it: a column that is missing, or a line that has slipped.",
    "Later mails with the same template are not told of again for a day; they are counted on the page.",
)


def write_unfilled_letter(extent: Extent, house: House) -> Letter:
    """Write the letter about the sends that `extent` counts; they follow up to three templates it names."""
    sends = count(extent.messages, "mail", "mails")
    people = count(extent.people, "person", "people")
    when = "" if extent.last_sent is None else f", the last {moment(extent.last_sent, house.timezone)}"
    return print_letter(
        subject=f"Unfilled field: {sends} to {people}, {plain(_whose(extent), 80)}",
        house=house,
        headline="Mails left with a field that was not filled",
        sentence=f"{sends} to {people} outside left with a merge field that was not filled, such as “Hi ,”, "
        f"a name in braces, or somebody else's name{when}.",
        rows=[
            Row("Who", plain(senders_in_words(extent.teams), 600)),
            *template_rows([part for part in extent.templates if part.id], house),
            *times(extent, house),
        ],
        advice=_ADVICE,
    )


def _whose(extent: Extent) -> str:
    named = [f"“{plain(part.name, 40)}”" for part in extent.templates if part.name]
    if named:
        return named[0]
    templates = [part for part in extent.templates if part.id]
    return count(len(templates), "template", "templates") if templates else "no template"
