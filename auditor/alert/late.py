"""What late mail shows of a time that is over: incidents that are told of together. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.alert.decide import Rules, decide
from auditor.alert.incident import Incident, Occasion, Reason, State
from auditor.alert.links import Links
from auditor.statistics.plans import Plan
from auditor.statistics.spikes import Spike

_ANY_AGE = 10.0**12
_ANY_NUMBER = 10**9


def look_back(
    known: Iterable[Incident],
    spikes: Iterable[Spike],
    now: float,
    armed_at: float,
    links: Links,
    plans: Sequence[Plan] = (),
) -> tuple[Incident, ...]:
    """The incidents that would have opened, one for each event, as ended.

    Args:
        known: incidents of that time and since; what they tell already is told no more.
        spikes: readings of windows that are over.
        now: seconds since the epoch.
        armed_at: nothing sent before is news.
        links: which series touch which.
        plans: campaigns that were announced.
    """
    told = [(one.series, one.until - one.window, one.until) for one in known if one.opened_at is not None]
    news = [spike for spike in spikes if not any(_is_told(spike, *one) for one in told)]
    rules = Rules(armed_at, hold=0.0, oldest=_ANY_AGE, opens_an_hour=_ANY_NUMBER)
    decided = decide((), news, now, rules, links, None, plans)
    opened = (one.incident for one in decided if one.letter is Occasion.OPENED and one.incident is not None)
    return tuple(
        replace(one, state=State.RESOLVED, reason=Reason.TOO_OLD, resolved_at=now, updated_at=one.until)
        for one in opened
    )


def _is_told(spike: Spike, series: object, start: float, end: float) -> bool:
    return spike.series == series and spike.start < end and start < spike.end
