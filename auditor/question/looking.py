"""Questions about what was found, and about the mailboxes."""

from dataclasses import asdict, dataclass
from typing import Any

from auditor import mailboxes
from auditor.errors import UsageError
from auditor.explain import explain
from auditor.question.house import House


@dataclass(frozen=True, slots=True)
class Explain:
    """Why a send was called what it was called, or what a template is: some lines."""

    wanted: str

    async def answer(self, house: House) -> list[str]:
        """Lines for a terminal."""
        found = await house.store.run(
            lambda connection: explain(connection, house.pseudonyms, self.wanted, house.zone)
        )
        if found is None:
            raise UsageError(
                "the store knows no template and no message of that name; see auditor template list"
            )
        return list(found.lines)


@dataclass(frozen=True, slots=True)
class ListMailboxes:
    """Every mailbox."""

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `mailboxes.Row`."""
        rows = await house.store.run(lambda c: mailboxes.listed(c, house.config, house.company))
        return [asdict(row) for row in rows]
