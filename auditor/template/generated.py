"""Telling a generated passage from a handwritten one: the same place in most sends, faster than typing.

A rep who writes an opening of forty words to everyone needs time for each; a tool that fills in forty words
does not. Per place (the template's 3-gram before the passage, and the one behind it) it is counted how many
members have a passage there, and how many of these left the sender's outbox sooner after the one before than
it takes to type.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from auditor.template.share import Passage

WORDS_PER_SECOND = 1.5
"""Ninety words a minute: the fastest tenth of typists (Dhakal et al., CHI 2018) in copying, not composing."""
MOST = 0.6
"""Share of members that must have the passage, and share of these that must be too fast."""
LEAST = 6
"""Members before anything is concluded."""
PLACES = 64
"""Places remembered a template."""
SENDERS = 64
"""Senders whose latest send is remembered."""


@dataclass(slots=True)
class Rhythm:
    """Counts of passages by place, and each sender's latest send."""

    sends: int = 0
    places: dict[int, tuple[int, int]] = field(default_factory=dict)  # place: members, of these too fast
    senders: dict[int, float] = field(default_factory=dict)

    def beat(self, sender: int, sent_at: float, own: Sequence[Passage]) -> bool:
        """Take in one member; whether the places that are generated changed. `sender` is 32 bits."""
        filled = self._all_filled()
        self.sends += 1
        before = self.senders.pop(sender, None)
        self.senders[sender] = sent_at
        if len(self.senders) > SENDERS:
            del self.senders[next(iter(self.senders))]
        for passage in own:
            hurried = before is not None and abs(sent_at - before) < passage.words / WORDS_PER_SECOND
            for anchor in passage.anchors:
                members, fast = self.places.get(anchor, (0, 0))
                self.places[anchor] = (members + 1, fast + hurried)
        if len(self.places) > PLACES:
            # Stable: of equals the first stay first.
            ranked = sorted(self.places.items(), key=lambda item: -item[1][0])
            self.places = dict(ranked[: PLACES // 2])
        return self._all_filled() != filled

    def generated(self, own: Sequence[Passage]) -> int:
        """Words of the passages that stand at places filled in most sends, faster than typing."""
        if self.sends < LEAST:
            return 0
        return sum(passage.words for passage in own if any(map(self._filled, passage.anchors)))

    def _all_filled(self) -> set[int]:
        if self.sends < LEAST:
            return set()
        least = MOST * self.sends
        counts = self.places.items()
        return {place for place, (members, fast) in counts if members >= least and fast >= MOST * members}

    def _filled(self, anchor: int) -> bool:
        members, fast = self.places.get(anchor, (0, 0))
        return members >= MOST * self.sends and fast >= MOST * members

    def join(self, other: "Rhythm") -> None:
        """Take in another template's counts."""
        self.sends += other.sends
        for place, (members, fast) in other.places.items():
            mine = self.places.get(place, (0, 0))
            self.places[place] = (mine[0] + members, mine[1] + fast)
        for sender, sent_at in other.senders.items():
            self.senders[sender] = max(sent_at, self.senders.get(sender, sent_at))
