"""Keeping what a review found."""

from dataclasses import dataclass

import sqlalchemy as sa

from auditor.request.change import Asked
from auditor.statistics.agreement import agreement
from auditor.store import reviews
from auditor.store.reading import places
from auditor.store.requests import Refused
from auditor.vocabulary import Class

SINCE_SECONDS = 90 * 86_400
"""A review is about the sends of the last 90 days."""


@dataclass(frozen=True, slots=True)
class KeepReview:
    """Keep how often a person agreed: our class -> what the person said -> how often."""

    said: dict[Class, dict[Class, int]]

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Keep the counts. Refusals: `nothing_said`."""
        population = places.population(connection, asked.now - SINCE_SECONDS)
        found = agreement(asked.now, self.said, population)
        if found is None:
            raise Refused("nothing_said", "nothing was answered, so there is nothing to keep")
        reviews.keep(connection, asked.by, self.said, population, asked.now)
        return (
            f"You agreed with {found.agreed} of {found.asked}. Weighed by how often each class is sent, that"
            f" is {found.overall.value:.0%}; with 95% certainty between {found.overall.low:.0%} and"
            f" {found.overall.high:.0%}. It stands on the report from now on."
        )
