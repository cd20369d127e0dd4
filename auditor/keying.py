"""The step after which nothing in clear is left: a send as it was read becomes a send as it is kept."""

from auditor.message.values import Outgoing
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.store.ledger.send import IntakeSend, KeyedRecipient


def key(
    outgoing: Outgoing,
    pseudonyms: Pseudonyms,
    people: People,
    *,
    live: bool,
    past: bool = False,
    uid: int | None = None,
) -> IntakeSend:
    """Replace every word, recipient and Message-ID of `outgoing` by its keyed hash."""
    authored = outgoing.authored
    return IntakeSend(
        identity=pseudonyms.identity(*outgoing.identity),
        message_id=pseudonyms.message_id(outgoing.message_id) if outgoing.message_id else None,
        references=tuple(pseudonyms.message_id(one) for one in outgoing.references),
        sender=outgoing.sender,
        team=people.team(outgoing.sender),
        sent_at=outgoing.sent_at.timestamp(),
        live=live,
        direction=outgoing.direction,
        shape=authored.shape,
        quotes_other=authored.quotes_other,
        bcc=outgoing.bcc,
        recipients=tuple(
            KeyedRecipient(
                pseudonyms.address(who.address), pseudonyms.organisation(who.organisation), who.external
            )
            for who in outgoing.recipients
        ),
        words=pseudonyms.words(authored.lines),
        word_count=authored.words,
        short=authored.short,
        merge_failure=authored.merge_failure,
        past=past,
        uid=uid,
        sender_key=pseudonyms.address(outgoing.sender),
        private=outgoing.private,
    )
