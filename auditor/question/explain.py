"""Why a send was called what it was called, and what a template is, in words a sales manager understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from auditor.config.sections import Templates
from auditor.pseudonyms import Pseudonyms
from auditor.store.ledger import templates
from auditor.store.ledger.intake import unpack_words
from auditor.store.reading import results
from auditor.store.reading.results import TemplateResult
from auditor.story.words import count
from auditor.template.classes import Reason
from auditor.template.wording import SLOT_SHOWN, differing
from auditor.vocabulary import Class, Kind

_KINDS = {
    Kind.NEW: "new mail",
    Kind.FOLLOW_UP: "follow-up",
    Kind.REPLY: "reply",
    Kind.FORWARD: "forwarded mail",
    Kind.AUTO: "automatic answer",
    Kind.CALENDAR: "invitation",
}
_CLASSES = {
    Class.MASS: "mass-sent",
    Class.TAILORED: "tailored by hand",
    Class.PERSONAL: "personal",
    Class.BRIEF: "too short to tell",
    Class.EXCLUDED: "not counted",
}
_REASONS = {
    Reason.MANY_ORGANISATIONS: "It is one message to the people of many organisations.",
    Reason.MANY_BCC: "It is one message to many people in Bcc.",
    Reason.OWN_WORDS: "Nobody else received these words.",
    Reason.TOO_SHORT: "It has too few words of its own, and it is in no ratio.",
    Reason.SHORT_FOLLOW_UP_REACHED: "It is short, but the same follow-up reached enough people.",
    Reason.AUTOMATIC: "A machine answered.",
    Reason.INVITATION: "It is an invitation without a text of its own.",
    Reason.INTERNAL_HEADERS_ONLY: "It stayed inside the company, and the text of internal mail is not read.",
}
_PLACES = ("in its opening", "in its middle", "at its end")
_DAYS_BY_NAME = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Telling:
    """For whom it is told: the clock and the zone of the moment, and the numbers that decide."""

    now: datetime
    zone: tzinfo
    rules: Templates

    def day(self, when: datetime) -> str:
        """ "Monday" within a week, else "9 Nov 2026"."""
        local = when.astimezone(self.zone)
        recent = self.now - when < _DAYS_BY_NAME
        return f"{local:%A}" if recent else f"{local.day} {local:%b %Y}"

    def moment(self, when: datetime) -> str:
        """ "Monday 16:02", "9 Nov 2026 16:02"."""
        return f"{self.day(when)} {when.astimezone(self.zone):%H:%M}"


def send_of(connection: sa.Connection, pseudonyms: Pseudonyms, message_id: str) -> sa.Row[Any] | None:
    """The judged send of a Message-ID, however its angle brackets are written."""
    for spelling in (message_id, f"<{message_id.strip('<> ')}>"):
        send = results.find_send(connection, pseudonyms.message_id(spelling))
        if send is not None:
            return send
    return None


def template_lines(connection: sa.Connection, template_id: str, telling: Telling) -> tuple[str, ...]:
    """What a template is."""
    found = results.template_results(connection, template_id)
    if not found:
        return (f"Template {template_id} has no send any more.",)
    return tuple(_template_lines(found[0], telling, templates.aliases(connection, template_id)))


def _template_lines(template: TemplateResult, telling: Telling, aliases: Sequence[str] = ()) -> list[str]:
    name = f" “{template.name}”" if template.name else ""
    purpose = f" Its purpose is {template.purpose}." if template.purpose else ""
    classes = {Class(name): count for name, count in template.classes.items()}
    mix = ", ".join(f"{classes[one]:,} {words}" for one, words in _CLASSES.items() if one in classes)
    lines = [
        f"Template {template.id}{name}",
        f"  This wording was sent {_times(template.sends)} by {count(template.senders, 'person', 'people')}"
        f" since {telling.day(template.first_sent)}, last {telling.moment(template.last_sent)}.",
        f"  It reached {count(template.recipients, 'person', 'people')} outside in"
        f" {count(template.organisations, 'organisation', 'organisations')}: {mix}.{purpose}",
    ]
    if aliases:
        lines.append(f"  It is also known as {', '.join(aliases)}.")
    return lines + _wording_lines(template.wording)


def _wording_lines(wording: str | None) -> list[str]:
    if wording is None:
        return ["  Its wording is shown once enough people outside have received the same words."]
    slots = sum(word == SLOT_SHOWN or word.startswith("‹") for word in wording.split())
    filled = f" ({count(slots, 'place is', 'places are')} filled in for each recipient)" if slots else ""
    return [f"  Its words{filled}:", *(f"    {line}" for line in wording.splitlines())]


def send_lines(connection: sa.Connection, send: Any, telling: Telling) -> tuple[str, ...]:
    """Why a judged send is called what it is called, and the template that it follows."""
    class_, sent_at = Class(send._mapping["class"]), results.moment(send.sent_at)
    lines = [f"This {_KINDS[Kind(send.kind)]} of {telling.moment(sent_at)} is {_CLASSES[class_]}."]
    found = results.template_results(connection, send.template) if send.template else ()
    template = found[0] if found else None
    lines.append("  " + _because(send, template, telling.rules, _differing_places(connection, send)))
    if send.generated_field:
        lines.append(
            "  One passage differs in most copies and left faster than anyone types: it counts as a field."
        )
    if send.tallied_kind == Kind.SERVICE:
        lines.append("  Its template is service mail: it is counted, and left out of the outreach ratio.")
    return (*lines, *(_template_lines(template, telling) if template is not None else ()))


def _because(send: Any, template: TemplateResult | None, rules: Templates, places: str) -> str:
    own = round((send.share or 0.0) * send.word_count)
    many = count(send.word_count, "word", "words")
    match Reason(send.reason):
        case Reason.TEMPLATE_REACHED if own == 0:
            return "It follows the template below, and nothing in it was written for this one recipient."
        case Reason.TEMPLATE_REACHED:
            return (
                f"It follows the template below. {own} of its {many} ({send.share:.0%}){places}"
                f" only this recipient received; under {rules.tailored_share:.0%} counts as mass-sent."
            )
        case Reason.TEMPLATE_EDITED_BY_HAND:
            return (
                f"It follows the template below, but differs from it in {own} of its {many}{places}:"
                f" {send.share:.0%}, and from {rules.tailored_share:.0%} on it counts as tailored."
            )
        case Reason.TEMPLATE_NOT_REACHED:
            people, companies = (template.recipients, template.organisations) if template else (0, 0)
            return (
                f"Others share its wording, but it reached {count(people, 'person', 'people')} in"
                f" {count(companies, 'organisation', 'organisations')}; a template counts from"
                f" {rules.min_recipients} people in {rules.min_organisations} organisations on, within"
                f" {rules.span.days} days."
            )
        case reason:
            return _REASONS[reason]


def own_runs(connection: sa.Connection, send: Any, words: Sequence[int]) -> list[tuple[int, int]]:
    """Where the words that only this recipient received stand among `words`, as (start, end).

    How many they are is the verdict's; the longest runs that differ from the template's wording are they.
    """
    own = round((send.share or 0.0) * send.word_count)
    if not own or send.template is None:
        return []
    runs = differing(words, templates.fixed(connection, send.template))
    found: list[tuple[int, int]] = []
    for start, end in sorted(runs, key=lambda run: (run[0] - run[1], run)):  # the longest first
        if own <= 0:
            break
        own -= end - start
        found.append((start, end))
    return sorted(found)


def _differing_places(connection: sa.Connection, send: Any) -> str:
    """Where a send differs from its template: " in its opening"; empty where it does not."""
    words = unpack_words(send.words)
    length = sum(1 for word in words if word)
    runs = own_runs(connection, send, words)
    places = {min(2, (start + end) * 3 // (2 * length)) for start, end in runs}
    return f" {' and '.join(_PLACES[place] for place in sorted(places))}" if places else ""


def bracketed(lines: Sequence[Sequence[tuple[str, bool]]]) -> list[str]:
    """Lines of [word, whether only this recipient received it], such runs in brackets."""
    return [
        " ".join(
            f"[{' '.join(word for word, _ in run)}]" if own else " ".join(word for word, _ in run)
            for own, run in groupby(line, key=lambda one: one[1])
        )
        for line in lines
    ]


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
