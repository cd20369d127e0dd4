"""How often people who read a mail call it what the auditor calls it.

A review draws as many sends of each class, because a class that is rare would hardly be asked about
otherwise; the agreement over all sends weighs each class by its share of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.vocabulary import Class

_Z = 1.959964
"""Of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio (0..1), and the 95% interval that it lies in."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a review found. `at` is seconds since the epoch; `by_class` holds (agreed, asked)."""

    at: float
    asked: int
    agreed: int
    overall: Ratio
    by_class: Mapping[Class, tuple[int, int]]


def wilson(ratio: float, asked: float) -> Ratio:
    """Wilson's score interval (E. B. Wilson 1927, JASA 22:209) of a ratio seen in `asked` answers."""
    square = _Z * _Z
    middle = (ratio + square / (2 * asked)) / (1 + square / asked)
    half = _Z / (1 + square / asked) * math.sqrt(ratio * (1 - ratio) / asked + square / (4 * asked * asked))
    return Ratio(ratio, max(0.0, middle - half), min(1.0, middle + half))


def agreement(
    at: float, said: Mapping[Class, Mapping[Class, int]], population: Mapping[Class, int]
) -> Agreement | None:
    """What answers say; None where nobody answered.

    Args:
        said: our class -> what a person said -> how often.
        population: our class -> how many sends there were to draw from.
    """
    by_class = {class_: (told.get(class_, 0), sum(told.values())) for class_, told in said.items()}
    by_class = {class_: counts for class_, counts in by_class.items() if counts[1]}
    if not by_class:
        return None
    total = sum(max(1, population.get(class_, 0)) for class_ in by_class)
    weights = {class_: max(1, population.get(class_, 0)) / total for class_ in by_class}
    value = sum(weights[class_] * agreed / asked for class_, (agreed, asked) in by_class.items())
    # Unequal weights make the answers worth fewer (L. Kish, Survey Sampling, 1965, section 11.7).
    worth = 1 / sum(weights[class_] ** 2 / asked for class_, (_, asked) in by_class.items())
    return Agreement(
        at,
        asked=sum(asked for _, asked in by_class.values()),
        agreed=sum(agreed for agreed, _ in by_class.values()),
        overall=wilson(value, worth),
        by_class=by_class,
    )
