"""What a plan explains is no news; what goes beyond it is measured against the plan as well as the usual."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.alert.links import Links
from auditor.statistics.plans import Plan, expected
from auditor.statistics.series import ORGANISATION
from auditor.statistics.spikes import Spike


def beyond_plans(spike: Spike, plans: Iterable[Plan], links: Links) -> Spike | None:
    """The spike as it stands against what is planned and usual; None where the plan explains it.

    A plan of a template is expected of its senders, their teams and the whole organisation too.
    """
    if spike.observed <= spike.usual:
        return spike  # a plan explains no silence
    allowed = expected((plan for plan in plans if _concerns(plan, spike, links)), spike.start, spike.end)
    if not allowed:
        return spike
    if spike.observed - allowed <= spike.high:
        return None
    return replace(spike, usual=spike.usual + allowed, low=spike.low + allowed, high=spike.high + allowed)


def _concerns(plan: Plan, spike: Spike, links: Links) -> bool:
    if ORGANISATION in (plan.series, spike.series) or plan.series == spike.series:
        return True
    return plan.series in links.get(spike.series, ()) or spike.series in links.get(plan.series, ())
