"""What every question that can be asked is, and what it may need for its answer."""

from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from auditor.config import Config
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.store.engine import Store


@dataclass(frozen=True, slots=True)
class House:
    """The parts that answers are made of, and who asks. The key stays where they are."""

    config: Config
    company: People
    pseudonyms: Pseudonyms
    store: Store
    by: str

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.config.organisation.timezone)


class Question(Protocol):
    """A frozen dataclass whose fields are the question's arguments; `question.kinds` names it."""

    async def answer(self, house: House) -> Any:
        """The answer, as values that JSON has.

        Raises:
            AuditorError: there is none; the message is for who asked.
        """
        ...
