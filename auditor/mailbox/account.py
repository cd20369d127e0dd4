"""What is needed to log in to one mailbox server."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """One login. The password never shows in its representation."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: bool = True  # without it only for servers on this machine
    ca_file: Path | None = None

    def __str__(self) -> str:
        """Who is asked, for messages: `ann@example.com at imap.example.com:993`."""
        return f"{self.username} at {self.host}:{self.port}"
