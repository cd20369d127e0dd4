"""Questions of a review: random sends, one of them as a reader sees it, and at the end what we call them."""

import random
import time
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, ClassVar

from auditor.errors import AuditorError
from auditor.question.house import House
from auditor.question.rereading import demand_permission, see
from auditor.request.review import SINCE_SECONDS
from auditor.store.audit import Look
from auditor.store.reading import places, results
from auditor.vocabulary import RATED, Class

_SPARE = 3
"""So many times as many are drawn as are wanted: some are not in their mailboxes any more."""


@dataclass(frozen=True, slots=True)
class DrawSends:
    """Random sends of the last 90 days, as many of each class, in an order that tells nothing."""

    sample: int
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> list[int]:
        """Their numbers, with some to spare."""
        demand_permission(house)
        since = time.time() - SINCE_SECONDS
        classes = sorted(RATED)
        each = _SPARE * -(-self.sample // len(classes))
        drawn = await house.store.read(lambda c: [places.draw(c, of, each, since) for of in classes])
        rounds = [[one for one in turn if one is not None] for turn in zip_longest(*drawn)]
        for turn in rounds:
            random.shuffle(turn)  # within a round, so that any beginning has as many of each class
        return list(chain.from_iterable(rounds))


@dataclass(frozen=True, slots=True)
class SeeSend:
    """One of them as a reader sees it, without our verdict."""

    send: int
    notes: ClassVar[bool] = True

    async def answer(self, house: House) -> dict[str, Any]:
        """Subject, lines, time, and how many people outside received it."""
        send = await house.store.read(lambda c: results.send_by_id(c, self.send))
        if send is None:
            raise AuditorError("the store does not have this send any more")
        seen = await see(house, send, Look.REVIEW)
        return {
            "subject": seen.shown.subject,
            "lines": list(seen.shown.lines),
            "sent_at": send.sent_at,
            "recipients": send.deliveries,
            "bcc": send.bcc,
        }


@dataclass(frozen=True, slots=True)
class OurClasses:
    """What we call some sends; asked when a person has said what they are."""

    sends: list[int]
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> dict[str, Class]:
        """The class by the send's number."""
        return await house.store.read(
            lambda c: {
                str(id_): Class(send._mapping["class"])
                for id_ in self.sends
                if (send := results.send_by_id(c, id_)) is not None
            }
        )
