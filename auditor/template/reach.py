"""Whom a template reached, and when: at least so many recipients in so many organisations within a span.

The answer is a set of stretches of time. A send is inside one when some span that contains it also contains
enough deliveries. Only the deliveries at the edges of a stretch can move it, so the rest are forgotten,
and the answer stays exact whatever the order of arrival.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from auditor.template.values import Rules

DAY = 86_400.0
Sighting = tuple[float, bytes, bytes]
"""One delivery: seconds since the epoch, keyed recipient, keyed organisation (each the first 8 bytes)."""
_FORMAT = struct.Struct("<d8s8s")


@dataclass(slots=True)
class Reach:
    """The deliveries of one template that still matter, and the stretches in which it reached enough."""

    rules: Rules
    stretches: list[tuple[float, float]] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Whether it ever reached enough."""
        return bool(self.stretches)

    def add(self, at: float, recipients: Sequence[bytes], organisations: Sequence[bytes]) -> None:
        """Take in the deliveries of one send."""
        span = self.rules.span_days * DAY
        if any(start <= at - span and at + span <= end for start, end in self.stretches):
            return  # whatever it could add is known
        pairs = zip(recipients, organisations, strict=True)
        self._take((at, recipient[:8], organisation[:8]) for recipient, organisation in pairs)

    def within(self, first: float, last: float) -> list[tuple[float, float]]:
        """The parts of the stretches between two times."""
        return [(max(a, first), min(b, last)) for a, b in self.stretches if a <= last and b >= first]

    def covers(self, at: float) -> bool:
        """Whether a send at this time stands in a span with enough recipients."""
        return any(start <= at <= end for start, end in self.stretches)

    def join(self, other: "Reach") -> None:
        """Take in all that another template reached."""
        self.stretches = _united([*self.stretches, *other.stretches])
        self._take(other.sightings)

    def _take(self, more: Iterable[Sighting]) -> None:
        self.sightings = sorted({*self.sightings, *more})
        if not self.stretches and len({one for _, one, _ in self.sightings}) < self.rules.min_recipients:
            return
        found = _minimal_stretches(self.sightings, self.rules)
        span = self.rules.span_days * DAY
        self.stretches = _united([*self.stretches, *((last - span, first + span) for first, last in found)])
        self.sightings = _edges(self.sightings, self.stretches, self.rules)

    def to_bytes(self) -> bytes:
        """State as bytes, for `from_bytes`."""
        parts = [struct.pack("<I", len(self.stretches))]
        parts.extend(struct.pack("<dd", *stretch) for stretch in self.stretches)
        parts.extend(_FORMAT.pack(*sighting) for sighting in self.sightings)
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, rules: Rules, state: bytes) -> "Reach":
        """Restore what `to_bytes` gave."""
        (stretches,) = struct.unpack_from("<I", state)
        end = 4 + 16 * stretches
        found = list(struct.iter_unpack("<dd", state[4:end]))
        return cls(rules, found, list(_FORMAT.iter_unpack(state[end:])))


def _minimal_stretches(sightings: Sequence[Sighting], rules: Rules) -> Iterable[tuple[float, float]]:
    """First and last time of every shortest run of deliveries that is enough within one span."""
    span = rules.span_days * DAY
    recipients: dict[bytes, int] = {}
    organisations: dict[bytes, int] = {}
    start = 0
    for at, recipient, organisation in sightings:
        recipients[recipient] = recipients.get(recipient, 0) + 1
        organisations[organisation] = organisations.get(organisation, 0) + 1
        while len(recipients) >= rules.min_recipients and len(organisations) >= rules.min_organisations:
            first, old_recipient, old_organisation = sightings[start]
            if at - first <= span:
                yield first, at
            _drop(recipients, old_recipient)
            _drop(organisations, old_organisation)
            start += 1


def _drop(counts: dict[bytes, int], key: bytes) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


def _united(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    united: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _edges(
    sightings: list[Sighting], stretches: Sequence[tuple[float, float]], rules: Rules
) -> list[Sighting]:
    """Forget the deliveries that cannot move a stretch: all but enough of them at each of its edges."""
    kept: list[Sighting] = [s for s in sightings if not any(a <= s[0] <= b for a, b in stretches)]
    for start, end in stretches:
        inside = [s for s in sightings if start <= s[0] <= end]
        kept.extend(_enough(inside, rules))
        kept.extend(_enough(inside[::-1], rules))
    return sorted(set(kept))


def _enough(sightings: Sequence[Sighting], rules: Rules) -> list[Sighting]:
    """The first deliveries in the given order that are enough, each recipient once."""
    kept: list[Sighting] = []
    recipients: set[bytes] = set()
    by_organisation: dict[bytes, int] = {}
    for sighting in sightings:
        if len(recipients) >= rules.min_recipients and len(by_organisation) >= rules.min_organisations:
            break
        _, recipient, organisation = sighting
        if recipient in recipients or by_organisation.get(organisation, 0) >= rules.min_recipients:
            continue
        recipients.add(recipient)
        by_organisation[organisation] = by_organisation.get(organisation, 0) + 1
        kept.append(sighting)
    return kept
