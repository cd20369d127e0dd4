"""What the message stage knows of one mail. All of it is transient: none of these values is stored."""

from dataclasses import dataclass
from datetime import datetime

from auditor.vocabulary import Direction, Shape


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox address, lower-case, and the name that stood beside it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Headers:
    """What the header block alone says, before anything is decided.

    `date` is None when absent or unreadable. `references` holds In-Reply-To first, then
    References from its end, so that the nearest message comes first; each once, angle brackets kept.
    """

    message_id: str | None
    sender: Address
    to: tuple[Address, ...]  # To, Cc and Bcc, each address once
    bcc: int  # how many of these stood in Bcc
    date: datetime | None
    subject: str
    references: tuple[str, ...]
    shape: Shape  # from headers alone: AUTO, CALENDAR, FORWARD (subject and references), ANSWER, NEW


@dataclass(frozen=True, slots=True)
class Recipient:
    """One distinct recipient: lower-case address, its organisation, and whether it is outside ours."""

    address: str
    organisation: str  # registrable domain; a free-mail address is an organisation of its own
    external: bool


@dataclass(frozen=True, slots=True)
class Authored:
    """What the sender wrote in this mail, as a reader sees it, ready for comparing and for nothing else.

    `lines` are lower-case words, line by line; names, numbers, links and addresses are `Mask` values.
    `short` is the form's own judgement: too few words to tell mass from personal.
    """

    lines: tuple[tuple[str, ...], ...]
    words: int
    short: bool
    shape: Shape  # the headers' shape, corrected by what the text shows (forwarded part, invitation)
    quotes_other: bool  # somebody outside our organisation is quoted
    merge_failure: bool

    @property
    def text(self) -> str:
        """The `lines` as one string, which is cheap to hand over and to keep: no word holds a space."""
        return "\n".join(map(" ".join, self.lines))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One send in clear, with everything the later stages need; lives from fetch to keying only."""

    message_id: str | None  # as in the mail
    identity: tuple[str, str, str]  # Message-ID or synthetic id, sender, Date: see `Pseudonyms.identity`
    sender: str  # resolved through aliases
    recipients: tuple[Recipient, ...]
    bcc: int
    sent_at: datetime  # UTC
    direction: Direction
    references: tuple[str, ...]
    authored: Authored
    readable: bool = True  # whether its text may be read; otherwise only its headers count
    private: bool = False  # one of its parties is never read: its text stays unread in every copy


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that is not a send, and why: a stable snake_case word."""

    reason: str
