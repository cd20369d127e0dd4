"""Recipients that come late: a journal names those in Bcc after the copy in Sent was judged."""

from collections.abc import MutableMapping

from auditor.template import classes
from auditor.template.single import Single
from auditor.template.template import Template
from auditor.template.values import Readdressed, Verdict
from auditor.template.vectors import NO_TEXT


def readdress(
    one: Readdressed, template: Template | None, singles: MutableMapping[int, Single]
) -> Verdict | None:
    """Give a send all its recipients, in its template or among the `singles`, by judged number.

    Returns what it is now; None where its template will say so, as of every member that it still keeps.
    """
    verdict = classes.without_wording(one.send)
    if verdict is not None:
        return verdict
    kept = singles.get(one.seq)
    if kept is not None:
        singles[one.seq] = Single.of(one.send, kept.text)
    facts = classes.facts_of(one.send)
    if template is None:
        return classes.alone(facts)
    if facts.blast is not None:  # a group counts as one conversation, however many there are in it
        blast = Single.of(one.send, NO_TEXT)
        template.reach.add(facts.sent_at, *blast.deliveries())
    member = template.members.get(facts.send_id) or template.waiting.get(facts.send_id)
    if member is None:
        return classes.readdressed(facts, one.verdict)
    member.facts, member.origin = facts, None  # what it reached is in the template alone
    return None
