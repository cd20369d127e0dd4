"""The real daemon in a network of its own, whose packets the kernel swallows, refuses or never gets."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.authority import Authority
from tests.components.dovecot import Dovecot
from tests.components.namespace import Namespace
from tests.mail import letters
from tests.service.daemon import Daemon

SHORT = """
[imap]
batch_messages = 10
commands_per_second = 4
command_timeout = "2s"
idle_renewal = "3s"
"""
"""Slow enough for a fault to come in time, impatient enough for a test."""

LATELY = datetime.now(UTC) - timedelta(days=3)


class FarDaemon(Daemon):
    """A daemon inside a namespace, whose mail server is outside."""

    def __init__(self, folder: Path, dovecot: Dovecot, namespace: Namespace, ca_file: Path) -> None:
        super().__init__(folder, dovecot, more=SHORT)
        self._namespace = namespace
        near = f'host = "127.0.0.1"\nport = {dovecot.port}\nca_file = "{dovecot.ca_file}"'
        far = f'host = "{namespace.outside}"\nport = {dovecot.port}\nca_file = "{ca_file}"'
        self.config.write_text(self.config.read_text().replace(near, far))

    def spawn(self) -> None:
        command = [*self._namespace.prefix, sys.executable, "-m", "auditor", "run", "--config"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*command, str(self.config)], stdout=log, stderr=log)


@pytest.mark.parametrize("fault", ["swallow", "refuse", "unplug"])
def test_nothing_is_lost_whatever_becomes_of_the_packets(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot], fault: str
) -> None:
    """In the middle of the backlog, and again while it waits for news."""
    with Namespace() as namespace:
        authority = Authority(tmp_path / "ca")
        dovecot = start_dovecot(
            certificate=authority.issue("127.0.0.1", namespace.outside),
            more=f"listen = 127.0.0.1, {namespace.outside}\n",
        )
        mails = list(letters(160, start=LATELY))
        dovecot.deliver("ann", *mails[:120])
        daemon = FarDaemon(tmp_path, dovecot, namespace, authority.ca_file)
        try:
            daemon.start()
            daemon.until(lambda: len(stored(daemon)) >= 10)
            getattr(namespace, fault)()
            time.sleep(4)
            assert len(stored(daemon)) < 120, "the fault came too late to say anything"
            namespace.heal()
            daemon.until(lambda: len(stored(daemon)) == 120, seconds=100)
            getattr(namespace, fault)()
            dovecot.deliver("ann", *mails[120:])
            time.sleep(4)
            namespace.heal()
            daemon.until_judged(160)
            assert stored(daemon) == sorted(set(stored(daemon)))
            assert len(stored(daemon)) == 160
        finally:
            daemon.close()


def stored(daemon: Daemon) -> list[int]:
    """The UIDs in the store."""
    return [uid for (uid,) in daemon.query("SELECT uid FROM location ORDER BY uid")]
