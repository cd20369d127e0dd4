"""One of several daemons over one database: what it holds of the work, and what it knows of the rest."""

import math
import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.mailbox.status import State, Status
from auditor.store.engine import Store
from auditor.store.leases import Count, Fence
from auditor.store.mailboxes import Listed

LEASE_SECONDS = 15.0
"""How long a replica that says nothing is waited for; then others take what it held."""

_SURE_SECONDS = LEASE_SECONDS - 3.0


def name_of_this() -> str:
    """A name that no other process has: a restart is another replica."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


@dataclass(slots=True)
class Replica:
    """This daemon among the others. `store` is a connection of its own: a beat never waits for other work."""

    store: Store
    name: str = field(default_factory=name_of_this)
    held: dict[str, Fence] = field(default_factory=dict)  # mailboxes, by key
    leads: Fence | None = None  # judgement
    alive: int = 0  # replicas, this one among them
    known: frozenset[str] = frozenset()  # the mailboxes that have a lease, as far as we saw to it
    elsewhere: Mapping[str, tuple[int, Status]] = field(default_factory=dict)  # number and state, by key
    beaten_at: float = -math.inf  # monotonic: when the last beat that arrived was begun

    def is_sure(self) -> bool:
        """Whether what we hold cannot be another's yet: after that we stop, asked or not."""
        return time.monotonic() - self.beaten_at < _SURE_SECONDS

    def agrees(self, count: Count) -> bool:
        """Whether the database says of us what we think we hold."""
        epoch = None if self.leads is None else self.leads.epoch
        return count.ours == len(self.held) and count.judgement == epoch


def fair_share(count: Count) -> int:
    """How many mailboxes each replica watches: as even as whole mailboxes can be shared."""
    return math.ceil(count.mailboxes / max(1, count.alive))


def status_elsewhere(listed: Listed) -> Status:
    """How a mailbox is that another replica watches, as that one last wrote it down."""
    return Status(
        state=State(listed.state),
        reason=listed.reason,
        last_sync=listed.last_sync,
        heard=listed.last_sync,
        backlog=listed.backlog,
        past=listed.backlog,
    )
