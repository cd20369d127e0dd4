"""The auditor installed on a booted machine, by the steps that systemd/README.md gives an administrator.

The libraries are those of the environment that runs the tests, seen from inside read-only: nothing is
fetched. The auditor itself is a wheel that is built and installed.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.components import free_port
from tests.components.dovecot import Dovecot
from tests.components.machine import Machine

ROOT = Path(__file__).parents[2]
STATE = "/var/lib/auditor"
CONFIG = "/etc/auditor/auditor.toml"
_LIBRARIES = "/opt/libraries"
_SOURCE = "/usr/src/campaign-auditor"
_PYTHON = "/opt/python"


def steps(heading: str, number: int = 0) -> list[str]:
    """The commands of a block under a heading of systemd/README.md."""
    section = (ROOT / "systemd" / "README.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks: list[list[str]] = [[]]
    for line in section.splitlines():
        if line.startswith("    "):
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return blocks[number]


@contextmanager
def machine_with_auditor() -> Iterator[Machine]:
    """A booted machine on which the auditor is installed and not configured."""
    shared = {Path(sysconfig.get_path("purelib")): _LIBRARIES}
    if Path(sys.base_prefix) != Path("/usr"):
        shared[Path(sys.base_prefix)] = _PYTHON  # one in somebody's home is hidden from services
    with Machine(shared) as machine:
        install(machine)
        yield machine


def install(machine: Machine) -> list[str]:
    """Install by the documented steps; those that were taken."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        target = machine.path(_SOURCE)
        target.mkdir(parents=True)
        (target / wheel.name).write_bytes(wheel.read_bytes())
    subprocess.run(["cp", "-r", ROOT / "systemd", target], check=True)
    taken = []
    for step in steps("Install"):
        command = _without_fetching(step, wheel.name)
        machine.run("sh", "-ec", f"cd {_SOURCE}; {command}", seconds=120)
        taken.append(step)
    return taken


def build_wheel(folder: Path) -> Path:
    """A wheel of this checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _without_fetching(step: str, wheel: str) -> str:
    """The step, with the libraries that are here in the place of those to be fetched."""
    if step.startswith("python3 -m venv"):
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        python = f"{'/usr' if sys.base_prefix == '/usr' else _PYTHON}/bin/{name}"
        return (
            f"echo {_PYTHON}/lib > /etc/ld.so.conf.d/00-python.conf; ldconfig; "
            f"{python} -m venv --without-pip /opt/auditor; "
            f"echo {_LIBRARIES} > /opt/auditor/lib/{name}/site-packages/libraries.pth"
        )
    if "--require-hashes" in step:
        return "true"
    if "pip install" in step:
        return (
            "/opt/auditor/bin/python -m pip install --quiet --root-user-action=ignore --no-deps --no-index "
            f"--ignore-installed {wheel}"
        )
    return step


def configure(machine: Machine, dovecot: Dovecot, *users: str, port: int, more: str = "") -> None:
    """A configuration that watches users of the Dovecot, with its password as a credential."""
    mailboxes = "".join(
        f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {dovecot.port}\nca_file = "ca.pem"\n'
        f'username = "{user}"\ncredential = "imap-password"\n'
        for user in users
    )
    text = (
        '[organisation]\nname = "North Vans"\ndomains = ["northvans.example"]\n'
        f"[http]\nport = {port}\n{more}\n{mailboxes}"
    )
    machine.write("/etc/auditor/ca.pem", Path(dovecot.ca_file).read_text())
    machine.write(CONFIG, text, 0o640)
    machine.run("chgrp", "auditor", CONFIG)
    secret = ("install", "-m", "600", "/dev/stdin", "/etc/auditor/credentials/imap-password")
    machine.run(*secret, given=dovecot.password + "\n")


_QUERY = """\
import json, sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10) as connection:
    print(json.dumps(connection.execute(sys.stdin.read()).fetchall()))
"""


class Service:
    """auditor.service on a machine, well configured; `start` waits until it is ready."""

    name = "auditor"

    def __init__(self, machine: Machine, dovecot: Dovecot) -> None:
        self.machine, self.dovecot = machine, dovecot
        self.port = free_port()
        self.configure("ann")

    def configure(self, *users: str, more: str = "") -> None:
        configure(self.machine, self.dovecot, *users, port=self.port, more=more)

    def start(self) -> None:
        told = self.machine.run("systemctl", "start", self.name, check=False)
        assert told.returncode == 0, self.journal()[-3000:]

    def stop(self) -> None:
        self.machine.run("systemctl", "stop", self.name)

    def drop_in(self, *lines: str) -> None:
        """Settings of the unit until the test ends."""
        self.machine.write(
            f"/run/systemd/system/{self.name}.service.d/test.conf", "[Service]\n" + "\n".join(lines) + "\n"
        )
        self.machine.run("systemctl", "daemon-reload")

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.machine.show(self.name, name)[name]

    @property
    def pid(self) -> str:
        """Its main process, as the machine numbers it."""
        return self.show("MainPID")

    def journal(self) -> str:
        """What it wrote since the last `clear`."""
        return self.machine.journal(self.name)

    def events(self, name: str) -> list[dict]:
        """The events of its log of one name."""
        lines = [line for line in self.journal().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def until(self, look: Callable[[], object], seconds: float = 30.0) -> object:
        """What `look` gives once it is true."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"{self.show('StatusText')}\n{self.journal()[-3000:]}"
            time.sleep(0.3)
        return found

    def until_status(self, words: str, seconds: float = 30.0) -> None:
        """Wait until the line of systemctl status says so."""
        self.until(lambda: words in self.show("StatusText"), seconds)

    def query(self, sql: str) -> list[tuple]:
        """Read the store beside the daemon: from inside, as SQLite follows the link that leads there."""
        told = self.machine.run("/opt/auditor/bin/python", "-c", _QUERY, f"{STATE}/auditor.db", given=sql)
        return [tuple(row) for row in json.loads(told.stdout)]

    def judged(self) -> int:
        """Sends with their verdict."""
        return self.query("SELECT count(*) FROM send WHERE judged_seq IS NOT NULL")[0][0]

    def stored(self) -> int:
        """Sends, with or without their verdict."""
        return self.query("SELECT count(*) FROM send")[0][0]

    def clear(self) -> None:
        """Stop it, and remove what it kept and said."""
        machine = self.machine
        machine.run("systemctl", "kill", "--signal=KILL", self.name, check=False)
        machine.run("systemctl", "stop", self.name, check=False)
        machine.run("systemctl", "reset-failed", self.name, check=False)
        machine.run("umount", "--lazy", STATE, check=False)
        machine.run(
            "sh", "-c", f"rm -rf {STATE} /var/lib/private/auditor /run/systemd/system/{self.name}.service.d"
        )
        machine.run("journalctl", "--rotate", "--vacuum-time=1us", check=False)
        machine.run("systemctl", "daemon-reload")
