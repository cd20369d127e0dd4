"""Taking out of a template's state what may not be in it: a person who is to be forgotten, in whose place
somebody else's number is put, and the words of a send that nobody was to read.

What a template reached stays what it was; that it reached this person is not in it any more.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from auditor.pseudonyms import mark
from auditor.template.single import SHORTENED, Origin
from auditor.template.state import Shared, template_of, to_record
from auditor.template.values import Rules, TemplateRecord
from auditor.template.vectors import significant

_READER = 4  # bytes of a recipient's hash by which a template tells its readers apart


def with_stand_ins(record: TemplateRecord, stand_ins: dict[bytes, bytes]) -> TemplateRecord:
    """The same template with other recipients, organisations or senders; `stand_ins` maps keyed hashes."""
    template = template_of(record, Rules())
    short = {old[:SHORTENED]: new[:SHORTENED] for old, new in stand_ins.items()}
    template.reach.sightings = sorted(
        (at, short.get(recipient, recipient), short.get(organisation, organisation))
        for at, recipient, organisation in template.reach.sightings
    )
    for member in template.members.values():
        if member.origin is not None:
            member.origin = _standing_in(member.origin, stand_ins, short)
    for old, new in stand_ins.items():
        before, after = (np.uint32(_reader(one)) for one in (old, new))
        template.latest[template.latest == before] = after
        senders = template.rhythm.senders
        template.rhythm.senders = {
            mark(new) if sender == mark(old) else sender: at for sender, at in senders.items()
        }
    return replace(to_record(template), reached=record.reached, fixed=record.fixed)


def _standing_in(origin: Origin, stand_ins: dict[bytes, bytes], short: dict[bytes, bytes]) -> Origin:
    recipients, organisations = (
        b"".join(short.get(one, one) for one in those) for those in origin.deliveries()
    )
    readers = {_reader(old): _reader(new) for old, new in stand_ins.items()}
    senders = {mark(old): mark(new) for old, new in stand_ins.items()}
    return replace(
        origin,
        sender=senders.get(origin.sender, origin.sender),
        reader=readers.get(origin.reader, origin.reader),
        recipients=recipients,
        organisations=organisations,
    )


def _reader(one: bytes) -> int:
    return int.from_bytes(one[:_READER], "little")


def without_member(record: TemplateRecord, send_id: int, words: Sequence[int]) -> TemplateRecord:
    """The same template without a send's words: it is compared and measured no more, and not counted."""
    template = template_of(record, Rules())
    template.sends -= 1
    template.members.pop(send_id, None)
    template.waiting.pop(send_id, None)
    compared = significant([words])[0]
    whole = compared[compared != 0].tobytes()  # a copy is its beginning: habits are cut off at the end
    template.copies = [copy for copy in template.copies if not whole.startswith(copy.tobytes())]
    return replace(to_record(template), reached=record.reached)


def has_sender(address: bytes) -> bytes:
    """How a sender, by their keyed address, begins in the state of a template."""
    return b"[%d," % mark(address)


def without_habits(shared: bytes, sender: int) -> bytes:
    """The state that templates share, without the closing lines of a sender."""
    kept = Shared.from_bytes(shared)
    kept.habits.forget(sender)
    return kept.to_bytes()
