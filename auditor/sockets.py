"""Where commands reach the daemon: one Unix socket, found by both sides in the same way."""

from pathlib import Path

from auditor import systemd
from auditor.config import Config

_NAME = "control.sock"
_OF_THE_SERVICE = Path("/run/auditor") / _NAME
_LONGEST = 107  # bytes that sockaddr_un holds (unix(7))


def to_listen_on(config: Config) -> Path | None:
    """The configured one; else in the folder that systemd made for the service; else beside the store.

    None where that path is too long for a socket: commands then open the store when no daemon runs.
    """
    if config.http.socket is not None:
        return config.http.socket
    path = (systemd.runtime_directory() or config.store.path.parent) / _NAME
    return path if len(bytes(path)) <= _LONGEST else None


def to_ask(config: Config) -> tuple[Path, ...]:
    """Where a daemon of this configuration may listen, the likeliest first."""
    if config.http.socket is not None:
        return (config.http.socket,)
    paths = (config.store.path.with_name(_NAME), _OF_THE_SERVICE)
    return tuple(path for path in paths if len(bytes(path)) <= _LONGEST)
