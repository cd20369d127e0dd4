"""What people say of incidents: somebody is at it; tell me nothing of this for a while."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from auditor.request.change import Asked
from auditor.request.series import Meant, in_words
from auditor.statistics.series import DAY
from auditor.store import incidents, plans
from auditor.store.requests import Refused

_LONGEST = 366 * DAY


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Somebody is at it: no letter tells that it grew; the one that it is over still comes."""

    incident: int

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Write it down. Refusals: `unknown_incident`, `not_open`."""
        state = incidents.state_of(connection, self.incident)
        if state is None:
            raise Refused("unknown_incident", f"there is no incident {self.incident}; see auditor alert list")
        if state != "open":
            raise Refused("not_open", f"incident {self.incident} is not open ({state}): nothing to do")
        incidents.acknowledge(connection, self.incident, asked.by, asked.now)
        return f"Incident {self.incident} is acknowledged by {asked.by}: no letter tells that it grew."


@dataclass(frozen=True, slots=True)
class Silence:
    """Let no letter tell of a series for some seconds; 0 ends an earlier silence. Incidents go on."""

    seconds: float
    incident: int | None = None  # its series, instead of naming one
    about: Meant = field(default_factory=Meant)

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Write it down. Refusals: `unknown_incident`, `too_long`, as `Meant`."""
        if not 0 <= self.seconds <= _LONGEST:
            raise Refused("too_long", "--for: at most a year")
        if self.incident is None:
            series = self.about.series(connection)
        else:
            found = incidents.series_of(connection, self.incident)
            if found is None:
                raise Refused(
                    "unknown_incident", f"there is no incident {self.incident}; see auditor alert list"
                )
            series = found
        plans.keep_silent(connection, series, asked.now + self.seconds, asked.by)
        whose = in_words(series) if self.incident is None else f"the series of incident {self.incident}"
        if not self.seconds:
            return f"Letters tell of {whose} again."
        return f"No letter tells of {whose} for now; incidents are still written down."
