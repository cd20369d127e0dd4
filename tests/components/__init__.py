"""Real components, started privately for a test and ended by it."""

import os
import shutil
import socket
from typing import NoReturn

import pytest


def require(program: str, package: str) -> str:
    """The program's path. Without it the test is skipped, but where CI is "true" it fails."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/lib/dovecot")
    if path is None:
        do_without(f"{program} is missing: install the Debian package {package}")
    return path


def do_without(reason: str) -> NoReturn:
    """Skip the test, or fail it where CI is "true": there nothing is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on; each only once, as the last one may not be in use yet."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given:
            _given.add(port)
            return port
