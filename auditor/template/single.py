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


@dataclass(slots=True)
class Single:
    """One send with its words; `reader` and `sender` are 32 bits that tell recipients and senders apart."""

    facts: Facts
    identity: bytes
    sender: int
    reader: int
    recipients: bytes
    organisations: bytes
    text: Text
    _idf: tuple[int, Weights, float] | None = None  # of its features, and their length

    @classmethod
    def of(cls, send: KeyedSend, text: Text) -> "Single":
        """Take from a send what a template will need of it; `text` as habits leave it."""
        facts = facts_of(send)
        counted = None if facts.blast else ONE_GROUP
        return cls(
            facts,
            send.identity,
            send.sender,
            reader_of(send),
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
        """Cosine of another text's unit vector to this one; `moved` names the current frequencies."""
        mine = self.text.features
        if self._idf is None or self._idf[0] != moved:
            idf = weighting.idf(mine)
            self._idf = (moved, idf, float(np.sqrt(idf.dot(idf))))
        places = mine.searchsorted(vector)
        hit = mine.take(places, mode="clip") == vector
        return float(self._idf[1].take(places[hit]).dot(weights[hit])) / self._idf[2]


def reader_of(send: KeyedSend) -> int:
    """32 bits that tell whom a send went to."""
    return int.from_bytes(min(send.recipients, default=send.identity)[:4], "little")


def _parts(joined: bytes) -> list[bytes]:
    return [joined[place : place + SHORTENED] for place in range(0, len(joined), SHORTENED)]
