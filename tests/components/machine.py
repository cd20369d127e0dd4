"""A machine of its own: this one's root file system, written to nowhere, with a systemd that really boots.

An overlay in a memory file system lies over the running root, systemd-nspawn boots it to sysinit.target
in about a second: none of the services that are installed here starts. Everything happens in a mount
namespace of its own, and ends with the process that made it, however that ends.
"""

import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.components import do_without, require

_ROOM = "1500m"  # of memory at most for everything that is written inside
_BOOT_SECONDS = 60.0

_BOOT = """\
set -e
mount -t tmpfs -o mode=0755,size={room} tmpfs {folder}
mkdir {folder}/upper {folder}/work {folder}/tree
mount -t overlay overlay -o lowerdir=/,upperdir={folder}/upper,workdir={folder}/work {folder}/tree
rm -f {folder}/tree/etc/machine-id
: >{folder}/tree/etc/machine-id
mkdir -p {mount_points}
exec {nspawn} --quiet --boot --directory={folder}/tree --register=no --keep-unit --console=pipe {binds} \
-- --unit=sysinit.target systemd.hostname=auditor.test
"""


class Machine:
    """A booted machine. It shares this one's network, so that test servers are reached on 127.0.0.1.

    Make it in the main thread: it ends with the thread that made it. A context manager.
    """

    def __init__(self, shared: Mapping[Path, str] | None = None) -> None:
        """`shared`: folders of this machine, and where they are seen inside, read-only."""
        if os.geteuid() != 0:
            do_without("booting a machine needs root")
        self._shared = dict(shared or {})
        self._nspawn = require("systemd-nspawn", "systemd-container")
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self._console = self.folder.with_name(self.folder.name + ".console")
        self._process: subprocess.Popen[bytes] | None = None
        self.leader = 0  # process number of its systemd, as seen from here

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off; what was written in it is gone."""
        if self.leader:
            try:
                os.kill(self.leader, signal.SIGKILL)  # the kernel ends everything in its namespace with it
            except ProcessLookupError:
                self.leader = 0
        if self._process is not None:
            if not self.leader:
                self._process.kill()
            self._process.wait(30)
        self._console.unlink(missing_ok=True)
        if self.folder.exists():
            self.folder.rmdir()

    def run(
        self,
        *command: str | Path,
        user: str | None = None,
        check: bool = True,
        given: str | None = None,
        seconds: float = 60.0,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside, as root or as `user`; what it wrote, both streams apart."""
        enter: list[str | Path] = [require("nsenter", "util-linux"), "-t", str(self.leader), "-a"]
        enter += ["runuser", "-u", user, "--"] if user else []
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/"}
        told = subprocess.run(
            [*enter, *command],
            env=environment,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and told.returncode != 0:
            raise AssertionError(
                f"{shlex.join(map(str, command))}: {told.returncode}\n{told.stdout}{told.stderr}"
            )
        return told

    def path(self, inside: str) -> Path:
        """A path of the machine, as it is seen from here."""
        return Path(f"/proc/{self.leader}/root") / inside.lstrip("/")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside, with the folders above it."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit, as systemctl shows them."""
        told = self.run("systemctl", "show", unit, *(f"--property={one}" for one in properties)).stdout
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)

    def journal(self, unit: str, *options: str) -> str:
        """What a unit and systemd about it wrote, without times."""
        return self.run("journalctl", "--unit", unit, "--output=cat", "--no-pager", *options).stdout

    def _boot(self) -> None:
        script = _BOOT.format(
            room=_ROOM,
            folder=self.folder,
            nspawn=self._nspawn,
            mount_points=shlex.join(f"{self.folder}/tree{one}" for one in ("/opt", *self._shared.values())),
            binds=shlex.join(f"--bind-ro={outside}:{inside}" for outside, inside in self._shared.items()),
        )
        with self._console.open("wb") as console:
            self._process = subprocess.Popen(
                [*_ends_with_us(), "unshare", "--mount", "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        self._await(lambda: bool(self._find_leader()), "it does not boot")
        self._await(self._is_up, "it does not come up")

    def _find_leader(self) -> int:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for child in map(int, children):
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                self.leader = child
        return self.leader

    def _is_up(self) -> bool:
        return self.run("systemctl", "is-active", "sysinit.target", check=False).stdout.strip() == "active"

    def _await(self, look: Callable[[], bool], problem: str) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _BOOT_SECONDS
        while not look():
            if self._process.poll() is not None or time.monotonic() > deadline:
                do_without(f"a machine cannot be booted here, {problem}: {self._console.read_text()[-500:]}")
            time.sleep(0.05)


def _ends_with_us() -> Sequence[str]:
    """The prefix of a command that the kernel kills when we end (prctl(2), PR_SET_PDEATHSIG)."""
    return (require("setpriv", "util-linux"), "--pdeathsig", "KILL")
