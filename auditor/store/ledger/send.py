"""A send as the store keeps it. Values alone: who makes them needs no database."""

from dataclasses import dataclass

from auditor.vocabulary import Direction, Shape


@dataclass(frozen=True, slots=True)
class KeyedRecipient:
    """A recipient as it is kept: two keyed hashes."""

    address: bytes
    organisation: bytes
    external: bool


@dataclass(frozen=True, slots=True)
class IntakeSend:
    """One send as intake keeps it: nothing in clear but our own sender's address."""

    identity: bytes
    message_id: bytes | None
    references: tuple[bytes, ...]
    sender: str
    team: str
    sent_at: float
    live: bool
    direction: Direction
    shape: Shape
    quotes_other: bool
    bcc: int
    recipients: tuple[KeyedRecipient, ...]
    words: tuple[int, ...]
    word_count: int
    short: bool
    merge_failure: bool
    past: bool = False  # found by the first audit of a mailbox
    uid: int | None = None  # where it lies; None in an archive
    sender_key: bytes = b""  # keyed address of the sender; not kept
    private: bool = False  # under `privacy.never_read`: its text is neither read nor taken from another copy
