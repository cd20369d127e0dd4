"""A network of its own for a process, joined to this one by a cable that can be cut (Linux, as root)."""

import itertools
import os
import subprocess
from typing import Self

import pytest

from tests.components import do_without, require

_numbers = itertools.count()


class Namespace:
    """A network namespace. `outside` is this machine's address as seen from inside. A context manager.

    `prefix` in front of a command runs it inside.
    """

    def __init__(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        self._ip = require("ip", "iproute2")
        self._iptables = require("iptables", "iptables")
        number = next(_numbers)
        self.name = f"auditor-{os.getpid()}-{number}"
        self._cable = f"aud{os.getpid() % 100_000}v{number}"
        # RFC 2544 section C.2.2: addresses for measuring, which nobody uses in earnest.
        net = f"198.18.{os.getpid() % 250}.{4 * (number % 60)}".rpartition(".")
        self.outside, self._inside = (f"{net[0]}.{int(net[2]) + k}" for k in (1, 2))
        self.prefix = (self._ip, "netns", "exec", self.name)

    def __enter__(self) -> Self:
        try:
            self._do("netns", "add", self.name)
            self._do("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            self._do("address", "add", f"{self.outside}/30", "dev", self._cable)
            self._do("link", "set", self._cable, "up")
            for command in (
                ("address", "add", f"{self._inside}/30", "dev", "eth0"),
                ("link", "set", "eth0", "up"),
                ("link", "set", "lo", "up"),
            ):
                self._do("-n", self.name, *command)
        except subprocess.CalledProcessError as error:
            self.close()
            do_without(f"no network namespace can be made here: {error.stderr.decode().strip()}")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove it, and the cable with it."""
        subprocess.run([self._ip, "link", "delete", self._cable], capture_output=True, check=False)
        subprocess.run([self._ip, "netns", "delete", self.name], capture_output=True, check=False)

    def swallow(self) -> None:
        """From now on every packet vanishes, in both directions, and nobody is told."""
        for chain in ("INPUT", "OUTPUT"):
            self._filter("-A", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP")

    def refuse(self) -> None:
        """From now on every segment that is sent is answered by a reset."""
        self._filter(
            "-A", "OUTPUT", "!", "-o", "lo", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset"
        )

    def unplug(self) -> None:
        """Pull the cable."""
        self._do("link", "set", self._cable, "down")

    def heal(self) -> None:
        """All is well again."""
        self._filter("-F")
        self._do("link", "set", self._cable, "up")

    def _filter(self, *arguments: str) -> None:
        subprocess.run([*self.prefix, self._iptables, "-w", *arguments], check=True, capture_output=True)

    def _do(self, *arguments: str) -> None:
        subprocess.run([self._ip, *arguments], check=True, capture_output=True)
