"""Planned campaigns: what somebody announces is expected, and no letter tells of it."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from auditor.request.change import Asked
from auditor.request.series import Meant, in_words
from auditor.statistics.series import DAY
from auditor.store import plans
from auditor.store.requests import Refused

_LONGEST = 92 * DAY


@dataclass(frozen=True, slots=True)
class AddPlan:
    """Expect so many mails of a series between two moments (seconds since the epoch).

    Two plans of one series may not overlap: which of them a mail belongs to could not be said. Plans of
    different series may, and add up where they meet, as in the team of two planned templates.
    """

    starts: float
    ends: float
    expected: int
    about: Meant = field(default_factory=Meant)

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Write it down. Refusals: `wrong_times`, `nothing_expected`, `overlapping_plan`, as `Meant`."""
        if not self.starts < self.ends <= self.starts + _LONGEST:
            raise Refused("wrong_times", "a plan ends after it begins, and within three months")
        if self.ends <= asked.now:
            raise Refused("wrong_times", "the plan is over already; nothing can be expected of the past")
        if self.expected < 1:
            raise Refused("nothing_expected", "--expected: give the number of mails, 1 or more")
        series = self.about.series(connection)
        for other in plans.between(connection, self.starts, self.ends):
            if other.series == series:
                raise Refused(
                    "overlapping_plan",
                    f"plan {other.id} of {in_words(series)} lies within these times; choose others, or "
                    f"first: auditor plan remove {other.id}",
                )
        number = plans.add(connection, series, self.starts, self.ends, self.expected, asked.by, asked.now)
        return f"Plan {number}: {self.expected:,} mails of {in_words(series)} are expected."


@dataclass(frozen=True, slots=True)
class RemovePlan:
    """Take a plan back: from now on its campaign is news like any other."""

    number: int

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Remove it. Refusals: `unknown_plan`."""
        if not plans.remove(connection, self.number, asked.now):
            raise Refused("unknown_plan", f"there is no plan {self.number}; auditor plan list shows all")
        return f"Plan {self.number} is removed."
