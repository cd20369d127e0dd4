"""What the detector reads: series and their counts over time, as plain values.

Counts are always of external templated volume (mass + tailored), a pair of sends and deliveries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from auditor.statistics.tally import Scope

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY


class Unit(StrEnum):
    """In what volume is counted."""

    SENDS = "sends"
    DELIVERIES = "deliveries"

    @property
    def place(self) -> int:
        """Where this unit stands in a pair of counts."""
        return 0 if self is Unit.SENDS else 1


class Series(NamedTuple):
    """Whose volume it is. The organisation's name is empty."""

    scope: Scope
    name: str


ORGANISATION = Series(Scope.ORGANISATION, "")

SIZE = {Scope.SENDER: 0, Scope.TEMPLATE: 1, Scope.TEAM: 2, Scope.ORGANISATION: 3}
"""Scopes from the smallest to the largest: a cause is looked for in this order."""


def series_of(sender: str, team: str, template: str | None) -> tuple[Series, ...]:
    """The series that a send counts in; a single send to very many people may be on no template."""
    on_template = () if template is None else (Series(Scope.TEMPLATE, template),)
    return (Series(Scope.SENDER, sender), *on_template, Series(Scope.TEAM, team), ORGANISATION)


Counts = Mapping[int, tuple[int, int]]
"""From a start (the unit depends on the value that holds it) to sends and deliveries."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Templated sends of one sender on one template within one bucket of five minutes.

    `template` is None for single sends to very many people whose words nobody else sent.
    """

    sender: str
    team: str
    template: str | None
    bucket: int  # start, seconds since the epoch
    messages: int
    deliveries: int
    largest: int  # deliveries of the largest single send
    stored_at: float  # when the latest of them came into the store

    @property
    def series(self) -> tuple[Series, ...]:
        """The series that they count in."""
        return series_of(self.sender, self.team, self.template)
