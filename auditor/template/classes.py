"""What a send is, once its template, its handwritten share and whom the template reached are known."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.template.values import KeyedSend, Rules, Verdict
from auditor.vocabulary import OUTREACH, Class, Direction, Kind

BLAST_ORGANISATIONS = 5
"""One new or follow-up message to this many organisations is mass without a second copy."""
BLAST_BCC = 5
"""So is one with this many recipients in Bcc."""


class Reason(StrEnum):
    """Why a send has its class; stable words of `explain` and `scan`."""

    TEMPLATE_REACHED = "template_reached"  # mass: its template reached enough, hardly a word is its own
    TEMPLATE_EDITED_BY_HAND = "template_edited_by_hand"  # tailored: such a template, and words of its own
    MANY_ORGANISATIONS = "many_organisations"  # mass: one message to many organisations
    MANY_BCC = "many_bcc"  # mass: one message to many in Bcc
    SHORT_FOLLOW_UP_REACHED = "short_follow_up_reached"  # mass: short, but its wording went to enough
    TEMPLATE_NOT_REACHED = "template_not_reached"  # personal: shared wording that reached too few
    OWN_WORDS = "own_words"  # personal: nobody else received these words
    INTERNAL_HEADERS_ONLY = "internal_headers_only"  # brief: internal mail whose text is not read
    TOO_SHORT = "too_short"  # brief
    AUTOMATIC = "automatic"  # excluded: automatic answers and notifications
    INVITATION = "invitation"  # excluded: calendar mail without text of its own


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides a send's class besides its template."""

    send_id: int
    sent_at: float
    kind: Kind
    blast: Reason | None  # the recipients alone prove mass
    short: bool


@dataclass(frozen=True, slots=True)
class Match:
    """How a send stands to its template. `share` is 0 to 1."""

    template: str
    share: float
    similarity: float
    generated: bool
    reached: bool


def facts_of(send: KeyedSend) -> Facts:
    """The facts of a send, without its words and recipients."""
    return Facts(send.id, send.sent_at, send.kind, _blast(send), send.short)


def _blast(send: KeyedSend) -> Reason | None:
    if send.kind not in OUTREACH:
        return None
    if len(set(send.organisations)) >= BLAST_ORGANISATIONS:
        return Reason.MANY_ORGANISATIONS
    return Reason.MANY_BCC if send.bcc >= BLAST_BCC else None


def without_wording(send: KeyedSend) -> Verdict | None:
    """The verdict of a send that has no text to compare; None when it has."""
    if send.kind is Kind.AUTO:
        return Verdict(send.id, None, Class.EXCLUDED, None, None, False, Reason.AUTOMATIC)
    if send.kind is Kind.CALENDAR:
        return Verdict(send.id, None, Class.EXCLUDED, None, None, False, Reason.INVITATION)
    if any(send.words):
        return None
    facts = facts_of(send)
    if send.direction is Direction.INTERNAL and not facts.blast:
        return Verdict(send.id, None, Class.BRIEF, None, None, False, Reason.INTERNAL_HEADERS_ONLY)
    return alone(facts)


def alone(facts: Facts) -> Verdict:
    """The verdict of a send that shares no wording."""
    if facts.blast:
        return Verdict(facts.send_id, None, Class.MASS, 0.0, None, False, facts.blast)
    if facts.short:
        return Verdict(facts.send_id, None, Class.BRIEF, None, None, False, Reason.TOO_SHORT)
    return Verdict(facts.send_id, None, Class.PERSONAL, 1.0, None, False, Reason.OWN_WORDS)


def matched(facts: Facts, match: Match, rules: Rules) -> Verdict:
    """The verdict of a send that follows a template."""
    class_, share, reason = _class_of(facts, match, rules)
    return Verdict(facts.send_id, match.template, class_, share, match.similarity, match.generated, reason)


def _class_of(facts: Facts, match: Match, rules: Rules) -> tuple[Class, float | None, Reason]:
    if facts.blast:
        return Class.MASS, 0.0, facts.blast  # all its recipients received the same words
    copied = match.share < rules.tailored_share
    if facts.short:
        if facts.kind is Kind.FOLLOW_UP and match.reached and copied:
            return Class.MASS, match.share, Reason.SHORT_FOLLOW_UP_REACHED
        return Class.BRIEF, None, Reason.TOO_SHORT
    if not match.reached:
        return Class.PERSONAL, 1.0, Reason.TEMPLATE_NOT_REACHED
    if copied:
        return Class.MASS, match.share, Reason.TEMPLATE_REACHED
    return Class.TAILORED, match.share, Reason.TEMPLATE_EDITED_BY_HAND
