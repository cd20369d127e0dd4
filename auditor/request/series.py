"""Which series somebody means: a template by id or name, a team, a sender, or the whole organisation."""

from dataclasses import dataclass

import sqlalchemy as sa

from auditor.request.template import found
from auditor.statistics.series import ORGANISATION, Series
from auditor.statistics.tally import Scope
from auditor.store.requests import Refused


@dataclass(frozen=True, slots=True)
class Meant:
    """At most one of these is given; none means the whole organisation."""

    template: str | None = None
    team: str | None = None
    sender: str | None = None

    def series(self, connection: sa.Connection) -> Series:
        """The series in the store.

        Raises:
            Refused: `several_series`, `unknown_template`.
        """
        given = [one for one in (self.template, self.team, self.sender) if one]
        if len(given) > 1:
            raise Refused("several_series", "give one of --template, --team and --sender")
        if self.template:
            return Series(Scope.TEMPLATE, found(connection, self.template))
        if self.team:
            return Series(Scope.TEAM, self.team)
        return Series(Scope.SENDER, self.sender.lower()) if self.sender else ORGANISATION


def in_words(series: Series) -> str:
    """A series within a sentence, for whoever named it."""
    match series.scope:
        case Scope.TEMPLATE:
            return f"template {series.name}"
        case Scope.TEAM:
            return f"team {series.name}"
        case Scope.SENDER:
            return series.name
    return "the whole organisation"
