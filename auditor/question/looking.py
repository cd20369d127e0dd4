"""Questions about what was found, and about the mailboxes."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from auditor import mailboxes, templates
from auditor.errors import UsageError
from auditor.explain import Telling, explain
from auditor.question.house import House
from auditor.store.results import moment


@dataclass(frozen=True, slots=True)
class Explain:
    """Why a send was called what it was called, or what a template is."""

    wanted: str

    async def answer(self, house: House) -> list[str]:
        """Lines for a terminal."""
        telling = telling_of(house)
        lines = await house.store.run(lambda c: explain(c, house.pseudonyms, self.wanted, telling))
        if lines is None:
            raise UsageError(
                "the store knows no template and no message of that name; see auditor template list"
            )
        return list(lines)


@dataclass(frozen=True, slots=True)
class ListTemplates:
    """Every template; or the one of an id, an alias or a name."""

    wanted: str | None = None

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `templates.Row`, the most used first."""
        rows = await house.store.run(lambda c: templates.listed(c, self.wanted))
        if self.wanted is not None and not rows:
            raise UsageError("no template has this id or name; see auditor template list")
        return [asdict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ListMailboxes:
    """Every mailbox."""

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `mailboxes.Row`."""
        rows = await house.store.run(lambda c: mailboxes.listed(c, house.config, house.company))
        return [asdict(row) for row in rows]


def telling_of(house: House) -> Telling:
    """How things are told now in this house."""
    return Telling(moment(time.time()), house.zone, house.config.templates)
