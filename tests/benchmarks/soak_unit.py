"""`auditor.service` on a machine that really boots, in the place of a daemon that a test starts by hand."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.components.dovecot import Dovecot
from tests.systemd.installed import CONFIG, STATE, Service, machine_with_auditor


class Unit:
    """The unit as it is shipped: whoever kills it, systemd alone starts it. Has what `Soak` asks for."""

    def __init__(self, _folder: Path, dovecot: Dovecot, users: Sequence[str], more: str = "") -> None:
        self._machine = ExitStack()
        self._service = Service(self._machine.enter_context(machine_with_auditor()), dovecot)
        self._service.configure(*users, more=more)
        self.config = self._service.machine.path(CONFIG)
        self.folder = self._service.machine.path(STATE)
        self._started = False

    def spawn(self) -> None:
        """Start it the first time, and never again."""
        if not self._started:
            self._service.machine.run("systemctl", "start", "--no-block", "auditor")
        self._started = True

    def kill(self) -> None:
        """SIGKILL to the main process, once there is one."""
        deadline = time.monotonic() + 60.0
        while self._service.pid == "0" and time.monotonic() < deadline:
            time.sleep(0.2)
        self._service.machine.run(
            "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "auditor", check=False
        )

    def query(self, sql: str) -> list[tuple]:
        """Read the store beside the daemon."""
        return self._service.query(sql)

    def told(self) -> dict[str, object]:
        """What systemd says of it in the end, and how long a stop takes."""
        said = {"active": self._service.show("ActiveState"), "restarts": int(self._service.show("NRestarts"))}
        begun = time.monotonic()
        self._service.stop()
        return {
            **said,
            "stop_seconds": round(time.monotonic() - begun, 2),
            "result": self._service.show("Result"),
        }

    def close(self) -> None:
        """Switch the machine off."""
        self._machine.close()
