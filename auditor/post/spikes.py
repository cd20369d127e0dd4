"""Letters about incidents: what they tell is counted, drawn and put into the outbox, with the decision."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.alert.incident import Incident, Occasion
from auditor.config import Config
from auditor.people import People
from auditor.post import letters
from auditor.post.house import house_of, naming
from auditor.post.routes import recipients
from auditor.statistics.plans import Plan
from auditor.statistics.series import HOUR, ORGANISATION, Series, Unit
from auditor.statistics.spikes import window_start
from auditor.statistics.usual import Band
from auditor.store import outbox, plans
from auditor.store.reading import volumes
from auditor.story.charts import DayCount
from auditor.story.letter import Coverage
from auditor.story.missed import Missed, write_missed_letter
from auditor.story.spike import write_spike_letter

DAYS = 14

UsualBand = Callable[[float, float], Band]
"""What is usual for the incident's series, in its unit, between two moments (seconds since the epoch)."""


class Secretary:
    """Writes the letters about incidents. One instance a configuration."""

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._house = house_of(config)
        self._zone = ZoneInfo(config.organisation.timezone)
        self._name = naming(config, people)

    def tell(
        self,
        connection: sa.Connection,
        incident: Incident,
        occasion: Occasion,
        now: float,
        usual: UsualBand,
        coverage: Coverage | None = None,
    ) -> None:
        """Write one letter, within the caller's transaction."""
        house = replace(self._house, coverage=coverage)
        start = window_start(incident.until, incident.window)
        end = float(start + incident.window)
        if occasion is Occasion.RESOLVED:
            end = max(end, incident.updated_at)
        extent = volumes.extent(connection, incident.series, start, end, self._name)
        days = local_days(connection, incident.series, incident.unit, now, self._zone, usual)
        told = outbox.addressees(connection, incident.id) if incident.id is not None else ()
        alerts, routes = self._config.alerts, self._config.routes
        wanted = recipients(alerts.to, routes, str(incident.cause), extent.teams)
        letters.put(
            connection,
            write_spike_letter(
                occasion, incident, extent, house, days, _plans(connection, incident, start, end)
            ),
            occasion=occasion,
            recipients=tuple(dict.fromkeys((*told, *wanted))),  # who was told hears how it ends
            webhooks=[one.name for one in self._config.webhooks],
            sender=self._config.smtp.sender,
            now=now,
            incident_id=incident.id,
        )

    def tell_missed(
        self,
        connection: sa.Connection,
        incidents: Sequence[Incident],
        now: float,
        coverage: Coverage | None = None,
    ) -> None:
        """Write one letter about incidents of a time that is over, within the caller's transaction."""
        missed, wanted = [], list(self._config.alerts.to)
        for one in incidents:
            start = window_start(one.until, one.window)
            extent = volumes.extent(connection, one.series, start, start + one.window, self._name)
            missed.append(Missed(one, extent))
            wanted += recipients((), self._config.routes, str(one.cause), extent.teams)
        letters.put(
            connection,
            write_missed_letter(missed, replace(self._house, coverage=coverage)),
            occasion=Occasion.MISSED,
            recipients=tuple(dict.fromkeys(wanted)),
            webhooks=[one.name for one in self._config.webhooks],
            sender=self._config.smtp.sender,
            now=now,
            about="missed",
        )


def _plans(connection: sa.Connection, incident: Incident, start: float, end: float) -> tuple[Plan, ...]:
    """What was announced of an incident's series, or of what it touches, for its window."""
    mine = {incident.series, ORGANISATION, *incident.touches}
    whole = incident.series == ORGANISATION
    return tuple(one for one in plans.between(connection, start, end) if whole or one.series in mine)


def local_days(
    connection: sa.Connection,
    series: Series,
    unit: Unit,
    now: float,
    zone: ZoneInfo,
    usual: UsualBand | None = None,
) -> tuple[DayCount, ...]:
    """What a series sent on each of the last 14 local days; today up to `now`."""
    today = datetime.fromtimestamp(now, zone).date()
    dates = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    starts = [_midnight(day, zone) for day in (*dates, today + timedelta(days=1))]
    sums = dict.fromkeys(dates, 0)
    for hour, pair in volumes.hours(connection, [series], starts[0])[series].items():
        day = datetime.fromtimestamp(hour * HOUR, zone).date()
        if day in sums:
            sums[day] += pair[unit.place]
    ends = [min(end, now) for end in starts[1:]]
    return tuple(
        DayCount(day, sums[day], usual(start, end) if usual and end > start else None)
        for day, start, end in zip(dates, starts, ends, strict=False)
    )


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()
