"""The real daemon as a process of its own, on a store and a configuration in a temporary folder."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from tests.components.dovecot import Dovecot


class Daemon:
    """`auditor run`; `start` and `kill` as often as wanted. Every start appends to the same log."""

    def __init__(
        self,
        folder: Path,
        dovecot: Dovecot,
        users: Sequence[str] = ("ann",),
        more: str = "",
        url: str | None = None,
    ) -> None:
        """`url` is a PostgreSQL database; without one the store is a file in `folder`."""
        self.folder = folder
        self.url = url
        self.store = folder / "auditor.db"
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.last_pid = 0  # of the process that was ended last
        password = folder / "password"
        password.write_text(dovecot.password + "\n")
        password.chmod(0o600)
        mailboxes = "".join(
            f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {dovecot.port}\nca_file = "{dovecot.ca_file}"\n'
            f'username = "{user}"\npassword_file = "password"\n'
            for user in users
        )
        self.config = folder / "auditor.toml"
        database = "" if url is None else f'url = "{url}"'
        self.config.write_text(
            f'[organisation]\nname = "North Vans"\ndomains = ["northvans.example"]\n'
            f'[store]\npath = "auditor.db"\n{database}\n[http]\nport = 0\n{more}\n{mailboxes}'
        )

    def start(self) -> None:
        """Start, and wait until it is ready."""
        begun = self.log.stat().st_size if self.log.exists() else 0
        self.spawn()
        self.port = int(self.until(lambda: self._event("started", begun))["port"])

    def spawn(self) -> None:
        """Start, and do not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "auditor", "run", "--config", str(self.config)], stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory is out."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, as systemd does; returns the exit code."""
        return self._end(signal.SIGTERM)

    def hang_up(self) -> None:
        """SIGHUP: read the configuration again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGKILL)

    def until(self, look: Callable[[], object], seconds: float = 60.0) -> object:
        """What `look` gives once it is true."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.05)
        return found

    def until_judged(self, sends: int, seconds: float = 120.0) -> None:
        """Wait until so many sends have their verdict."""
        self.until(
            lambda: self.query("SELECT count(*) FROM send WHERE judged_seq IS NOT NULL")[0][0] >= sends,
            seconds,
        )

    def query(self, sql: str) -> list[tuple]:
        """Read the store beside the running daemon."""
        if self.url is not None:
            with psycopg.connect(self.url) as connection:
                return connection.execute(sql).fetchall()
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def get(self, path: str) -> str:
        """One page; what only people may see is opened with the token."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        token = self.folder / "page.token"
        if token.exists():
            request.add_header("Authorization", f"Bearer {token.read_text().strip()}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def metric(self, line_start: str) -> float | None:
        """The value of the first sample that starts so."""
        for line in self.get("/metrics").splitlines():
            if line.startswith(line_start):
                return float(line.rpartition(" ")[2])
        return None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    def peak_memory_mb(self) -> float:
        """The most memory that the process held (VmHWM)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def events(self, name: str) -> list[dict]:
        """The log's events of one name."""
        lines = self.log.read_text().splitlines()
        return [
            event for line in lines if line.startswith("{") and (event := json.loads(line))["event"] == name
        ]

    def _event(self, name: str, begun: int) -> dict | None:
        text = self.log.read_bytes()[begun:].decode()
        for line in text.splitlines():
            if line.startswith("{") and f'"{name}"' in line:
                return json.loads(line)
        return None

    def _end(self, sign: signal.Signals) -> int:
        assert self._process is not None
        self.last_pid = self._process.pid
        self._process.send_signal(sign)
        return self._process.wait(30)
