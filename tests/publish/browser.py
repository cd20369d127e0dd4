"""A real browser, asked over its own protocol: how a page looks cannot be told from its source."""

import asyncio
import base64
import contextlib
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.components import require

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip
_START_SECONDS = 60


@dataclass
class Tab:
    """One tab (Chrome DevTools Protocol 1.3)."""

    socket: aiohttp.ClientWebSocketResponse
    _numbers: Any = field(default_factory=itertools.count)

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(60):
            while True:
                told = await self.socket.receive_json()
                if told.get("id") == number:
                    assert "error" not in told, told
                    return dict(told["result"])

    async def show(self, address: str, width: int = 1200, height: int = 900, *, dark: bool = False) -> None:
        """Open an address in a window of that size, and wait until it stands."""
        mobile = width < 600
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=mobile,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])
        await self.ask("Page.navigate", url=address)
        async with asyncio.timeout(60):
            wanted = "location.href != 'about:blank' && document.readyState == 'complete'"
            while not await self.value(wanted):  # noqa: ASYNC110  # nothing tells of it but the page
                await asyncio.sleep(0.05)

    async def value(self, script: str) -> Any:
        """What an expression is worth in the page; the page's policy does not bind the protocol."""
        return (await self.ask("Runtime.evaluate", expression=script, returnByValue=True))["result"].get(
            "value"
        )

    async def picture(self, path: Path) -> None:
        """The whole page as a PNG, to be looked at."""
        told = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(told["data"]))


@contextlib.asynccontextmanager
async def tab(folder: Path, *flags: str) -> AsyncIterator[Tab]:
    """A new browser with one tab, until the block ends."""
    program = require("chromium", "chromium")
    profile = folder / "profile"
    with (folder / "browser.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank",
            stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)},
        )  # fmt: skip
    try:
        port = await _port(profile / "DevToolsActivePort")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                address = next(one for one in await answer.json() if one["type"] == "page")
            async with session.ws_connect(address["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _port(path: Path) -> int:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
                return int((await asyncio.to_thread(path.read_text)).splitlines()[0])
            await asyncio.sleep(0.05)
