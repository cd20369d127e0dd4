"""What every question that can be asked is, and what it may need for its answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from auditor.config import Config
from auditor.mailbox.access.tokens import Tokens
from auditor.pace import Paces
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.request.change import Change
from auditor.store.engine import Store


@dataclass(frozen=True, slots=True)
class House:
    """The parts that answers are made of, and who asks. The key stays where they are."""

    config: Config
    company: People
    pseudonyms: Pseudonyms
    store: Store
    tokens: Tokens
    paces: Paces
    by: str
    change: Callable[[Change], Awaitable[str]]
    alone: bool = False  # no daemon runs: nobody else empties the outbox

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.config.organisation.timezone)


class Question(Protocol):
    """A frozen dataclass whose fields are the question's arguments; `question.kinds` names it.

    `notes` says whether asking it writes: into the audit log, or a letter into the outbox.
    """

    notes: ClassVar[bool]

    async def answer(self, house: House) -> Any:
        """The answer, as values that JSON has.

        Raises:
            AuditorError: there is none; the message is for who asked.
        """
        ...
