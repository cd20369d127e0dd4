"""From a decision to letters in the outbox, in the transaction that writes the decision."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from auditor.errors import DeliveryError
from auditor.post.envelope import domain_of
from auditor.store import outbox
from auditor.store.outbox import Entry
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
    about: str = "letter",
    webhooks: Iterable[str] = (),
) -> str | None:
    """Put a letter into the outbox, and the same for each webhook; None when nobody wants letters.

    The Message-ID is made of what is told and when, so the same letter is never there twice.

    Args:
        occasion: opened, updated, resolved, corrected, flood, missed, digest, bundle, operator or test.
        recipients: our own people's addresses, from the configuration.
        sender: From address; its domain stands in the Message-ID.
        now: seconds since the epoch.
        about: what the letter is about, for the Message-ID of one that is about no incident.
        webhooks: their names.

    Returns:
        The Message-ID of the mail.
    """
    subject = about if incident_id is None else f"incident-{incident_id}"
    stem, domain = f"auditor.{subject}.{occasion}.{int(now * 1000)}", _domain(sender)
    for name in webhooks:
        entry = _entry(letter, f"<{stem}.{name}@{domain}>", occasion, (), incident_id, name)
        outbox.enqueue(connection, entry, now)
    if not recipients:
        return None
    entry = _entry(letter, f"<{stem}@{domain}>", occasion, tuple(recipients), incident_id, outbox.MAIL)
    outbox.enqueue(connection, entry, now)
    return entry.message_id


def _entry(
    letter: Letter,
    message_id: str,
    occasion: str,
    recipients: tuple[str, ...],
    incident_id: int | None,
    channel: str,
) -> Entry:
    pictures = {one.name: png(one.picture) for one in letter.pictures} if channel == outbox.MAIL else {}
    return Entry(
        message_id,
        occasion,
        recipients,
        letter.subject,
        letter.text,
        letter.html,
        letter.gist,
        letter.link,
        incident_id,
        channel,
        pictures,
    )


def _domain(sender: str) -> str:
    """The domain of a Message-ID. A sender that is no address fails when the letter is handed over, not here:
    what the letter tells of has to be written down all the same."""
    try:
        return domain_of(sender)
    except DeliveryError:
        return "auditor.invalid"
