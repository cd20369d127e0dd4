"""The letter about an incident: what happened, how much is usual, where, why it was sent, what to do now.

A person is never named here; a team is named as the people file allows it to be shown. Wording is what the
store holds: masked, with slots, and only once enough people outside received the same words.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from auditor.alert.extent import Extent, TeamPart, TemplatePart
from auditor.alert.incident import Incident, Occasion
from auditor.people import NO_TEAM, OTHER_TEAMS
from auditor.statistics.series import DAY, Unit
from auditor.statistics.spikes import NEW_TEMPLATE_SENDERS, Cause
from auditor.statistics.tally import Scope
from auditor.story.words import bars, count, day, hour_of_week, listed, moment, plain, plain_lines, span

WIDTH = 72
"""Columns of the text part: mail readers show them without a second wrap (RFC 3676 section 4.1)."""

_forms = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "forms"),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready for the post: one line of subject, a text and an HTML form of the same words."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class House:
    """What every letter of this organisation shares; `public_url` is how people reach the page."""

    organisation: str
    timezone: str = "UTC"
    public_url: str | None = None
    wording_recipients: int = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the letter's little table."""

    label: str
    text: str
    link: str | None = None


def write_letter(
    occasion: Occasion,
    incident: Incident,
    extent: Extent,
    house: House,
    days: Mapping[int, int] | None = None,
) -> Letter:
    """Write the letter about an incident.

    Args:
        occasion: opened, updated, resolved, corrected, flood or test.
        incident: as it is from now on.
        extent: the sends of its series, counted over its window (or its life, once it is over).
        house: the organisation's name, time zone and links.
        days: what its series sent in its unit on each of the last 14 local days, by day since the epoch.
    """
    who = _who(incident, extent)
    sentence = _sentence(incident, extent, house)
    rows = [
        Row("Who", plain(_teams(extent.teams)) if extent.teams else "nobody any more"),
        *_template_rows(extent.templates, house),
        *_times(extent, house),
        Row("Why this letter", _why(incident)),
    ]
    if extent.merge_failures:
        broken = count(extent.merge_failures, "send has", "sends have")
        rows.append(Row("Take care", f"{broken} a merge field that was not filled"))
    return _print(
        subject=f"{_OPENINGS[occasion]}: {_size(incident, extent)} {span(incident.window)}, {who}",
        house=house,
        headline=_HEADLINES[occasion],
        sentence=sentence,
        rows=rows,
        advice=_ADVICE[occasion],
        days=days or {},
        counted="Deliveries" if incident.unit is Unit.DELIVERIES else "Sends",
    )


def write_operator_letter(headline: str, what: str, steps: Sequence[str], house: House) -> Letter:
    """A letter to whoever runs the auditor: what is wrong, and what to do about it.

    Args:
        headline: one short sentence, which is also the subject.
        what: one or two sentences; nothing of a mail.
        steps: what to do, in order.
    """
    return _print(
        subject=headline, house=house, headline=plain(headline), sentence=plain(what, 600), rows=[],
        advice=tuple(plain(step, 400) for step in steps), days={},
    )  # fmt: skip


_OPENINGS = {
    Occasion.OPENED: "Spike",
    Occasion.UPDATED: "Spike, twice as large now",
    Occasion.RESOLVED: "Over",
    Occasion.CORRECTED: "Corrected",
    Occasion.FLOOD: "Many spikes at once",
    Occasion.TEST: "Test letter",
}
_HEADLINES = {
    Occasion.OPENED: "More templated mail than usual",
    Occasion.UPDATED: "The spike has grown to twice the size",
    Occasion.RESOLVED: "Back to what is usual",
    Occasion.CORRECTED: "This was no spike after all",
    Occasion.FLOOD: "More than five spikes within the hour",
    Occasion.TEST: "This is how a letter about a spike looks",
}
_PLANNED = "If this was planned, nothing needs to be done; the letters stop by themselves."
_UNPLANNED = "If nobody planned it, ask the team now: what is still queued can be stopped."
_ADVICE = {
    Occasion.OPENED: (
        _PLANNED,
        _UNPLANNED,
        "Read the wording and the merge fields before more of it goes out.",
    ),
    Occasion.UPDATED: (_PLANNED, _UNPLANNED),
    Occasion.RESOLVED: (
        "Nothing needs to be done. For a day this series opens nothing new, unless twice as large.",
    ),
    Occasion.CORRECTED: (
        "Nothing needs to be done: as more mail was read, these sends turned out not to be templated.",
    ),
    Occasion.FLOOD: (
        "Further spikes of this hour get no letter of their own; see the page for all of them.",
        _UNPLANNED,
    ),
    Occasion.TEST: ("Nothing needs to be done: the numbers are invented.",),
}


