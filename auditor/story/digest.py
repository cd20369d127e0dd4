"""The weekly digest: the ratio and its trend, templates, what moved, merge failures, what it is based on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.statistics.figures import ENOUGH_SENDS, Parts
from auditor.statistics.weeks import Shift, TeamWeek, TemplateWeek, Week
from auditor.story.charts import weeks_chart
from auditor.story.letter import House, Inline, Letter, page_link, print_form
from auditor.story.who import team_in_words
from auditor.story.words import bars, capitalised, count, listed, plain, short_date

_WORDING = 90


@dataclass(frozen=True, slots=True)
class Moved:
    """A shift, and whose it is as it may be shown."""

    whose: str
    shift: Shift


@dataclass(frozen=True, slots=True)
class WeekStory:
    """What one digest tells: of everybody, or of one team.

    `weeks` are in order of time, the last is the one the digest is about; `target` is a mass ratio.
    """

    weeks: tuple[Week, ...]
    target: float | None = None
    team: str | None = None
    teams: tuple[TeamWeek, ...] = ()
    targets: Mapping[str, float] | None = None  # of single teams
    templates: tuple[TemplateWeek, ...] = ()
    moved: tuple[Moved, ...] = ()
    merge_failures: int = 0
    incidents: int | None = None  # None where they are not counted
    findings: tuple[str, ...] = ()  # sentences of `story.findings`


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: what, and its figures."""

    what: str
    figures: tuple[str, ...]
    link: str | None = None


def write_digest(story: WeekStory, house: House) -> Letter:
    """Write the digest of one week."""
    last = story.weeks[-1]
    until = last.begins + timedelta(days=6)
    whose = house.organisation if story.team is None else team_in_words(story.team)
    when = f"{short_date(last.begins)} to {short_date(until)} {until.year}"
    ratio = last.parts.mass_ratio
    short = f"{ratio:.0%} mass-sent" if ratio is not None and _enough(last.parts) else "few mails"
    return print_form(
        "digest",
        f"Week of {short_date(last.begins)}: {short}, {plain(whose, 60)}",
        house,
        f"{plain(capitalised(whose), 80)}, {when}",
        _sentence(story),
        {
            "teams": [_team(one, story) for one in story.teams],
            "templates": [template_line(one, house) for one in story.templates],
            "moved": [_moved(one) for one in story.moved],
            "notes": _notes(story),
        },
        [_picture(story)],
    )


def _enough(parts: Parts) -> bool:
    return parts.total >= ENOUGH_SENDS


def _sentence(story: WeekStory) -> str:
    """The one sentence: three parts, the week before, the target."""
    parts = story.weeks[-1].parts
    if not parts.total:
        return "No outreach reached anybody outside in this week."
    if not _enough(parts):
        return (
            f"{count(parts.total, 'outreach mail', 'outreach mails')} reached somebody outside: "
            f"{parts.mass} mass-sent, {parts.tailored} tailored, {parts.personal} personal."
        )
    mass, tailored, personal = parts.of_hundred()
    said = (
        f"Of 100 outreach mails that reached a person outside, {mass} were mass-sent, {tailored} a template "
        f"tailored by hand, {personal} personal"
    )
    before = story.weeks[-2].parts if len(story.weeks) > 1 else Parts()
    if _enough(before):
        earlier = before.of_hundred()[0]
        said += (
            "; as many mass-sent as the week before"
            if earlier == mass
            else f"; {earlier} mass-sent the week before"
        )
    if story.target is not None:
        said += f", the target is at most {story.target:.0%}"
    return f"{said}."


def _team(one: TeamWeek, story: WeekStory) -> Line:
    target = (story.targets or {}).get(one.team, story.target)
    if not _enough(one.parts):
        return Line(capitalised(team_in_words(one.team)), (f"{one.parts.mass} of {one.parts.total}", "", ""))
    mass = one.parts.of_hundred()[0]
    change = f"{mass - one.before.of_hundred()[0]:+d}" if _enough(one.before) else "new"
    aim = "" if target is None else "met" if (one.parts.mass_ratio or 0) <= target else f"over {target:.0%}"
    return Line(capitalised(team_in_words(one.team)), (f"{mass}%", "±0" if change == "+0" else change, aim))


def template_line(one: TemplateWeek, house: House) -> Line:
    """One template and its sends, this week and the week before."""
    if one.name:
        what = f"“{plain(one.name, 60)}”"
    elif one.wording:
        what = plain(one.wording, _WORDING)
    else:
        what = f"template {plain(one.id, 40)} (too few recipients to show its words)"
    return Line(what, (f"{one.sends:,}", f"{one.before:,}"), page_link(house, f"/templates/{one.id}"))


def _moved(one: Moved) -> str:
    shift = one.shift
    before = f"{round(shift.before):,} a week before"
    if shift.factor is None:
        said = f"{shift.sends:,} templated sends, where there were none before"
    elif shift.sends > shift.before:
        said = f"{shift.sends:,} templated sends, {shift.factor:.1f} times as many as usual ({before})"
    else:
        said = f"{shift.sends:,} templated sends, down from {before}"
    rising = f"; rising for {shift.rising} weeks" if shift.rising > 2 else ""
    return f"{plain(one.whose, 120)}: {said}{rising}."


def _notes(story: WeekStory) -> list[str]:
    notes = list(story.findings)
    if story.merge_failures:
        sends = count(story.merge_failures, "mail", "mails")
        notes.append(f"{sends} left with a merge field that was not filled, such as “Hi ,”.")
    if story.incidents:
        notes.append(
            f"{count(story.incidents, 'spike or drop was', 'spikes or drops were')} told of in this week."
        )
    return notes


def _picture(story: WeekStory) -> Inline:
    first, last = story.weeks[0].begins, story.weeks[-1].begins
    ratios = [one.parts.mass_ratio for one in story.weeks]
    target = "; dashed: the target" if story.target is not None else ""
    parts = "mass-sent (below), tailored, personal (above)"
    caption = f"Outreach by week, {_year(first)} to {_year(last)}: {parts}{target}"
    said = f"Mass-sent part by week, {_year(first)} to {_year(last)}: " + listed(
        ["no mail" if one is None else f"{one:.0%}" for one in ratios[-4:]]
    )
    heights = [round(100 * (one or 0)) for one in ratios]
    return Inline("weeks", weeks_chart(story.weeks, story.target), caption, bars(heights), f"{said} lately")


def _year(day: date) -> str:
    return f"{short_date(day)} {day.year}"


def order_teams(teams: Sequence[TeamWeek]) -> tuple[TeamWeek, ...]:
    """Teams with the highest mass ratio first; those with too little to say last."""
    return tuple(
        sorted(teams, key=lambda one: (not _enough(one.parts), -(one.parts.mass_ratio or 0), one.team))
    )
