"""One template: the wording its members share, whom it reached, and the members whose class may change.

Bounded: features that one recipient alone received are forgotten when there are too many, only the first
copies are kept whole for the wording, and of later members only the latest keep their words, to be measured
again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auditor.template.classes import Facts, Match, alone, matched
from auditor.template.generated import Rhythm
from auditor.template.measures import Measures
from auditor.template.phrases import Phrases
from auditor.template.reach import Reach
from auditor.template.share import Measured, Passage, Wording, contained
from auditor.template.single import Origin, Single
from auditor.template.values import Rules, Verdict
from auditor.template.vectors import Features, Weighting, Weights, Words
from auditor.template.wording import Votes

COPIES = 8
"""First copies that are kept whole: their alignment is the wording."""
OPEN = 64
"""Members whose words are kept because some are not shared yet."""
FEATURES = 1024
"""Features that only one member has, above which they are forgotten."""
WAITING = 512
"""Members that wait for their template to reach enough; of more, the first stay as they were judged."""
USUAL = 0.12
"""Share of the members whose readers received what is usual wording, and always two of them."""
PUBLISHED = 3
"""Members from which a template's wording belongs to the company's stock of phrases."""
CARRIED_MEMBERS = 4
"""Members from which a template is known well enough to be found whole in a longer text."""
CARRIED_FEATURES = 12
"""Features that such a template has at least: some two sentences."""
SEVERAL = 8
"""Members from which it takes three readers instead of two."""
LOOK_AGAIN = 5
"""Newly shared features after which open members are looked at again: one passage longer than a field."""
KEEP = 64
"""Members up to which nothing is forgotten."""
MILESTONES = frozenset({1, 2, 3, 4, 6, *(8 * 2**n for n in range(20)), *(12 * 2**n for n in range(20))})
"""Numbers of members at which all that may still change are looked at again."""

_COLUMNS = ("features", "counts", "readers", "latest")


@dataclass(slots=True)
class Member:
    """A member whose verdict may still change. `keyed` is its words as bytes; None once nothing can."""

    facts: Facts
    similarity: float
    share: float
    own: tuple[Passage, ...]
    keyed: bytes | None
    told: Verdict
    origin: Origin | None = None  # while its template may still come apart
    rested_on: tuple[object, ...] | None = None  # all that decided what was told


@dataclass(slots=True)
class Template:
    """The growing state of one template. `number` is the judged number of its founding send."""

    number: int
    id: str
    founded_by: int
    reach: Reach
    first_sent: float
    last_sent: float
    grew: int = 0  # judged number of its latest member
    sends: int = 0
    features: Features = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    counts: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    readers: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    latest: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    published: Features = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    fresh: int = 0
    copies: list[Words] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    waiting: dict[int, Member] = field(default_factory=dict)  # measured for good, not reached yet
    entries: list[tuple[int, Features]] = field(default_factory=list)
    rhythm: Rhythm = field(default_factory=Rhythm)
    _idf: tuple[int, Features, Weights] | None = None
    _sum: tuple[int, int, Weights, float] | None = None
    _usual_from: int = 0  # readers from which a feature is usual in `_worded`
    _worded: Wording | None = None  # None where it may be another now
    _measures: Measures = field(default_factory=Measures)
    _found: tuple[Features, Features, NDArray[np.intp], NDArray[np.bool_]] | None = None
    _votes: Votes = field(default_factory=Votes)

    def similarity(self, features: Features, weights: Weights, weighting: Weighting, moved: int) -> float:
        """Cosine of a text's unit vector to the members' mean. `moved` names the current frequencies."""
        if self._sum is None or self._sum[:2] != (moved, self.sends):
            if self._idf is None or self._idf[0] != moved or self._idf[1] is not self.features:
                self._idf = (moved, self.features, weighting.idf(self.features))
            total = np.multiply(self._idf[2], self.counts, dtype=np.float32)
            self._sum = (moved, self.sends, total, float(np.sqrt(total.dot(total))))
        places, hit = self._places(features)
        return float(self._sum[2].take(places[hit]).dot(weights[hit])) / self._sum[3]

    def _places(self, features: Features) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Where in `self.features` each of `features` stands, if it does; remembered for the last asked."""
        found = self._found
        if found is None or found[0] is not features or found[1] is not self.features:
            places = self.features.searchsorted(features)
            if self.features.size:
                hit = self.features.take(places, mode="clip") == features
            else:
                hit = np.zeros(features.size, dtype=bool)
            self._found = found = (features, self.features, places, hit)
        return found[2], found[3]

    def mean(self, weighting: Weighting) -> Weights:
        """The mean of the members' vectors, of unit length, parallel to `features`."""
        mean = weighting.idf(self.features) * (self.counts / np.float32(self.sends)).astype(np.float32)
        return mean / np.float32(np.sqrt(np.dot(mean, mean)))

    def core(self, weighting: Weighting) -> tuple[Features, Weights]:
        """The features that at least an eighth of the members have, and their unit vector."""
        core = self.counts * 8 >= self.sends
        mean = self.mean(weighting)[core]
        return self.features[core], mean / np.float32(np.sqrt(np.dot(mean, mean)))

    def usual(self) -> Features:
        """The features that at least half of the members have."""
        return self.features[self.counts * 2 >= self.sends]

    def carried(self, features: Features) -> float:
        """Share of what at least half of the members have that a text has too; 0 while that says little."""
        core = self.usual()
        if self.sends < CARRIED_MEMBERS or core.size < CARRIED_FEATURES:
            return 0.0
        return float(contained(core, features).mean())

    def fixed(self) -> tuple[int, ...]:
        """The keyed wording in order, slots as -1; it moves with the first copies only."""
        return self._votes.fixed(self.copies)

    def wording(self) -> Wording:
        """The features that several readers share, and those that a good part of them share."""
        usual_from = max(2 if self.sends < SEVERAL else 3, math.ceil(USUAL * self.sends))
        if self._usual_from != usual_from:
            ends = sorted((self._usual_from, usual_from))
            self._measures.change(self.features[(self.readers >= ends[0]) & (self.readers < ends[1])])
            self._usual_from, self._worded = usual_from, None
        if self._worded is None:
            usual, shared = self.readers >= usual_from, self.readers >= 2
            self._worded = Wording(self.features[usual], self.features[shared])
        return self._worded

    def add(self, features: Features, reader: int) -> None:
        """Count the features of one more member; `reader` is 32 bits of its recipient."""
        places, hit = self._places(features)
        known = places[hit]
        self.counts[known] += 1
        other = known[self.latest[known] != reader]
        before = self.readers[other]
        shared = before == 1
        changed = other[shared | (before == self._usual_from - 1)]
        if changed.size:
            self.fresh += int(np.count_nonzero(shared))
            self._measures.change(self.features[changed])
            self._worded = None
        self.readers[other] = before + 1
        self.latest[known] = reader
        if known.size < features.size:
            new = features[~hit]
            ones = np.ones(new.size, np.uint32)
            self._insert(new, places[~hit], (ones, ones, np.full(new.size, reader, np.uint32)))
        self._found = None  # the text is done with
        self.sends += 1

    def _insert(self, new: Features, places: NDArray[np.intp], numbers: Sequence[Features]) -> None:
        """Put features with their numbers before those that stand at `places` now."""
        behind = places + np.arange(new.size)
        stay = np.ones(self.features.size + new.size, dtype=bool)
        stay[behind] = False
        for name, more in zip(_COLUMNS, (new, *numbers), strict=True):
            grown = np.empty(stay.size, dtype=np.uint32)
            grown[stay], grown[behind] = getattr(self, name), more
            setattr(self, name, grown)
        if self.sends >= SEVERAL and stay.size > FEATURES:
            once = self.counts == 1
            if np.count_nonzero(once) > FEATURES:
                for name in _COLUMNS:
                    setattr(self, name, getattr(self, name)[~once])

    def publish(self, phrases: Phrases) -> None:
        """Give the usual wording to the company's stock of phrases."""
        if self.sends < PUBLISHED:
            return
        usual = self.wording().usual
        new = usual[~contained(usual, self.published)]
        phrases.add(new)
        self.published = np.sort(np.concatenate((self.published, new)))

    def deliver(self, at: float, recipients: Sequence[bytes], organisations: Sequence[bytes]) -> bool:
        """Count whom a member reached; whether members before it may have become part of a campaign."""
        before = self.reach.within(self.first_sent, self.last_sent)
        self.reach.add(at, recipients, organisations)
        return self.reach.within(self.first_sent, self.last_sent) != before

    def admit(self, number: int, single: Single, similarity: float, phrases: Phrases) -> bool:
        """Make a send a member, once its features are added; whether what is generated changed."""
        facts, text = single.facts, single.text
        keyed = text.keyed.tobytes()
        found = self._measured([keyed], phrases)[0] if self.sends > 1 else Measured()
        for passage in found.in_place:
            phrases.meet(passage, self.number)
        moved = self.rhythm.beat(single.sender, facts.sent_at, found.own)
        self.members[facts.send_id] = Member(
            facts, similarity, found.share, found.own, keyed, alone(facts), single.origin(number)
        )
        if len(self.copies) < COPIES:
            self.copies.append(text.words)
        self.first_sent = min(self.first_sent, facts.sent_at)
        self.last_sent = max(self.last_sent, facts.sent_at)
        return moved

    def look_again(self, phrases: Phrases, *, merged: bool = False) -> bool:
        """Measure the open members again when enough wording became shared; whether it did."""
        milestone = merged or self.sends in MILESTONES
        if self.fresh < LOOK_AGAIN and not milestone:
            return False
        self.fresh = 0
        if milestone:
            self.publish(phrases)
        self.measure_again(phrases, all_of_them=milestone)
        return True

    def measure_again(self, phrases: Phrases, *, all_of_them: bool) -> None:
        """Measure open members again: all, or those that have words of their own."""
        # more shared wording can only lower a share; only more members can raise it
        members = [one for one in self.members.values() if all_of_them or one.own]
        found = self._measured([one.keyed or b"" for one in members], phrases)
        for member, one in zip(members, found, strict=True):
            member.own, member.share = one.own, one.share

    def _measured(self, many: Sequence[bytes], phrases: Phrases) -> list[Measured]:
        """What of each text is one's own."""
        return self._measures.of(many, self.wording(), phrases)

    def verdict(self, member: Member, rules: Rules) -> Verdict:
        """What is concluded of a member now."""
        generated = self.rhythm.generated(member.own) if member.own else 0
        reached = self.reach.covers(member.facts.sent_at)
        rests_on = (self.id, member.facts, member.share, generated, reached)
        if rests_on == member.rested_on:
            return member.told
        member.rested_on = rests_on
        share = member.share
        if generated:
            share *= 1.0 - generated / sum(passage.words for passage in member.own)
        match = Match(self.id, round(share, 4), round(member.similarity, 4), generated > 0, reached)
        return matched(member.facts, match, rules)

    @property
    def lets_go(self) -> bool:
        """Whether it has so many members that it keeps only those that may still change."""
        return self.sends > KEEP

    def let_go(self) -> None:
        """Forget the words, and then the members, that cannot change any more."""
        if not self.lets_go:
            return
        surplus = sum(1 for member in self.members.values() if member.own) - OPEN
        for send_id, member in list(self.members.items()):
            member.origin = None
            if member.own and surplus <= 0:
                continue
            surplus -= bool(member.own)
            member.keyed = None
            del self.members[send_id]
            if member.facts.blast is None and not self.reach.covers(member.facts.sent_at):
                self.waiting[send_id] = member
        while len(self.waiting) > WAITING:
            del self.waiting[next(iter(self.waiting))]

    def told(self) -> list[Member]:
        """Members whose verdict may be another now; of those that wait, only the unreached stay."""
        members = [*self.members.values(), *self.waiting.values()]
        covers = self.reach.covers
        self.waiting = {n: member for n, member in self.waiting.items() if not covers(member.facts.sent_at)}
        return members

    def absorb(self, younger: "Template") -> None:
        """Take over another template's wording, members and recipients."""
        known = contained(younger.features, self.features)
        places = self.features.searchsorted(younger.features)
        self.counts[places[known]] += younger.counts[known]
        self.readers[places[known]] += younger.readers[known]
        new = ~known
        numbers = (younger.counts[new], younger.readers[new], younger.latest[new])
        self._insert(younger.features[new], places[new], numbers)
        self._worded, self._sum, self._found = None, None, None
        self._measures = Measures()
        self.published = np.union1d(self.published, younger.published)
        self.sends += younger.sends
        self.copies = (self.copies + younger.copies)[:COPIES]
        self.members.update(younger.members)
        self.waiting.update(younger.waiting)
        self.entries.extend(younger.entries)
        self.reach.join(younger.reach)
        self.rhythm.join(younger.rhythm)
        self.first_sent = min(self.first_sent, younger.first_sent)
        self.last_sent = max(self.last_sent, younger.last_sent)
        self.grew = max(self.grew, younger.grew)
