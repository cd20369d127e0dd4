"""Questions about incidents and plans, and the letter that shows how one looks."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from auditor.errors import AuditorError, UsageError
from auditor.post import letters
from auditor.post.digests import Digests
from auditor.post.house import house_of
from auditor.postman import postman_of
from auditor.question import incidents
from auditor.question.house import House
from auditor.store import outbox
from auditor.store.outbox import LetterState
from auditor.story.letter import Letter
from auditor.story.sample import sample_letter

_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ListIncidents:
    """Incidents that opened; all, or those that are not over."""

    notes: ClassVar[bool] = False

    open_only: bool = True

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `incidents.Row`, the latest first."""
        rows = await house.store.read(
            lambda c: incidents.listed(c, house.config, house.company, open_only=self.open_only)
        )
        return incidents.fields(rows)


@dataclass(frozen=True, slots=True)
class ListPlans:
    """Plans that are not over, or all."""

    notes: ClassVar[bool] = False

    with_past: bool = False

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `incidents.PlanRow`, in the order of their times."""
        rows = await house.store.read(lambda c: incidents.planned(c, with_past=self.with_past))
        return incidents.fields(rows)


@dataclass(frozen=True, slots=True)
class SendSample:
    """Send a letter that is marked as a test, on the way that every letter takes."""

    notes: ClassVar[bool] = True

    to: tuple[str, ...] = ()  # instead of those in the configuration
    digest: bool = False  # the weekly digest as of now, instead of an invented spike

    async def answer(self, house: House) -> str:
        """One sentence, once the mail server has it.

        Raises:
            UsageError: nobody is to get it.
            AuditorError: it was not taken; the message says why.
        """
        config = house.config
        if wrong := [one for one in self.to if "@" not in one]:
            raise UsageError(f"--to: {wrong[0]}: give a mail address")
        recipients = self.to or (config.digest.to if self.digest else config.alerts.to)
        hooks = () if self.to or self.digest else tuple(one.name for one in config.webhooks)
        if not recipients and not hooks:
            wanted = "digest.to" if self.digest else "alerts.to"
            raise UsageError(f"{wanted} names nobody; set it, or give --to ADDRESS")
        now = time.time()

        def put(connection: sa.Connection) -> None:
            letters.put(
                connection,
                self._letter(connection, house, now),
                occasion="test",
                recipients=recipients,
                sender=house.config.smtp.sender,
                now=now,
                about="test",
                webhooks=hooks,
            )

        await house.store.run(put)
        return await _delivered(house, now, (*recipients, *hooks))

    def _letter(self, connection: sa.Connection, house: House, now: float) -> Letter:
        if not self.digest:
            return sample_letter(house_of(house.config), now)
        return Digests(house.config, house.company).preview(connection, now)


async def _delivered(house: House, written_at: float, wanted: tuple[str, ...]) -> str:
    """Wait until the letters of this moment are delivered, or say why one is not."""
    if house.alone:
        postman = postman_of(house.config, house.store, house.tokens)
        await postman.deliver_due(time.time)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        states = await house.store.read(lambda c: outbox.states(c, "test", written_at))
        if all(state is LetterState.SENT for state, _ in states):
            return f"The test letter has left for {', '.join(wanted)}."
        tried = [error for state, error in states if error and state is not LetterState.SENT]
        if tried:
            raise AuditorError(f"the test letter has not left: {'; '.join(tried)}")
        if time.monotonic() > deadline:
            raise AuditorError("the test letter waits in the outbox; the daemon's log says why")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
