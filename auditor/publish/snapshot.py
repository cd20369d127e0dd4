"""What the service hands to metrics and pages: one immutable value, replaced whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.answer.rates import AnswerFigures
from auditor.statistics.figures import Figures
from auditor.statistics.usual import Band

MAILBOX_STATES = ("catching_up", "connecting", "failing", "polling", "refused", "throttled", "watching")
"""What a mailbox's watcher can be doing; the words of `mailbox.watch`."""

PEOPLE_STATES = ("watched", "unwatched", "failing")
"""Whether somebody's mailbox is read, is not connected, or cannot be read now."""

UP_TO_DATE = frozenset({"watching", "polling"})
"""States in which news arrives by itself or is asked for; in any other a mailbox is shown by itself."""

LATE_SECONDS = 15 * 60
"""A mailbox that the server has not confirmed for so long is late."""


@dataclass(frozen=True, slots=True)
class MailboxFigure:
    """One mailbox as its watcher sees it.

    `id` is opaque: only `mailbox list` resolves it. `reason` is our own sentence, never a server's words.
    """

    id: str
    state: str
    last_sync: float | None = None  # seconds since the epoch; None before the first
    backlog: int = 0
    reason: str = ""

    @property
    def up_to_date(self) -> bool:
        """Whether its watcher waits for news, with nothing left to read."""
        return self.state in UP_TO_DATE

    def is_late(self, now: float) -> bool:
        """Whether nothing was confirmed for 15 minutes."""
        return self.last_sync is None or now - self.last_sync >= LATE_SECONDS


@dataclass(frozen=True, slots=True)
class ConfigFigure:
    """How the last reading of the configuration went."""

    successful: bool = True
    read_at: float = 0.0  # of the last one that succeeded, seconds since the epoch
    hash: str = ""  # hexadecimal, of the configuration in use


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is true at `at`. `figures` is None on a process that is not the analyst (the leader)."""

    at: float  # seconds since the epoch
    figures: Figures | None = None
    mailboxes: tuple[MailboxFigure, ...] = ()
    people: Mapping[tuple[str, str], int] = field(default_factory=dict)  # team, watched|unwatched|failing
    usual: Mapping[str, Band] = field(default_factory=dict)  # by team, of the running hour
    usual_of_all: Band | None = None  # of the whole organisation
    usual_today: Band | None = None  # the same, from local midnight to now
    template_senders: Mapping[str, int] = field(default_factory=dict)  # of the top templates, 30 days
    answers: AnswerFigures | None = None  # None where what comes back is not read
    target: float | None = None  # the highest mass ratio that is aimed at; None where there is none
    targets: Mapping[str, float] = field(default_factory=dict)  # by team
    page_url: str | None = None  # where people reach the page
    store_writable: bool = True
    backfill_progress: float | None = None  # 0..1; None before anything is known
    config: ConfigFigure = ConfigFigure()
    expiries: Mapping[str, float] = field(default_factory=dict)  # by login: when its secret expires, epoch

    @property
    def analyst(self) -> bool:
        """Whether this process speaks for the store."""
        return self.figures is not None
