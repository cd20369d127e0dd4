"""Emptying the outbox: each letter at least once, over hours of outage if need be.

The store is asked and told through `run`, which does its work in one transaction on the store's thread.
Nothing here counts or logs: what happened is returned.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol, TypeVar

import sqlalchemy as sa

from auditor.errors import DeliveryDelayed, DeliveryError, DeliveryUnknown, ServerAway, ServerUnusable
from auditor.pace import Pace
from auditor.post import bundles, webhook
from auditor.post.envelope import compose, is_address
from auditor.post.smtp import Handed, Server, hand_over, try_server
from auditor.store import outbox
from auditor.store.outbox import Waiting
from auditor.story.letter import House
from auditor.story.words import plain

T = TypeVar("T")

FIRST_RETRY_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 1800.0
GIVE_UP_SECONDS = 5 * 24 * 3600.0
"""RFC 5321 section 4.5.4.1 asks for at least four to five days before a letter is given up."""


class Run(Protocol):
    """Does work in one transaction and returns its result, as `Store.run` does."""

    def __call__(self, work: Callable[[sa.Connection], T], /) -> Awaitable[T]:
        """Run `work`."""


class Outcome(StrEnum):
    """What came of one attempt; the words of `auditor_notifications_total`."""

    SENT = "sent"
    REPEATED = "repeated"  # sent again under its Message-ID, because the first answer was never heard
    DELAYED = "delayed"
    REFUSED = "refused"  # until somebody changes something; a letter the server never judged still waits


@dataclass(frozen=True, slots=True)
class Attempt:
    """One letter, what came of it, and in one line why not."""

    letter_id: int
    outcome: Outcome
    error: str = ""


class Postman:
    """Delivers what is due. One instance for the life of a configuration.

    Args:
        run: the store's runner.
        server: where letters are handed over.
        sender: From address.
        letters_per_minute: the last gate; the outbox, not this, is the queue.
        house: for the one letter that takes the place of many after an outage.
        hooks: the webhooks.
    """

    def __init__(
        self,
        run: Run,
        server: Server,
        sender: str,
        letters_per_minute: int,
        house: House,
        hooks: Iterable[webhook.Hook] = (),
    ) -> None:
        self._run = run
        self._server = server
        self._sender = sender
        self._house = house
        self._hooks = {hook.name: hook for hook in hooks}
        self._gate = Pace(letters_per_minute / 60)

    async def deliver_due(self, now: Callable[[], float]) -> tuple[Attempt, ...]:
        """Try every letter that is due, each once.

        A letter that could not be handed over is due again later, so this ends. When the server cannot be
        reached at all, the other letters wait with it; when it can be again, one takes the place of many.

        Args:
            now: the clock, in seconds since the epoch.
        """
        if await self._run(outbox.is_empty):
            return ()
        await self._bundle(now())
        attempts: list[Attempt] = []
        while True:
            letter = await self._run(lambda connection: outbox.take_due(connection, now()))
            if letter is None:
                return tuple(attempts)
            await self._gate.turn()
            try:
                attempts.append(await self._attempt(letter, now))
            except DeliveryError as error:
                attempts.append(await self._failed(letter, error, now()))

    async def _bundle(self, now: float) -> None:
        """After an outage, once the server takes letters again: one for the many that waited."""
        if not await self._run(lambda connection: bundles.is_wanted(connection, now)):
            return
        try:
            await try_server(self._server)
        except DeliveryError:
            return  # the next attempt says why
        await self._run(lambda connection: bundles.bundle(connection, self._house, self._sender, now))

    async def _attempt(self, letter: Waiting, now: Callable[[], float]) -> Attempt:
        """Hand one letter over.

        Raises:
            DeliveryError: it was not, or nobody knows.
        """
        if letter.channel != outbox.MAIL:
            hook = self._hooks.get(letter.channel)
            if hook is None:
                raise DeliveryError(f"no [[webhooks]] has the name {letter.channel} any more")
            await webhook.call(hook, letter)
            return await self._handed(letter, Handed(()), now())
        recipients = self._recipients(letter)
        mail = compose(
            sender=self._sender,
            recipients=recipients,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            message_id=letter.message_id,
            written_at=letter.created_at,
            in_reply_to=letter.in_reply_to,
            pictures=letter.pictures,
        )
        return await self._handed(
            letter, await hand_over(self._server, self._sender, recipients, mail), now()
        )

    def _recipients(self, letter: Waiting) -> list[str]:
        """Those whose address is one: a single wrong one must not keep the letter from the others."""
        if not is_address(self._sender):
            raise ServerUnusable(f"{plain(self._sender, 80)}: not a mail address; correct smtp.sender")
        recipients = [one for one in letter.recipients if is_address(one)]
        if not recipients:
            raise DeliveryError("no recipient is a mail address; correct alerts.to")
        return recipients

    async def _handed(self, letter: Waiting, handed: Handed, now: float) -> Attempt:
        if handed.later:
            due = now + retry_after(letter.attempts)
            work = partial(
                outbox.mark_delayed,
                letter_id=letter.id,
                due_at=due,
                error=handed.note,
                recipients=handed.later,
            )
            await self._run(work)
            return Attempt(letter.id, Outcome.DELAYED, handed.note)
        await self._run(partial(outbox.mark_sent, letter_id=letter.id, now=now, note=handed.note))
        return Attempt(letter.id, Outcome.REPEATED if letter.repeated else Outcome.SENT, handed.note)

    async def _failed(self, letter: Waiting, error: DeliveryError, now: float) -> Attempt:
        line, due = str(error), now + retry_after(letter.attempts)
        waits = isinstance(error, DeliveryDelayed | ServerUnusable)
        if not waits or now - letter.created_at > GIVE_UP_SECONDS:
            await self._run(partial(outbox.mark_refused, letter_id=letter.id, error=line))
            return Attempt(letter.id, Outcome.REFUSED, line)
        # An attempt that may have arrived stays in doubt, whatever came of the next one.
        in_doubt = letter.repeated or isinstance(error, DeliveryUnknown)
        mark = outbox.mark_unknown if in_doubt else outbox.mark_delayed
        await self._run(partial(mark, letter_id=letter.id, due_at=due, error=line))
        if letter.channel == outbox.MAIL and isinstance(error, ServerAway | ServerUnusable):
            await self._run(partial(outbox.postpone_mail, now=now, due_at=due))
        return Attempt(
            letter.id, Outcome.REFUSED if isinstance(error, ServerUnusable) else Outcome.DELAYED, line
        )


def retry_after(attempts: int) -> float:
    """Seconds until the next attempt: a minute, then twice as long each time, at most half an hour."""
    wait: float = min(FIRST_RETRY_SECONDS * 2 ** min(attempts, 20), LONGEST_RETRY_SECONDS)
    return wait
