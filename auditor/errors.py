"""One tree of errors. Each message is one line that says what is wrong and what to do about it.

Whether trying again can help is a class, not a guess: `TemporaryError` is tried again by whoever
called; anything else waits for a person.
"""


class AuditorError(Exception):
    """Base of every error the auditor raises on purpose."""

    exit_code = 1
    """What the command exits with when this error ends it."""


class ConfigError(AuditorError):
    """The configuration cannot be used. The message lists every fault, one a line: file, key, next step."""

    exit_code = 2


class UsageError(AuditorError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class TemporaryError(AuditorError):
    """Something outside failed and may work later: the work is kept and tried again."""


class MailboxError(AuditorError):
    """A mailbox cannot be read until somebody changes something (login, folder, certificate)."""


class LoginRefused(MailboxError):
    """A login or an access token was refused. `reason` is a stable snake_case word, for metrics."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ConnectionLost(TemporaryError, ConnectionError):
    """The mail server went away, fell silent or broke the protocol: a new connection is the answer."""


class Throttled(ConnectionLost):
    """The mail server asks for fewer connections or commands: everybody who uses it waits a while.

    `seconds` is how long it wants, where it says so.
    """

    seconds: float | None = None


class StoreError(AuditorError):
    """The store cannot be opened or written; nothing that was not stored counts as read."""


class StoreWaits(StoreError, TemporaryError):
    """The store takes nothing now: reading stops, nothing is lost, and it goes on by itself."""


class StoreFull(StoreWaits):
    """The disk is full."""


class StoreAway(StoreWaits):
    """The database does not answer."""


class DeliveryError(AuditorError):
    """A letter was refused for good; the address or the login has to be changed."""


class DeliveryDelayed(DeliveryError, TemporaryError):
    """A letter could not be handed over now and stays in the outbox."""


class DeliveryUnknown(DeliveryDelayed):
    """The connection was lost after the letter was on its way: it may have arrived or not."""


class ServerAway(DeliveryDelayed):
    """The mail server does not answer, or takes nobody in now: no letter can leave, whatever it says."""


class ServerUnusable(DeliveryError):
    """The server's address, TLS or login has to be changed; the letter itself was not judged and waits."""
