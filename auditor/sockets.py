"""Where commands reach the daemon: one Unix socket, found by both sides in the same way."""

from pathlib import Path

from auditor import systemd
from auditor.config import Config

_NAME = "control.sock"
_RUN = Path("/run")
_OF_THE_SERVICE = "auditor"
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
    """Where a daemon of this configuration may listen: as a service, whose folders under /run and /var/lib
    have one name; beside the store otherwise."""
    if config.http.socket is not None:
        return (config.http.socket,)
    folders = (_RUN / config.store.path.parent.name, _RUN / _OF_THE_SERVICE, config.store.path.parent)
    paths = dict.fromkeys(folder / _NAME for folder in folders)
    return tuple(path for path in paths if len(bytes(path)) <= _LONGEST)
