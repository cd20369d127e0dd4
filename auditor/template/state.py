"""The bytes in which templates and frequencies survive a restart: a JSON head, then plain arrays.

Keyed numbers only; nothing in clear.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from auditor.template.classes import Facts, Reason
from auditor.template.generated import Rhythm
from auditor.template.habits import Habits
from auditor.template.reach import Reach
from auditor.template.share import Passage
from auditor.template.single import Origin
from auditor.template.template import Member, Template
from auditor.template.values import Rules, TemplateRecord, Verdict
from auditor.template.vectors import Weighting
from auditor.vocabulary import Class, Kind

_HEAD = struct.Struct("<I")
Array = NDArray[np.uint32]


def _pack(head: Any, arrays: Sequence[Array]) -> bytes:
    text = orjson.dumps([head, [array.size for array in arrays]])
    return b"".join((_HEAD.pack(len(text)), text, *(array.tobytes() for array in arrays)))


def _unpack(state: bytes) -> tuple[Any, list[Array]]:
    (length,) = _HEAD.unpack_from(state)
    start = _HEAD.size + length
    head, sizes = orjson.loads(state[_HEAD.size : start])
    arrays = []
    for size in sizes:
        arrays.append(np.frombuffer(state, dtype=np.uint32, count=size, offset=start).copy())
        start += 4 * size
    return head, arrays


def to_record(template: Template) -> TemplateRecord:
    """A template as the store keeps it."""
    return TemplateRecord(
        id=template.id,
        founded_by=template.founded_by,
        first_sent=template.first_sent,
        last_sent=template.last_sent,
        sends=template.sends,
        reached=template.reach.reached,
        fixed=template.fixed(),
        state=_state_of(template),
    )


def _state_of(template: Template) -> bytes:
    members = [*template.members.values(), *template.waiting.values()]
    with_words = [np.frombuffer(one.keyed, dtype=np.uint32) for one in members if one.keyed is not None]
    head = {
        "number": template.number,
        "grew": template.grew,
        "fresh": template.fresh,
        "copies": len(template.copies),
        "members": [_member_head(member) for member in members],
        "entries": [judged for judged, _ in template.entries],
        "rhythm": [
            template.rhythm.sends,
            [[place, *counts] for place, counts in template.rhythm.places.items()],
            list(template.rhythm.senders.items()),
        ],
        "reach": template.reach.to_bytes().hex(),
    }
    arrays = [template.features, template.counts, template.readers, template.latest, template.published]
    arrays += [*template.copies, *(entry for _, entry in template.entries), *with_words]
    return _pack(head, arrays)


def template_of(record: TemplateRecord, rules: Rules) -> Template:
    """The template that `to_record` gave."""
    head, arrays = _unpack(record.state)
    features, counts, readers, latest, published, *rest = arrays
    copies, rest = rest[: head["copies"]], rest[head["copies"] :]
    entries = list(zip(head["entries"], rest, strict=False))
    texts = iter(rest[len(entries) :])
    members = [_member_of(numbers, texts) for numbers in head["members"]]
    sends, places, senders = head["rhythm"]
    rhythm = Rhythm(sends, {place: (count, fast) for place, count, fast in places}, dict(senders))
    return Template(
        number=head["number"],
        id=record.id,
        founded_by=record.founded_by,
        reach=Reach.from_bytes(rules, bytes.fromhex(head["reach"])),
        first_sent=record.first_sent,
        last_sent=record.last_sent,
        grew=head["grew"],
        sends=record.sends,
        features=features,
        counts=counts,
        readers=readers,
        latest=latest,
        published=published,
        fresh=head["fresh"],
        copies=copies,
        members={one.facts.send_id: one for one in members if one.keyed is not None},
        waiting={one.facts.send_id: one for one in members if one.keyed is None},
        entries=entries,
        rhythm=rhythm,
    )


def _member_head(member: Member) -> list[Any]:
    facts, told = member.facts, member.told
    return [
        [facts.send_id, facts.sent_at, facts.kind, facts.blast, facts.short],
        [told.template, told.class_, told.share, told.similarity, told.generated_field, told.reason],
        member.similarity,
        member.share,
        [[passage.words, *passage.anchors] for passage in member.own],
        member.keyed is not None,
        _origin_head(member.origin) if member.origin is not None else None,
    ]


def _origin_head(origin: Origin) -> list[Any]:
    return [origin.sender, origin.number, origin.reader, origin.recipients.hex(), origin.organisations.hex()]


def _member_of(numbers: list[Any], texts: Iterator[Array]) -> Member:
    (send_id, sent_at, kind, blast, short), told, similarity, share, own, with_words, origin = numbers
    template, class_, told_share, told_similarity, generated, reason = told
    facts = Facts(send_id, sent_at, Kind(kind), Reason(blast) if blast else None, short)
    verdict = Verdict(
        send_id, template, Class(class_), told_share, told_similarity, generated, Reason(reason)
    )
    passages = tuple(Passage(count, places[0], places[-1]) for count, *places in own)
    keyed = next(texts).tobytes() if with_words else None
    return Member(facts, similarity, share, passages, keyed, verdict, _origin_of(origin) if origin else None)


def _origin_of(numbers: list[Any]) -> Origin:
    sender, number, reader, recipients, organisations = numbers
    return Origin(sender, number, reader, bytes.fromhex(recipients), bytes.fromhex(organisations))


@dataclass(frozen=True, slots=True)
class Shared:
    """What belongs to no single template: frequencies, habits, and where passages were met that may become
    phrases of the house (see `Phrases.where`), as they stood at one judged number."""

    moved: int
    forgotten_before: float  # singles sent before this are not kept any more
    latest: float  # the highest sent_at judged until then
    weighting: Weighting
    habits: Habits
    where: Array

    def to_bytes(self) -> bytes:
        """As bytes, for `from_bytes`."""
        weighting, habits = self.weighting.to_bytes(), self.habits.to_bytes()
        head = [self.moved, self.forgotten_before, self.latest, len(weighting)]
        return b"".join((_pack(head, [self.where]), weighting, habits))

    @classmethod
    def from_bytes(cls, state: bytes) -> "Shared":
        """Restore what `to_bytes` gave."""
        (moved, forgotten, latest, length), (where,) = _unpack(state)
        start = _HEAD.size + _HEAD.unpack_from(state)[0] + where.nbytes
        weighting = Weighting.from_bytes(state[start : start + length])
        return cls(moved, forgotten, latest, weighting, Habits.from_bytes(state[start + length :]), where)
