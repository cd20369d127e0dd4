"""What the mailbox stage hands on: messages found, and how far the mailbox has been read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auditor.mailbox.protocol.structure import Part


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one mailbox is stored: every UID from `low` to `high` (RFC 3501 section 2.3.1.1).

    Backfill lowers `low`, watching raises `high`. A fresh cursor has `high == low - 1`.
    """

    uidvalidity: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs knew of a mailbox beside its cursor."""

    folder: str = ""  # its name; another one is another folder, even under the same UIDVALIDITY
    last_sync: float | None = None  # epoch seconds; None: the first audit was not finished
    unreadable: tuple[int, ...] = ()  # UIDs that the server could not hand over


@dataclass(frozen=True, slots=True)
class Found:
    """One message as the mailbox lists it: its header block as bytes, not its text."""

    uid: int
    received_at: datetime  # INTERNALDATE, aware
    size: int  # octets; a hint on some servers, never a check
    header: bytes  # the raw header block, ending with its blank line; of a report see `journal`
    journal: bool = False  # from a journal: `header` may be an envelope report around the send's own
    inside: Part | None = None  # what the message inside a report is made of
    report: tuple[bytes, bytes] | None = None  # of a delivery report: its status fields, the header returned


class Batch(Protocol):
    """Some messages found in one go, in ascending UID, to be stored together with `cursor`.

    An empty batch is news too: the server confirmed that nothing past the cursor is unread.
    """

    @property
    def mailbox(self) -> str:
        """The mailbox's key: login and folder, never shown outside the store and `mailbox list`."""

    @property
    def cursor(self) -> Cursor:
        """The cursor that is true once these messages are stored."""

    @property
    def found(self) -> tuple[Found, ...]:
        """The messages, ascending."""

    @property
    def live(self) -> bool:
        """Whether these arrived while watching, as against backlog or backfill."""

    @property
    def past(self) -> bool:
        """Whether a first audit found these: sent before anybody watched, and no news."""

    @property
    def backlog(self) -> int:
        """Messages still unread after this batch."""

    async def texts(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Fetch whole messages (headers and text, cut at a limit) for some of `found`.

        A UID that has vanished meanwhile is absent from the answer. Must be awaited before the next
        batch is asked for. Raises ConnectionLost.
        """


@dataclass(frozen=True, slots=True)
class Archived:
    """One message of an archive: mbox, Maildir, .eml, or an account that is scanned once."""

    source: str  # the file or folder it came from
    raw: bytes
    received_at: datetime | None  # the mbox envelope line, the file's time in a Maildir; None when unknown
