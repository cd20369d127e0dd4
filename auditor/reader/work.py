"""What reading is: some raw messages become keyed sends, and the few words that wait in clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.keying import key
from auditor.message.reading import outgoing
from auditor.message.values import Outgoing, Skipped
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.store.ledger.send import IntakeSend


@dataclass(frozen=True, slots=True)
class Raw:
    """One message, or its header block alone."""

    data: bytes
    received_at: datetime | None  # INTERNALDATE, or an archive's envelope time
    journal: bool = False  # it may be an envelope report around the send's own
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How messages were found, as far as it decides how they are read."""

    live: bool = False  # they arrived while their mailbox was watched
    past: bool = False  # found by the first audit of a mailbox
    archive: bool = False
    headers_only: bool = False  # the text is fetched later, where it may be read
    left: int = 0  # messages of the same backlog that come after these


@dataclass(frozen=True, slots=True)
class Read:
    """A send that was read: as it is kept, and in clear what waits in memory or names it to a person."""

    send: IntakeSend
    message_id: str  # as in the mail, or made of its headers
    text: str  # the authored words: `Authored.text`


@dataclass(frozen=True, slots=True)
class Wanted:
    """A send whose text may be read and is not there yet."""

    identity: bytes  # keyed


class Reader:
    """Reads messages, one after the other; used from one thread at a time."""

    def __init__(self, people: People, pseudonyms: Pseudonyms, *, read_internal: bool = False) -> None:
        self.people = people
        self._pseudonyms = pseudonyms
        self.read_internal = read_internal

    def read(self, raws: Sequence[Raw], manner: Manner) -> list[Read | Skipped | Wanted]:
        """What each message is, in the order given: a send, or the reason why it is none.

        Of headers alone the sends whose text may be read are `Wanted`.
        """
        return [self._one(raw, manner) for raw in raws]

    def _one(self, raw: Raw, manner: Manner) -> Read | Skipped | Wanted:
        sent = outgoing(
            raw.data,
            raw.received_at,
            self.people,
            read_internal=self.read_internal,
            archive=manner.archive,
            journal=raw.journal,
            backlog=not manner.live,
        )
        if isinstance(sent, Skipped):
            return sent
        if manner.headers_only and sent.readable:
            return Wanted(self._pseudonyms.identity(*sent.identity))
        return self._keyed(sent, raw.uid, manner)

    def _keyed(self, sent: Outgoing, uid: int | None, manner: Manner) -> Read:
        keyed = key(sent, self._pseudonyms, self.people, live=manner.live, past=manner.past, uid=uid)
        return Read(keyed, sent.identity[0], sent.authored.text)
