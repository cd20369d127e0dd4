"""A letter about a spike that never was: how one looks, marked as a test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auditor.alert.extent import Extent, TeamPart, TemplatePart
from auditor.alert.incident import Incident, Occasion, Reason, State
from auditor.statistics.series import HOUR, Series, Unit
from auditor.statistics.spikes import Cause
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Band
from auditor.story.charts import DayCount
from auditor.story.letter import House, Letter
from auditor.story.spike import write_spike_letter

_WORDING = "hello ‹name›\nwe invented this wording for a test letter … nobody sent it to anybody"
_SENT = (31, 38, 0, 2, 35, 41, 37, 29, 44, 0, 1, 39, 42, 412)


def sample_letter(house: House, now: float) -> Letter:
    """A letter with invented figures, as of `now` (seconds since the epoch)."""
    hour = now // HOUR * HOUR
    incident = Incident(
        id=None,
        series=Series(Scope.TEMPLATE, "sample"),
        unit=Unit.SENDS,
        state=State.OPEN,
        cause=Cause.ABOVE_USUAL,
        reason=Reason.LASTED,
        first_seen=hour,
        updated_at=hour,
        window=HOUR,
        until=hour,
        observed=412,
        usual=35.0,
        low=12.0,
        high=70.0,
        touches=frozenset(),
    )
    extent = Extent(
        messages=412,
        deliveries=412,
        people=398,
        merge_failures=3,
        first_sent=hour - 3500,
        last_sent=hour - 60,
        teams=(TeamPart("Example", 3, 412),),
        templates=(TemplatePart("sample", "An invented offer", _WORDING, 412),),
    )
    today = datetime.fromtimestamp(now, UTC).date()
    days = [
        DayCount(
            today - timedelta(days=13 - ago), sent, Band(35.0, 12.0, 70.0) if sent > 5 else Band(2, 0, 6)
        )
        for ago, sent in enumerate(_SENT)
    ]
    written = write_spike_letter(Occasion.TEST, incident, extent, replace(house, coverage=None), days)
    return replace(written, gist=f"Test: {written.gist}")
