"""What every change that can be asked for is."""

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a change, and when it is made (seconds since the epoch)."""

    by: str
    now: float


class Change(Protocol):
    """A frozen dataclass whose fields are the arguments of the change; `request.kinds` names it."""

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Make the change in the caller's transaction, and return one sentence for who asked.

        Raises:
            Refused: it cannot be made; what was written of it is taken back.
        """
        ...
