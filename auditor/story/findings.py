"""Findings in sentences: what is answered and what has changed, each with its number and its interval.

No sentence without enough data, and none that says why: classes differ in whom they are sent to.
"""

from auditor.answer.rates import AnswerFigures, Answers, Rate, difference
from auditor.statistics.agreement import Ratio
from auditor.statistics.figures import Window
from auditor.vocabulary import Class

VOLUME_UP = 1.2
"""From so much more outreach on volume is said to be up."""

_CALLED = {
    Class.MASS: "mass-sent mail",
    Class.TAILORED: "templates tailored by hand",
    Class.PERSONAL: "mail written for them",
}


def of_answers(answers: Answers) -> tuple[str, ...]:
    """What is answered: each class, and how far the others lie from mass-sent mail."""
    told = [
        f"Of 100 people reached by {_CALLED[class_]}, {_number(ratio)} answered ({_interval(ratio)}; "
        f"{rate.answered:,} of {rate.people:,})."
        for class_ in _CALLED
        if (rate := answers.by_class.get(class_)) is not None and (ratio := rate.ratio) is not None
    ]
    mass = answers.by_class.get(Class.MASS)
    for class_ in (Class.TAILORED, Class.PERSONAL):
        other = answers.by_class.get(class_)
        if mass is not None and other is not None and (apart := difference(other, mass)) is not None:
            told.append(_compared(_CALLED[class_], "mass-sent mail", apart))
    return tuple(told)


def of_change(now: Answers, before: Answers, span: str) -> tuple[str, ...]:
    """What has changed from the span before to this one, both as long as `span` says: "30 days"."""
    apart = difference(now.everybody, before.everybody)
    told = []
    if apart is not None:
        often = "more often than" if apart.value > 0 else "less often than"
        told.append(
            f"Outreach was answered {often if _apart_from_zero(apart) else 'about as often as'} in the "
            f"{span} before: {_rate(now.everybody)} of 100 people against {_rate(before.everybody)} "
            f"(difference {_signed(apart)})."
        )
    if (falling := volume_up_while_replies_fall(now, before, span)) is not None:
        told.append(falling)
    return tuple(told)


def volume_up_while_replies_fall(now: Answers, before: Answers, span: str) -> str | None:
    """The finding of that name; None where it is not so, or not sure."""
    apart = difference(now.everybody, before.everybody)
    if apart is None or apart.high >= 0 or not before.deliveries:
        return None
    if now.deliveries < VOLUME_UP * before.deliveries:
        return None
    more = now.deliveries / before.deliveries - 1
    return (
        f"Volume up while replies fall: {now.deliveries:,} deliveries of outreach, {more:.0%} more than in "
        f"the {span} before, and {_number_of(-apart.value)} fewer of 100 people answered "
        f"({_number_of(-apart.high)} to {_number_of(-apart.low)})."
    )


def of_figures(figures: AnswerFigures | None) -> tuple[str, ...]:
    """What a digest says: of the last 30 days that have had their time, against the 30 days before."""
    if figures is None:
        return ()
    now = figures.windows.get(Window.MONTH, Answers())
    before = figures.before.get(Window.MONTH, Answers())
    return (*of_answers(now), *of_change(now, before, "30 days"))


def _compared(one: str, other: str, apart: Ratio) -> str:
    if not _apart_from_zero(apart):
        apart_by = f"(difference {_signed(apart)} of 100)"
        return f"{one.capitalize()} and {other} are too close to tell apart {apart_by}."
    more = "more" if apart.value > 0 else "fewer"
    low, high = sorted((abs(apart.low), abs(apart.high)))
    return (
        f"Of 100 people, {_number_of(abs(apart.value))} {more} answered {one} than {other} "
        f"({_number_of(low)} to {_number_of(high)})."
    )


def _apart_from_zero(apart: Ratio) -> bool:
    return apart.low > 0 or apart.high < 0


def _rate(rate: Rate) -> str:
    return "–" if rate.ratio is None else _number(rate.ratio)


def _number(ratio: Ratio) -> str:
    return _number_of(ratio.value)


def _number_of(value: float) -> str:
    """Of 100: whole numbers, and one digit where there are few."""
    hundred = 100 * value
    return f"{hundred:.1f}" if hundred < 10 else f"{hundred:.0f}"


def _interval(ratio: Ratio) -> str:
    return f"{_number_of(ratio.low)} to {_number_of(ratio.high)} with 95% confidence"


def _signed(apart: Ratio) -> str:
    return f"{100 * apart.value:+.1f}, {100 * apart.low:+.1f} to {100 * apart.high:+.1f}"
