"""The letter about an incident: what happened, how much is usual, where, why it was sent, what to do now.

Wording is what the store holds: masked, with slots, and only once enough people outside received the same
words.
"""

from collections.abc import Sequence
from urllib.parse import quote

from auditor.alert.extent import Extent, TemplatePart
from auditor.alert.incident import Incident, Occasion, Reason
from auditor.statistics.plans import Plan
from auditor.statistics.series import DAY, MINUTE, Unit
from auditor.statistics.signs import NEW_TEMPLATE_SENDERS
from auditor.statistics.spikes import Cause, Way
from auditor.statistics.tally import Scope
from auditor.story.charts import DayCount, days_chart
from auditor.story.letter import House, Inline, Letter, Row, page_link, print_letter
from auditor.story.who import senders_in_words, team_in_words
from auditor.story.words import (
    bars,
    count,
    hour_of_week,
    moment,
    plain,
    plain_lines,
    short_date,
    span,
    within,
)

LATE = 30 * MINUTE
"""What was read so long after its window ended is told of as a time that is over."""


def write_spike_letter(
    occasion: Occasion,
    incident: Incident,
    extent: Extent,
    house: House,
    days: Sequence[DayCount] = (),
    plans: Sequence[Plan] = (),
) -> Letter:
    """Write the letter about an incident.

    Args:
        occasion: opened, updated, resolved, corrected, flood or test.
        incident: as it is from now on.
        extent: the sends of its series, counted over its window (or its life, once it is over).
        house: the organisation's name, time zone and links.
        days: what its series sent in its unit on each of the last local days, and what is usual for each.
        plans: what was announced of this series; it is part of what is called usual.
    """
    rows = [
        *_who(occasion, extent),
        *_what(extent, house),
        *times(extent, house),
        *(_planned(plan, house) for plan in plans),
        Row("Why this letter", _AFTERWARDS.get(occasion) or _WHY[incident.cause]),
    ]
    if extent.merge_failures:
        broken = count(extent.merge_failures, "send has", "sends have")
        rows.insert(0, Row("Take care", f"{broken} a merge field that was not filled"))
    return print_letter(
        subject=f"{_opening(incident, occasion)}: {_size(incident, extent, occasion)} "
        f"{_time(incident, occasion)}, {whose(incident, extent)}",
        house=house,
        headline=_headline(incident, occasion),
        sentence=_sentence(incident, extent, house, occasion),
        rows=rows,
        advice=_advice(incident, occasion),
        pictures=_pictures(days, incident.unit),
    )


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
_PLANNED = "If this was planned, nothing needs to be done; announce the next one with: auditor plan add."
_UNPLANNED = "If nobody planned it, ask the team now: what is still queued can be stopped."
_ADVICE = {
    Occasion.OPENED: (
        _PLANNED,
        _UNPLANNED,
        "Read the wording and the merge fields before more of it goes out.",
    ),
    Occasion.UPDATED: (_PLANNED, _UNPLANNED),
    Occasion.RESOLVED: (
        "Nothing needs to be done. For a day more of the same leads to no new letter, unless it is twice as "
        "much.",
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
_WHY = {
    Cause.ABOVE_USUAL: "It is more than chance explains for this hour of the week, and it lasted.",
    Cause.BELOW_USUAL: "So little is more than chance explains for this hour of the week, and it lasted.",
    Cause.NIGHT_BLAST: "It was sent at an hour at which this sender practically never sends.",
    Cause.NEW_SENDER: "Somebody who had hardly sent anything before sent a great deal in a short time.",
    Cause.NEW_TEMPLATE: f"At least {NEW_TEMPLATE_SENDERS} people sent wording that is under a week old.",
    Cause.SINGLE_SEND: "One single mail went to very many people at once.",
    Cause.SUSTAINED: "No single day stands out, but day after day it was more than chance explains.",
}
_AFTERWARDS = {
    Occasion.RESOLVED: "We wrote to you of it, and what is sent now is back to what is usual.",
    Occasion.CORRECTED: "We wrote to you of it, and what was counted then does not hold any more.",
}

_DROPS = {
    Occasion.OPENED: (
        "Drop",
        "Less templated mail than usual",
        (
            "If this is a holiday or planned, nothing needs to be done; the letters stop by themselves.",
            "If not, ask the team now: a sending tool, a sequence or a login may have stopped.",
        ),
    ),
    Occasion.UPDATED: (
        "Drop, twice as large now",
        "Twice as much is missing now",
        ("If nobody planned it, ask now: a sending tool, a sequence or a login may have stopped.",),
    ),
    Occasion.CORRECTED: (
        "Corrected",
        "This was no drop after all",
        ("Nothing needs to be done: mail that was read late filled the gap.",),
    ),
}
"""What is said differently of a drop: the subject's opening, the headline, what to do."""

_WIDER = {
    Way.UP: ("Spike, the whole team now", "It is the whole team now, not one person"),
    Way.DOWN: ("Drop, everybody now", "It is the whole organisation now, not one team"),
}
"""What is said of an incident that grew into a larger series: the subject's opening, the headline."""


def _opening(incident: Incident, occasion: Occasion) -> str:
    if _is_wider(incident, occasion):
        return _WIDER[incident.cause.way][0]
    down = incident.cause.way is Way.DOWN and occasion in _DROPS
    return _DROPS[occasion][0] if down else _OPENINGS[occasion]


def _headline(incident: Incident, occasion: Occasion) -> str:
    if _is_wider(incident, occasion):
        return _WIDER[incident.cause.way][1]
    down = incident.cause.way is Way.DOWN and occasion in _DROPS
    return _DROPS[occasion][1] if down else _HEADLINES[occasion]


def _is_wider(incident: Incident, occasion: Occasion) -> bool:
    return occasion is Occasion.UPDATED and incident.reason is Reason.WIDENED


def _advice(incident: Incident, occasion: Occasion) -> tuple[str, ...]:
    down = incident.cause.way is Way.DOWN and occasion in _DROPS
    said = _DROPS[occasion][2] if down else _ADVICE[occasion]
    if incident.id is not None and occasion in (Occasion.OPENED, Occasion.UPDATED):
        stop = f"auditor alert acknowledge {incident.id}"
        return *said, f"Once somebody deals with it, {stop} stops letters that tell how it grows."
    return said


def _sentence(incident: Incident, extent: Extent, house: House, occasion: Occasion) -> str:
    """The one sentence: how much, to how many, in what time, and what is usual then."""
    # The hour in which the window ends; one that ends on the hour belongs to the hour before.
    when = "such a time" if incident.window >= DAY else hour_of_week(incident.until - 1, house.timezone)
    much = f"{round(incident.usual):,}"
    if incident.unit is Unit.DELIVERIES:
        much = count(incident.usual, "delivery", "deliveries")
    low, high = f"{round(incident.low):,}", f"{round(incident.high):,}"
    usual = f"{much} (95% range {low} to {high})" if incident.high else "none"
    said = f"{_size(incident, extent, occasion)} {_time(incident, occasion)}; usual for {when} is {usual}"
    return said[0].upper() + said[1:]


def _time(incident: Incident, occasion: Occasion) -> str:
    """The window in words: of what is over, or was read late, it is not the last one."""
    over = occasion in _AFTERWARDS or incident.updated_at - incident.until > LATE
    return within(incident.window) if over else span(incident.window)


def _size(incident: Incident, extent: Extent, occasion: Occasion) -> str:
    """How much was sent, to how many; of what was counted again, what it was taken for."""
    if occasion is Occasion.CORRECTED:
        sent = "sends" if incident.unit is Unit.SENDS else "deliveries"
        return f"{incident.observed:,} templated {sent} instead of {_taken_for(incident):,}"
    if occasion is Occasion.RESOLVED:
        height = "lowest" if incident.cause.way is Way.DOWN else "height"
        return f"at its {height} {_observed(incident)}"
    sends = incident.observed if incident.unit is Unit.SENDS else extent.messages
    people = f" to {count(extent.people, 'person', 'people')}" if extent.people else ""
    return count(sends, "templated send", "templated sends") + people


def _observed(incident: Incident) -> str:
    if incident.unit is Unit.SENDS:
        return count(incident.observed, "templated send", "templated sends")
    return count(incident.observed, "templated delivery", "templated deliveries")


def _taken_for(incident: Incident) -> int:
    """What the last letter said was observed."""
    sign = -1 if incident.cause.way is Way.DOWN else 1
    return round(incident.usual + sign * incident.told)


def whose(incident: Incident, extent: Extent) -> str:
    """Whose incident it is, for a subject: a team, a template by its given name, people of a team."""
    scope, name = incident.series
    if scope is Scope.ORGANISATION:
        return "the whole organisation"
    if scope is Scope.TEAM:
        return team_in_words(name)
    if scope is Scope.SENDER:
        return senders_in_words(extent.teams[:1]) if extent.teams else "one person"
    named = next((one.name for one in extent.templates if one.id == name and one.name), None)
    if named:
        return f"template “{plain(named, 60)}”"
    senders = sum(part.senders for part in extent.teams)
    return f"one template, sent by {count(senders, 'person', 'people')}" if senders else "one template"


def _who(occasion: Occasion, extent: Extent) -> list[Row]:
    """Whose sends they are; once it is over, how many there were in all."""
    if not extent.teams:
        return [Row("Who", "nobody any more" if occasion is Occasion.CORRECTED else "nobody")]
    rows = [Row("Who", plain(senders_in_words(extent.teams), 600))]
    if occasion is Occasion.RESOLVED:
        people = count(extent.people, "person", "people")
        rows.append(
            Row("In all", f"{count(extent.messages, 'templated send', 'templated sends')} to {people}")
        )
    return rows


def _what(extent: Extent, house: House) -> list[Row]:
    if extent.messages and not extent.templates:
        sends = count(extent.messages, "send", "sends")
        return [Row("What", f"{sends} with words that nobody else sent: no template")]
    return template_rows(extent.templates, house)


def template_rows(templates: Sequence[TemplatePart], house: House) -> list[Row]:
    """What was sent, as far as it may be shown."""
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
        rows.append(Row(label, text, page_link(house, f"/templates/{quote(part.id, safe='')}")))
    return rows


def times(extent: Extent, house: House) -> list[Row]:
    """When the first and the last of the sends were sent."""
    if extent.first_sent is None or extent.last_sent is None:
        return []
    first, last = moment(extent.first_sent, house.timezone), moment(extent.last_sent, house.timezone)
    return [Row("First send", first), Row("Last send", f"{last} ({house.timezone})")]


def _planned(plan: Plan, house: House) -> Row:
    ends = moment(plan.ends, house.timezone)
    return Row(
        "Planned",
        f"plan {plan.id}: {count(plan.expected, 'mail', 'mails')} until {ends}; counted as usual here",
    )


def _pictures(days: Sequence[DayCount], unit: Unit) -> list[Inline]:
    if not days:
        return []
    counted = "sends" if unit is Unit.SENDS else "deliveries"
    caption = f"{counted.capitalize()} a day, {short_date(days[0].day)} to {short_date(days[-1].day)}"
    values = [one.count for one in days]
    usual = "; in blue what is usual (95% range)" if any(one.usual for one in days) else ""
    said = f"{caption}; the highest bar is {max(values):,}"
    if (last := days[-1].usual) is not None:
        said += f"; usual on the last day {last.low:,.0f} to {last.high:,.0f}"
    return [Inline("days", days_chart(days, counted), caption + usual, bars(values), said)]
