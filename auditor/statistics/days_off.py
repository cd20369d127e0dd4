"""Days on which people do not work: holidays of their country, and the company's own dates.

Days are local days since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DaysOff:
    """By time zone, because people of one company live in several countries; and days off for everybody."""

    everywhere: frozenset[int] = frozenset()
    zones: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def of(self, timezone: str) -> frozenset[int]:
        """The days off of people in a time zone."""
        return self.everywhere | self.zones.get(timezone, frozenset())


NONE = DaysOff()
