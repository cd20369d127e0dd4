"""A real PostgreSQL, private to the tests: its own folder, its own port of loopback, ended with them."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.components import free_port, require

_PROGRAMS = Path("/usr/lib/postgresql")
_START_SECONDS = 60


class PostgresqlServer:
    """Runs from the moment it is made until `close`. It trusts who comes over loopback."""

    def __init__(self, *, durable: bool = False) -> None:
        """`durable` waits for the disk as a server of a company does; tests need not."""
        self._durable = durable
        self._programs = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="auditor-postgresql-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self._made = 0
        self._poolers: list[subprocess.Popen[bytes]] = []
        self._user = {} if os.getuid() else {"user": "postgres", "group": "postgres", "extra_groups": []}
        if os.getuid() == 0:  # it refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._do("initdb", "--auth=trust", "--username=auditor", "--no-sync", f"--pgdata={self._data}")
        self.start()

    def start(self) -> None:
        """Start it; what it says goes to a file, as a pipe that nobody reads would stop it."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            f"-c fsync={'on' if self._durable else 'off'} -c shared_buffers=64MB -c max_connections=100"
        )
        log = self._folder / "log"
        self._do(
            "pg_ctl", f"--pgdata={self._data}", f"--log={log}", f"--options={options}", "--wait", "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it: fast ends every connection, immediate is a crash."""
        self._do("pg_ctl", f"--pgdata={self._data}", f"--mode={mode}", "--wait", "stop")

    def url(self, name: str) -> str:
        """Where a database is."""
        return f"postgresql://auditor@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """Make a new, empty database; its URL."""
        self._made += 1
        name = f"auditor{self._made}"
        self.sql(f"CREATE DATABASE {name}", "postgres")
        return self.url(name)

    def sql(self, statement: str, database: str) -> str:
        """Run a statement as the owner; what it prints, unaligned."""
        return self._do("psql", "--no-psqlrc", "-tA", "-d", self.url(database), "-c", statement)

    def pooled(self, url: str) -> str:
        """The same database through a pgbouncer that gives every transaction whatever connection is free."""
        program, port = require("pgbouncer", "pgbouncer"), free_port()
        settings = self._folder / f"pgbouncer{port}.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.port} user=auditor\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n"
        )
        settings.chmod(0o644)
        with (self._folder / f"pgbouncer{port}.log").open("wb") as log:
            pooler = subprocess.Popen(
                [program, str(settings)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self._user
            )
        self._poolers.append(pooler)
        _until_open(port)
        return url.replace(f":{self.port}/", f":{port}/")

    def close(self) -> None:
        """End it and remove its folder."""
        for pooler in self._poolers:
            pooler.terminate()
            pooler.wait(20)
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _do(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            cwd=self._folder,
            timeout=_START_SECONDS,
            check=False,
            **self._user,
        )
        if done.returncode:
            log = self._folder / "log"
            told = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise AssertionError(f"{program}: {(done.stderr or b'').decode()}{told}")
        return (done.stdout or b"").decode()


def _until_open(port: int) -> None:
    """Wait until somebody listens on a port of loopback."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 5):
            return
        assert time.monotonic() < deadline, f"nobody listens on {port}"
        time.sleep(0.05)


def _programs() -> Path:
    """The newest installed version's programs."""
    require("pg_ctlcluster", "postgresql")
    return max(_PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
