"""Telling systemd how the service is: one datagram to $NOTIFY_SOCKET (sd_notify(3)); and what it tells us.

Written here because it is ten lines, and the packages that offer it hide every error.
"""

import os
import socket
from pathlib import Path


def notify(**state: str) -> bool:
    """Send `state` (READY="1", STATUS="...", WATCHDOG="1", STOPPING="1") to systemd.

    Returns:
        Whether systemd started us and took the message; False outside a service.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # the abstract namespace
    message = "\n".join(f"{key}={value}" for key, value in state.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as datagram:
            datagram.connect(address)
            datagram.sendall(message.encode())
    except OSError:
        return False  # the watchdog then ends us, which is what it is for
    return True


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear from us at least, or None when it does not watch."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000


def runtime_directory() -> Path | None:
    """The folder under /run that RuntimeDirectory= made for us; None outside a service."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else None
