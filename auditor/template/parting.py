"""Taking apart a template that turned out to be two: two wordings brought together by a part that both have.

The first two texts decide what a template is before anybody knows what else will come. So while all of its
members are at hand it is looked at again, at doublings of their number: where they fall into two parts whose
wordings are as far apart as those of two templates that are not merged, each goes its own way. Spintax stays,
because its members mix the ways; so do the halves of an A/B test, unless they are as far apart.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditor.template.matching import MERGE
from auditor.template.phrases import Phrases
from auditor.template.reach import Reach
from auditor.template.template import COPIES, KEEP, Member, Template
from auditor.template.values import Rules
from auditor.template.vectors import Features, Text, texts_of

SIZES = frozenset(size for size in (8, 16, 32, 64) if size <= KEEP)
"""Members at which a template is looked at: each time so many more came that its parts may show."""
LEAST = 3
"""Members of either part: two alike are a coincidence."""
NEARER = 2.0
"""How many times as near its part's wording a member is as the other's, at least."""
STABLE = 0.9
"""Share of each part's members of which that is true."""
_ROUNDS = 8


def parted(template: Template, phrases: Phrases, rules: Rules) -> tuple[Template, Template] | None:
    """The two templates that one falls into, the older keeping its id; None where it does not."""
    if template.sends not in SIZES or len(template.members) < template.sends:
        return None
    members = [member for member in template.members.values() if member.origin is not None]
    if len(members) < template.sends:
        return None
    members.sort(key=_number)
    texts = texts_of([np.frombuffer(member.keyed or b"", dtype=np.uint32) for member in members])
    other = two_wordings([text.features for text in texts])
    if other is None:
        return None
    parts = [
        [
            (member, text)
            for member, text, is_other in zip(members, texts, other, strict=True)
            if is_other == of
        ]
        for of in (False, True)
    ]
    number = _number(parts[1][0][0])
    older = _made(template.id, parts[0], template, phrases, rules)
    id_ = _id(template.id, number, template.sends)
    younger = _made(id_, parts[1], template, phrases, rules)
    older.entries = template.entries
    return older, younger


def _number(member: Member) -> int:
    return member.origin.number if member.origin is not None else 0


def _id(of: str, number: int, sends: int) -> str:
    """Another one each time: what was merged back, its id an alias then, may part again when more came."""
    return hashlib.blake2b(f"{of} {number} {sends}".encode(), digest_size=6).hexdigest()


def _made(
    id_: str, part: Sequence[tuple[Member, Text]], whole: Template, phrases: Phrases, rules: Rules
) -> Template:
    """A template of these members, as if they had come alone."""
    first = part[0][0].facts
    made = Template(_number(part[0][0]), id_, first.send_id, Reach(rules), first.sent_at, first.sent_at)
    made.published = whole.published
    for member, text in part:
        assert member.origin is not None  # noqa: S101  # of such members alone
        at = member.facts.sent_at
        made.add(text.features, member.origin.reader)
        made.reach.add(at, *member.origin.deliveries())
        made.first_sent, made.last_sent = min(made.first_sent, at), max(made.last_sent, at)
        made.grew = member.origin.number
        made.members[member.facts.send_id] = member
    made.copies = [text.words for _, text in part[:COPIES]]
    made.fresh = 0
    made.measure_again(phrases, all_of_them=True)
    for member, _ in part:
        assert member.origin is not None  # noqa: S101
        made.rhythm.beat(member.origin.sender, member.facts.sent_at, member.own)
    return made


def two_wordings(many: Sequence[Features]) -> NDArray[np.bool_] | None:
    """Which texts have another wording than the first one has; None where all of them share one."""
    row, sizes = np.concatenate(many), np.array([features.size for features in many])
    ordered = np.sort(row)
    columns = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])  # what one text alone has says nothing
    places = columns.searchsorted(row)
    hit = columns.take(places, mode="clip") == row
    has = np.zeros((len(many), columns.size), dtype=np.float32)
    has[np.repeat(np.arange(len(many)), sizes)[hit], places[hit]] = 1.0
    near = (has @ has.T) / np.sqrt(np.outer(sizes, sizes))
    np.fill_diagonal(near, 1.0)
    other = _farthest_apart(near)
    if other is None:
        return None
    cores = [has[part].mean(axis=0) >= 0.5 for part in (~other, other)]
    lengths = [float(np.sqrt(core.sum())) for core in cores]
    if (cores[0] & cores[1]).sum() >= MERGE * lengths[0] * lengths[1]:
        return None
    to_core = [has @ core / (np.sqrt(sizes) * length) for core, length in zip(cores, lengths, strict=True)]
    for part, own, others in ((~other, *to_core), (other, *reversed(to_core))):
        if (own[part] >= NEARER * others[part]).mean() < STABLE:
            return None
    return other


def _farthest_apart(near: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Two parts around the two texts that have least in common, the first text not in it."""
    one, another = np.unravel_index(near.argmin(), near.shape)
    other: NDArray[np.bool_] = near[another] > near[one]
    for _ in range(_ROUNDS):
        if min(other.sum(), (~other).sum()) < LEAST:
            return None
        nearer = near[:, other].mean(axis=1) > near[:, ~other].mean(axis=1)
        if (nearer == other).all():
            return ~other if other[0] else other
        other = nearer
    return None
