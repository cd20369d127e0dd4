"""What goes into the template stage and what comes out of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from auditor.vocabulary import Class, Direction, Kind


@dataclass(frozen=True, slots=True)
class KeyedSend:
    """A send as judgement sees it: keyed words and hashes, nothing in clear.

    `words` are numbers below 2^32: 0 ends a line, 1 to 15 are masks, everything else is a keyed word.
    `recipients` and `organisations` are keyed hashes of the recipients of the send's own direction.
    """

    id: int  # of the store; ascending in the order of intake, not necessarily of judgement
    identity: bytes  # 16 bytes, keyed
    sender: int  # 32 bits, keyed; never 0
    sent_at: float  # seconds since the epoch, UTC
    direction: Direction
    kind: Kind
    recipients: tuple[bytes, ...]
    organisations: tuple[bytes, ...]  # parallel to `recipients`
    bcc: int
    words: tuple[int, ...]
    short: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is concluded of one send. `reason` is a stable snake_case word."""

    send_id: int
    template: str | None  # given whenever wording is shared, whatever the class
    class_: Class
    share: float | None  # handwritten share 0..1; None for brief and excluded
    similarity: float | None  # 0..1 to the template's wording
    generated_field: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Readdressed:
    """A judged send of which a later copy named more recipients; `send` has them all."""

    seq: int  # its judged number
    send: KeyedSend
    verdict: Verdict  # as it is kept


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers that a company may set: `[templates]` of the configuration."""

    min_recipients: int = 5
    min_organisations: int = 3
    tailored_share: float = 0.12
    span_days: int = 90
    horizon_days: int = 180  # how long a template without sends can still be matched


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """One template as the store keeps it between two starts.

    `state` is the state machine's own bytes (keyed; no word in clear). `fixed` is the keyed wording in
    order, a slot being -1, for `explain` and for writing wording in clear under the k rule.
    """

    id: str
    founded_by: int  # send id
    first_sent: float
    last_sent: float
    sends: int
    reached: bool  # at least `min_recipients` in `min_organisations` within `span_days`
    fixed: tuple[int, ...]
    state: bytes


class Entry(NamedTuple):
    """One entry of the inverted index: the text of that number is found under these features."""

    at: int  # the judged number at which it was entered; there is at most one at each
    number: int
    features: bytes  # 4 bytes each, little-endian


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has of one judged send: the send, and the template that it belongs to."""

    send: KeyedSend
    template: TemplateRecord | None


Recall = Callable[[Sequence[int]], Mapping[int, Kept]]
"""Gives back, by their judged numbers, sends of earlier judgements; unknown ones are left out."""


@dataclass(frozen=True, slots=True)
class Resting:
    """The index as the store keeps it between two starts; templates and texts are recalled when needed."""

    judged: int  # how many sends
    latest: float  # the highest `sent_at` judged
    shared_state: bytes | None  # the latest that a judgement gave
    names: dict[str, int]  # of all templates that live: id, and the judged number of the founding send
    entries: Iterable[Sequence[tuple[int, int, bytes]]]  # of `Entry`, the latest first, in pieces; read once
    phrases: Iterable[tuple[int, bytes]]  # what judgements gave, with how many sends were judged then


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one batch of sends did to the state; to be written in one transaction.

    `verdicts` has one entry for every send of the batch, in its order; `changed` has the earlier sends
    whose verdict is now another. `aliases` maps a template id that was merged away to the one that lives.
    """

    verdicts: tuple[Verdict, ...]
    changed: tuple[Verdict, ...] = ()
    templates: tuple[TemplateRecord, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()  # new ones, and those that another template has now
    phrases: bytes = b""  # what came into the company's stock of phrases: see `Phrases.fresh`
    shared_state: bytes | None = None  # frequencies and habits, when they moved
