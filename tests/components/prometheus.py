"""A real Prometheus on loopback that scrapes what a test serves."""

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.components import free_port, require

_READY_SECONDS = 30
RETENTION = "400d"
"""Blocks that are older than the retention are deleted without a warning, and 15 days is the default."""


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        """Ask the HTTP API; a refused query is a failure that says why."""
        query = urllib.parse.urlencode(parameters)
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", query.encode() or None)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.read().decode()}: {parameters}") from None

    def now(self, expr: str) -> list[dict[str, Any]]:
        """The newest values of an expression."""
        return list(self.get("query", query=expr)["result"])

    async def until(self, expr: str, seconds: float = 60) -> None:
        """Wait until an expression has a value."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(self.now, expr):  # noqa: ASYNC110  # nothing tells of a scrape
                await asyncio.sleep(0.3)


@asynccontextmanager
async def prometheus(
    folder: Path, targets: Mapping[str, int], *, rules: tuple[Path, ...] = (), interval: str = "1s"
) -> AsyncIterator[Prometheus]:
    """Scrape ports of loopback by job name until the block ends; `folder` may hold blocks in `data`."""
    program = require("prometheus", "prometheus")
    config = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
            for job, port in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    with (folder / "log").open("wb") as log:  # a pipe that nobody reads would stop it
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
        )
    try:
        started = Prometheus(f"http://127.0.0.1:{port}")
        await _ready(started, process, folder / "log")
        yield started
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(started: Prometheus, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            assert process.returncode is None, await asyncio.to_thread(log.read_text)
            try:
                with await asyncio.to_thread(urllib.request.urlopen, f"{started.url}/-/ready", timeout=5):
                    return
            except OSError:
                await asyncio.sleep(0.1)