def _sentence(incident: Incident, extent: Extent, house: House) -> str:
    """The one sentence: how much, to how many, in what time, and what is usual then."""
    # The hour in which the window ends; one that ends on the hour belongs to the hour before.
    when = "such a time" if incident.window >= DAY else hour_of_week(incident.until - 1, house.timezone)
    much = f"{round(incident.usual):,}"
    if incident.unit is Unit.DELIVERIES:
        much = count(incident.usual, "delivery", "deliveries")
    low, high = f"{round(incident.low):,}", f"{round(incident.high):,}"
    return (
        f"{_size(incident, extent)} {span(incident.window)}; "
        f"usual for {when} is {much} (95% range {low} to {high})"
    )


def _size(incident: Incident, extent: Extent) -> str:
    sends = incident.observed if incident.unit is Unit.SENDS else extent.messages
    people = f" to {count(extent.people, 'person', 'people')}" if extent.people else ""
    return count(sends, "templated send", "templated sends") + people


def _who(incident: Incident, extent: Extent) -> str:
    scope, name = incident.series
    if scope is Scope.ORGANISATION:
        return "the whole organisation"
    if scope is Scope.TEAM:
        return _team(name)
    if scope is Scope.SENDER:
        return _teams(extent.teams[:1]) if extent.teams else "one person"
    named = next((one.name for one in extent.templates if one.id == name and one.name), None)
    senders = sum(part.senders for part in extent.teams)
    return (
        f"template “{plain(named, 60)}”" if named else f"one template, {count(senders, 'person', 'people')}"
    )


def _team(name: str) -> str:
    shown = plain(name, 60)
    if name == NO_TEAM:
        return "no team"
    if name == OTHER_TEAMS:
        return "smaller teams"
    return shown if shown.lower().startswith("team") else f"Team {shown}"


def _teams(parts: Sequence[TeamPart]) -> str:
    """ "3 people of Team North": teams by size; people are not named."""
    told = [f"{count(part.senders, 'person', 'people')} of {_team(part.team)}" for part in parts[:6]]
    if len(parts) > 6:
        rest = sum(part.senders for part in parts[6:])
        told.append(f"{count(rest, 'person', 'people')} of {len(parts) - 6} more teams")
    return listed(told)


def _template_rows(templates: Sequence[TemplatePart], house: House) -> list[Row]:
    rows = []
    for number, part in enumerate(templates):
        label = "What" if number == 0 else "Also"
        sends = count(part.messages, "send", "sends")
        named = f"“{plain(part.name)}”, " if part.name else ""
        if part.wording:
            text = f"{named}{sends}:\n{plain_lines(part.wording)}"
        else:
            withheld = (
                f"wording is shown once {house.wording_recipients} people outside received the same words"
            )
            text = f"{named}{sends} ({withheld})"
        rows.append(Row(label, text, _link(house, f"/templates/{quote(part.id, safe='')}")))
    return rows


def _times(extent: Extent, house: House) -> list[Row]:
    if extent.first_sent is None or extent.last_sent is None:
        return []
    first, last = moment(extent.first_sent, house.timezone), moment(extent.last_sent, house.timezone)
    return [Row("First send", first), Row("Last send", f"{last} ({house.timezone})")]


def _why(incident: Incident) -> str:
    sentences = {
        Cause.ABOVE_USUAL: "It is more than chance explains for this hour of the week, and it lasted.",
        Cause.NIGHT_BLAST: "It was sent at an hour at which this sender practically never sends.",
        Cause.NEW_SENDER: "Somebody who had hardly sent anything before sent a great deal in a short time.",
        Cause.NEW_TEMPLATE: f"At least {NEW_TEMPLATE_SENDERS} people sent wording that is under a week old.",
        Cause.SINGLE_SEND: "One single mail went to very many people at once.",
    }
    return sentences[incident.cause]


def _link(house: House, path: str) -> str | None:
    """A link to the page; None without a public address, or with one that is not http."""
    if not house.public_url or urlsplit(house.public_url).scheme not in {"http", "https"}:
        return None
    return house.public_url.rstrip("/") + path


def _print(
    *,
    subject: str,
    house: House,
    headline: str,
    sentence: str,
    rows: Sequence[Row],
    advice: Sequence[str],
    days: Mapping[int, int],
    counted: str = "Sends",
) -> Letter:
    last = sorted(days)[-14:]
    values = [days[one] for one in last]
    filled = {
        "organisation": plain(house.organisation, 80),
        "headline": headline,
        "sentence": sentence,
        "rows": rows,
        "advice": advice,
        "home": _link(house, "/"),
        "counted": counted,
        "bars": bars(values),
        "heights": [_height(value, max(values)) for value in values],
        "from_day": day(last[0]) if last else "",
        "to_day": day(last[-1]) if last else "",
        "most": f"{max(values, default=0):,}",
    }
    text = _forms.get_template("letter.txt").render(filled, wrap=_wrap)
    return Letter(plain(subject, 150), text, _forms.get_template("letter.html").render(filled))


def _height(value: int, most: int) -> int:
    """Pixels of one bar; a little is never nothing."""
    return max(2, round(40 * value / most)) if value else 0


def _wrap(text: str, indent: str = "") -> str:
    """Lines of at most `WIDTH` columns; a long link stays whole."""
    return "\n".join(
        textwrap.fill(
            line, WIDTH, initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        )
        for line in text.split("\n")
    )  # fmt: skip
