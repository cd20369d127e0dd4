"""Signs that need no chances: one single send to very many people, many senders on a new template."""

from collections.abc import Iterable, Mapping

import numpy as np

from auditor.statistics.scatter import Channel, Limits, bands
from auditor.statistics.series import DAY, HOUR, Mixed, Series, Unit
from auditor.statistics.spikes import Cause, Spike, window_start
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Expected

NEW_TEMPLATE_AGE = 7 * DAY
NEW_TEMPLATE_WINDOW = 2 * HOUR
NEW_TEMPLATE_SENDERS = 8


def find_single_sends(mix: Iterable[Mixed], expected: Expected, limits: Limits) -> tuple[Spike, ...]:
    """Single sends to at least `single_send_recipients` people, unless that is usual for the sender then.

    A weekly newsletter becomes usual for its hour after some weeks; a first one does not pass unseen.
    """
    places = {one: place for place, one in enumerate(expected.series)}
    spikes = []
    for one in mix:
        series = Series(Scope.SENDER, one.sender)
        if one.largest < limits.single_send_recipients or series not in places:
            continue
        hour = one.bucket // HOUR * HOUR
        channel = Channel(Scope.SENDER, HOUR)
        mean, low, high = _usual(
            expected, places[series], Unit.DELIVERIES, hour, hour + HOUR, channel, limits
        )
        if one.largest > high:
            spikes.append(
                Spike(
                    series, Unit.DELIVERIES, FINE_SECONDS, one.bucket, one.bucket + FINE_SECONDS, one.largest,
                    mean, low, high, one.largest, limits.single_send_recipients, Cause.SINGLE_SEND,
                )
            )  # fmt: skip
    return tuple(spikes)


def find_new_templates(
    mix: Iterable[Mixed], first_sent: Mapping[str, float], expected: Expected, now: float, limits: Limits
) -> tuple[Spike, ...]:
    """Templates younger than a week that at least eight people sent within the last two hours."""
    senders: dict[str, set[str]] = {}
    messages: dict[str, int] = {}
    start = window_start(now, NEW_TEMPLATE_WINDOW)
    for one in mix:
        if one.template is None or not start <= one.bucket < now:
            continue
        if now - first_sent.get(one.template, 0.0) < NEW_TEMPLATE_AGE:
            senders.setdefault(one.template, set()).add(one.sender)
            messages[one.template] = messages.get(one.template, 0) + one.messages
    places = {one: place for place, one in enumerate(expected.series)}
    spikes = []
    for template, who in senders.items():
        series = Series(Scope.TEMPLATE, template)
        if len(who) < NEW_TEMPLATE_SENDERS or series not in places:
            continue
        channel = Channel(Scope.TEMPLATE, HOUR)
        mean, low, high = _usual(expected, places[series], Unit.SENDS, start, now, channel, limits)
        spikes.append(
            Spike(
                series, Unit.SENDS, NEW_TEMPLATE_WINDOW, start, now, messages[template],
                mean, low, high, len(who), NEW_TEMPLATE_SENDERS, Cause.NEW_TEMPLATE,
            )
        )  # fmt: skip
    return tuple(spikes)


def _usual(
    expected: Expected, place: int, unit: Unit, start: float, end: float, channel: Channel, limits: Limits
) -> tuple[float, float, float]:
    """What is usual for one series and window, and the ends of its 95 % range."""
    at = np.array([place])
    mean = expected.between(at, np.array([start]), np.array([end]))[unit.place]
    low, high = bands(mean, limits.spread(channel, unit, mean, expected.weeks[at]))
    return float(mean[0]), float(low[0]), float(high[0])
