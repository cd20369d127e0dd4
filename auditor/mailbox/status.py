"""How a watched mailbox is, as metrics, pages and commands say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.mailbox.sent import How


class State(StrEnum):
    """What a watched mailbox is doing."""

    CONNECTING = "connecting"
    CATCHING_UP = "catching_up"
    WATCHING = "watching"  # the server tells of news by itself
    POLLING = "polling"  # the server is asked for news
    THROTTLED = "throttled"  # the server asked for fewer connections; all of its mailboxes wait
    FAILING = "failing"  # the connection was lost; a new one is tried soon
    REFUSED = "refused"  # a person must change something

    @property
    def up_to_date(self) -> bool:
        """Whether everything is read and news will be."""
        return self in {State.WATCHING, State.POLLING}


@dataclass(frozen=True, slots=True)
class Status:
    """How a watched mailbox is: a value, replaced whenever something changes."""

    state: State = State.CONNECTING
    reason: str = ""  # one line on the last failure, without secrets; empty while all is well
    last_sync: float | None = None  # epoch seconds: the server last confirmed nothing unread past the cursor
    backlog: int = 0  # messages not read yet
    past: int | None = None  # those of them that are no news; None until that is known
    heard: float | None = None  # epoch seconds: a batch was stored, or nothing was new; since this start
    past_read: int = 0  # messages of the past that were read since this start
    reconnects: Mapping[str, int] = field(default_factory=dict)  # "lost", "refused", "throttled": how often
    vanished: int = 0  # messages that were gone when they were fetched
    folder: str | None = None
    found_how: How | None = None
