"""A text that follows nothing yet: kept small, because there are many, until another follows it."""

from dataclasses import dataclass

import numpy as np

from auditor.template.classes import Facts, facts_of
from auditor.template.values import KeyedSend
from auditor.template.vectors import Features, Text, Weighting, Weights

SHORTENED = 8
"""Bytes of a recipient's or organisation's hash that are kept in memory."""

MANY = 16
"""Recipients of one member up to which a template may come apart."""
ONE_GROUP = 1
"""Recipients of one send that count towards a template's reach: a group is one conversation, and only the
repetition of a message proves a campaign. It is the one whose keyed hash comes first, so that the same group
counts once however often it is written to; under another key it is another of them. A message to very many
counts them all."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a template's member came from: its judged number, and what a `Single` has."""

    sender: int
    number: int
    reader: int
    recipients: bytes
    organisations: bytes

    def deliveries(self) -> tuple[list[bytes], list[bytes]]:
        """Recipients, and parallel to them their organisations, shortened."""
        return _parts(self.recipients), _parts(self.organisations)


@dataclass(frozen=True, slots=True)
class Single:
    """One send with its words; `reader` and `sender` are 32 bits that tell recipients and senders apart."""

    facts: Facts
    identity: bytes
    sender: int
    reader: int
    recipients: bytes
    organisations: bytes
    text: Text

    @classmethod
    def of(cls, send: KeyedSend, text: Text) -> "Single":
        """Take from a send what a template will need of it; `text` as habits leave it."""
        first = min(send.recipients, default=send.identity)
        facts = facts_of(send)
        counted = None if facts.blast else ONE_GROUP
        return cls(
            facts,
            send.identity,
            send.sender,
            int.from_bytes(first[:4], "little"),
            b"".join(recipient[:SHORTENED] for recipient in send.recipients[:counted]),
            b"".join(organisation[:SHORTENED] for organisation in send.organisations[:counted]),
            text,
        )

    @property
    def first_sent(self) -> float:
        """When it was sent; the same name as a template's."""
        return self.facts.sent_at

    @property
    def last_sent(self) -> float:
        """When it was sent; the same name as a template's."""
        return self.facts.sent_at

    def deliveries(self) -> tuple[list[bytes], list[bytes]]:
        """Recipients, and parallel to them their organisations, shortened."""
        return _parts(self.recipients), _parts(self.organisations)

    def origin(self, number: int) -> Origin | None:
        """What is kept of it once it is a template's member; nothing of a message to very many."""
        if len(self.recipients) > MANY * SHORTENED:
            return None
        return Origin(self.sender, number, self.reader, self.recipients, self.organisations)

    def similarity(self, vector: Features, weights: Weights, weighting: Weighting, moved: int) -> float:
        """Cosine of another text's unit vector to this one; `moved` as for a template, unused."""
        del moved
        mine = self.text.features
        idf = weighting.idf(mine)
        places = np.minimum(np.searchsorted(mine, vector), mine.size - 1)
        hit = mine[places] == vector
        return float(np.dot(idf[places[hit]], weights[hit])) / float(np.sqrt(np.dot(idf, idf)))


def _parts(joined: bytes) -> list[bytes]:
    return [joined[place : place + SHORTENED] for place in range(0, len(joined), SHORTENED)]
