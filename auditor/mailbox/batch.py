"""Some messages of a watched mailbox, and what their texts are read with."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.errors import ConnectionLost
from auditor.mailbox import needed
from auditor.mailbox.found import Cursor, Found
from auditor.mailbox.protocol.grammar import uid_set
from auditor.mailbox.session import Session


@dataclass(slots=True)
class Reading:
    """What a batch was read with; remembers whether it could be read to its end."""

    session: Session
    limit: int
    lost: ConnectionLost | None = None
    storing: Awaitable[object] | None = None  # a batch that is fetched and not stored yet
    refused: tuple[int, ...] = ()  # messages that are there, and whose text the server does not hand over

    async def stored(self) -> None:
        """Wait until whatever was fetched is stored; raises what storing it raises."""
        if (storing := self.storing) is not None:
            await storing
            self.storing = None

    async def texts(self, found: Sequence[Found]) -> dict[int, bytes]:
        """Messages with their texts, by UID; those that have vanished are absent.

        Raises:
            ConnectionLost: it was lost, or a message that is there is not handed over. The error stays in
                `lost`; which messages these are, in `refused`.
        """
        try:
            texts = await needed.texts(self.session, found, self.limit)
            self.refused = await still_there(self.session, [one.uid for one in found if one.uid not in texts])
            if self.refused:
                raise ConnectionLost("the server does not hand over a message that it lists")
        except ConnectionLost as error:
            self.lost = error
            raise
        return texts


@dataclass(frozen=True, slots=True)
class WatchedBatch:
    """A `found.Batch` read from a watched mailbox.

    `past` is true of what a first audit finds. `unreadable` are UIDs that `cursor` passes although the server
    could not hand them over; `settled` are such of before that are read or gone now; `vanished` is how many
    were gone when they were fetched.
    """

    mailbox: str
    cursor: Cursor
    found: tuple[Found, ...] = field(repr=False)
    live: bool
    backlog: int
    reading: Reading = field(repr=False, compare=False)
    unreadable: tuple[int, ...] = ()
    settled: tuple[int, ...] = ()
    vanished: int = 0
    past: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether it brings nothing but its cursor."""
        return not (self.found or self.unreadable or self.settled or self.vanished)

    def stored_by(self, storing: Awaitable[object]) -> None:
        """The next batch is asked for while this one is still being stored, by a task.

        Until then the mailbox is not said to be up to date.
        """
        self.reading.storing = storing

    async def texts(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """See `found.Batch.texts`. After ConnectionLost, ask for the next batch: it is this one again."""
        wanted = set(uids)
        return await self.reading.texts([one for one in self.found if one.uid in wanted])


async def still_there(session: Session, uids: Sequence[int]) -> tuple[int, ...]:
    """Which of `uids`, that were not handed over, the server lists nevertheless."""
    if not uids:
        return ()
    listed = set(await session.search(f"UID {uid_set(uids)}"))
    return tuple(uid for uid in uids if uid in listed)
