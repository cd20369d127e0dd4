"""Why a send was called what it was called, and what a template is, in words a sales manager understands."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import sqlalchemy as sa

from auditor.pseudonyms import Pseudonyms
from auditor.store import results, templates
from auditor.store.results import TemplateResult
from auditor.template.classes import Reason

_REASONS = {
    Reason.TEMPLATE_REACHED: "its wording reached enough people and organisations, and little of it is new",
    Reason.TEMPLATE_EDITED_BY_HAND: "its template reached enough people, but part is for one recipient",
    Reason.TEMPLATE_NOT_REACHED: "others share its wording, but too few people or organisations received it",
    Reason.MANY_ORGANISATIONS: "one message went to the people of many organisations",
    Reason.MANY_BCC: "one message went to many people in Bcc",
    Reason.OWN_WORDS: "nobody else received these words",
    Reason.TOO_SHORT: "it is too short to tell",
    Reason.SHORT_FOLLOW_UP_REACHED: "it is short, but the same follow-up reached enough people",
    Reason.AUTOMATIC: "a machine answered",
    Reason.INVITATION: "it is an invitation without a text of its own",
    Reason.INTERNAL_HEADERS_ONLY: "it stayed inside the company, and the text of internal mail is not read",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Some lines for a terminal: what it is, and why."""

    lines: tuple[str, ...]


def explain(
    connection: sa.Connection, pseudonyms: Pseudonyms, wanted: str, zone: tzinfo
) -> Explanation | None:
    """Explain a template (by id) or a send (by Message-ID); None when the store knows neither."""
    row = templates.find(connection, wanted)
    if row is not None:
        found = results.template_results(connection, row.id)
        return Explanation(tuple(_template_lines(found[0], zone))) if found else None
    for spelling in (wanted, f"<{wanted.strip('<> ')}>"):
        send = results.find_send(connection, pseudonyms.message_id(spelling))
        if send is not None:
            found = results.template_results(connection, send.template) if send.template else ()
            return Explanation(tuple(_send_lines(send, found[0] if found else None, zone)))
    return None


def _template_lines(template: TemplateResult, zone: tzinfo) -> list[str]:
    first, last = (when.astimezone(zone) for when in (template.first_sent, template.last_sent))
    lines = [
        f"Template {template.id}" + (f": {template.name}" if template.name else ""),
        f"  sent {_times(template.sends)} by {_people(template.senders)}"
        f" to {_people(template.recipients)} outside,"
        f" from {first:%d %b %Y %H:%M} to {last:%d %b %Y %H:%M}",
        "  " + ", ".join(f"{count} {name}" for name, count in sorted(template.classes.items())),
    ]
    if template.wording is None:
        lines.append("  Its wording is shown once enough people outside have received the same words.")
    else:
        lines.append("  Wording (… is filled in for each recipient):")
        lines += [f"    {line}" for line in template.wording.splitlines()]
    return lines


def _send_lines(send: Any, template: TemplateResult | None, zone: tzinfo) -> list[str]:
    class_ = send._mapping["class"]
    sent_at = results.moment(send.sent_at).astimezone(zone)
    lines = [
        f"This {send.kind.replace('_', ' ')} of {sent_at:%d %b %Y %H:%M} was called {class_}:"
        f" {_REASONS[Reason(send.reason)]}."
    ]
    if send.share is not None:
        own = round(send.share * send.word_count)
        lines.append(
            f"  {own} of its {send.word_count} words ({send.share:.0%}) only this recipient received."
        )
    if send.generated_field:
        lines.append(
            "  One passage differs in most copies and left faster than anyone types: it counts as a field."
        )
    if template is not None:
        lines += _template_lines(template, zone)
    return lines


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
