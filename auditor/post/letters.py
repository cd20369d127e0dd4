"""From a decision to a letter in the outbox, in the transaction that writes the decision."""

from collections.abc import Sequence

import sqlalchemy as sa

from auditor.errors import DeliveryError
from auditor.post.envelope import domain_of
from auditor.store import outbox
from auditor.story.letter import Letter
from auditor.story.png import png


def put(
    connection: sa.Connection,
    letter: Letter,
    *,
    occasion: str,
    recipients: Sequence[str],
    sender: str,
    now: float,
    incident_id: int | None = None,
) -> int | None:
    """Put a letter into the outbox; None when nobody wants letters.

    The Message-ID is made of what is told and when, so the same letter is never there twice.

    Args:
        occasion: opened, updated, resolved, corrected, flood, operator or test.
        recipients: our own people's addresses, from the configuration.
        sender: From address; its domain stands in the Message-ID.
        now: seconds since the epoch.
    """
    if not recipients:
        return None
    about = "letter" if incident_id is None else f"incident-{incident_id}"
    message_id = f"<auditor.{about}.{occasion}.{int(now * 1000)}@{_domain(sender)}>"
    return outbox.enqueue(
        connection,
        message_id=message_id,
        occasion=occasion,
        recipients=recipients,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        now=now,
        incident_id=incident_id,
        pictures={one.name: png(one.picture) for one in letter.pictures},
    )


def _domain(sender: str) -> str:
    """The domain of a Message-ID. A sender that is no address fails when the letter is handed over, not here:
    what the letter tells of has to be written down all the same."""
    try:
        return domain_of(sender)
    except DeliveryError:
        return "auditor.invalid"
