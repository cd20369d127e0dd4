"""The weekly note to one rep about their own mail: for their eyes, and only because they asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.answer.rates import Answers
from auditor.statistics.figures import ENOUGH_SENDS, Parts
from auditor.statistics.weeks import TemplateWeek
from auditor.story import findings
from auditor.story.digest import template_line
from auditor.story.letter import House, Letter, print_form
from auditor.story.words import count, short_date


@dataclass(frozen=True, slots=True)
class OwnWeek:
    """One person's week of outreach, in deliveries, and the week before."""

    begins: date
    parts: Parts
    before: Parts
    templates: Sequence[TemplateWeek] = ()
    answers: Answers | None = None  # None where their inbox is not read


def write_coaching_note(week: OwnWeek, house: House) -> Letter:
    """Write the note; it compares nobody with anybody."""
    until = week.begins + timedelta(days=6)
    when = f"{short_date(week.begins)} to {short_date(until)} {until.year}"
    return print_form(
        "digest",
        f"Your own mail, {when}",
        house,
        f"Your own mail, {when}",
        _sentence(week),
        {
            "teams": [],
            "templates": [template_line(one, house) for one in week.templates],
            "moved": [],
            "notes": [*_answered(week), _ALONE],
        },
    )


_ALONE = (
    "This note goes to you and to nobody else, because you asked for it; nobody is told that you did. "
    "To end it, ask your administrator to take you out of coaching.people."
)


def _sentence(week: OwnWeek) -> str:
    parts = week.parts
    if not parts.total:
        return "You sent no outreach in this week."
    by_hand = parts.tailored + parts.personal
    said = (
        f"Your new mails and follow-ups reached {count(parts.total, 'person', 'people')}: "
        f"{parts.personal:,} were written for that person, {parts.tailored:,} a template tailored by hand, "
        f"{parts.mass:,} mass-sent"
    )
    if parts.total >= ENOUGH_SENDS:
        said += f"; {by_hand / parts.total:.0%} by hand"
        if week.before.total >= ENOUGH_SENDS:
            earlier = (week.before.tailored + week.before.personal) / week.before.total
            said += f", {earlier:.0%} the week before"
    return f"{said}."


def _answered(week: OwnWeek) -> tuple[str, ...]:
    if week.answers is None:
        return ()
    said = findings.of_answers(week.answers)
    return said or ("Too few people had the time to answer yet for a rate; it takes 30 of one kind of mail.",)
