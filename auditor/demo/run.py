"""`auditor demo`: an invented company sends, the real daemon watches over IMAP, and a terminal shows it.

Nothing here reaches beyond this machine: mail server, postbox and page listen on 127.0.0.1, everything
is kept in a temporary folder that is removed at the end.
"""

import asyncio
import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from auditor import log
from auditor.config import load
from auditor.demo import company
from auditor.demo.performance import HISTORY_DAYS, Performance
from auditor.demo.postbox import Postbox
from auditor.demo.scene import Scene, draw, told
from auditor.demo.server import MailServer
from auditor.service.daemon import serve
from auditor.service.running import Running

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 3.0  # between two lines where the output is no terminal


async def play(seconds: float | None, port: int | None) -> int:
    """Play until Ctrl-C, or for `seconds`.

    Returns:
        0; or 1 when it ended by itself and no alert mail had arrived, or the ratio had not moved.

    Raises:
        AuditorError: a port is taken, or a part that only the demo needs is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="auditor-demo-") as name:
        async with AsyncExitStack() as stack:
            journal = stack.enter_context((Path(name) / "auditor.log").open("w", encoding="utf-8"))
            log.configure("json", "info", journal)
            house = await _furnish(Path(name), stack)
            _end_on_signals(house.stop, seconds)
            console = Console()
            console.print(f"{company.NAME} files the mail of {HISTORY_DAYS} days …", highlight=False)
            await asyncio.to_thread(house.performance.file_history)
            await _perform(house, port or 0, console)
    if seconds is None:
        return 0
    faults = list(house.performance.faults(tuple(house.postbox.letters)))
    for fault in faults:
        sys.stderr.write(f"auditor: demo: {fault}\n")
    return 1 if faults else 0


@dataclass(slots=True)
class _House:
    """Everything around the daemon, while it is up."""

    folder: Path
    password: str
    token: str
    server: MailServer
    postbox: Postbox
    performance: Performance
    stop: asyncio.Event
    page: str = ""

    def scene(self) -> "asyncio.Future[Scene]":
        """What is to be seen now."""
        page = f"{self.page}?token={self.token}" if self.page else ""
        metrics = f"{self.page}metrics" if self.page else ""
        return asyncio.ensure_future(self.performance.scene(tuple(self.postbox.letters), page, metrics))


async def _furnish(folder: Path, stack: AsyncExitStack) -> _House:
    """Start the mail server and the postbox; they end with `stack`."""
    performance, password = Performance(), secrets.token_urlsafe(16)
    accounts = {login: (performance.inboxes[login], sent) for login, sent in performance.folders.items()}
    server = await stack.enter_async_context(MailServer(accounts, password).listening())
    postbox = await stack.enter_async_context(Postbox(folder / "letters").listening())
    return _House(folder, password, secrets.token_urlsafe(12), server, postbox, performance, asyncio.Event())


def _end_on_signals(stop: asyncio.Event, seconds: float | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)


async def _perform(house: _House, port: int, console: Console) -> None:
    """Run daemon, company and screen side by side until the demo is to stop, or one of them fails."""
    path = write_config(house.folder, house.server.port, house.postbox.port, port)
    for name, secret in (("password", house.password), ("page.token", house.token)):
        (house.folder / name).touch(mode=0o600)
        (house.folder / name).write_text(secret + "\n", encoding="utf-8")

    def started(running: Running, bound: int) -> None:
        house.page = f"http://127.0.0.1:{bound}/"
        house.performance.watch(running)

    closing_time = asyncio.Event()
    daemon = asyncio.create_task(serve(load(path), path, closing_time, started), name="daemon")
    others = [
        asyncio.create_task(house.stop.wait(), name="stop"),
        asyncio.create_task(house.performance.go_on(), name="company"),
        asyncio.create_task(_show(house, console), name="screen"),
    ]
    try:
        done, _ = await asyncio.wait([daemon, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        closing_time.set()  # nobody looks into the store any more
        await asyncio.gather(daemon, return_exceptions=True)


async def _show(house: _House, console: Console) -> None:
    """Draw the scene again and again; where there is no terminal, print lines."""
    if not console.is_terminal:
        before: Scene | None = None
        while True:
            scene = await house.scene()
            for line in told(scene, before):
                print(line, flush=True)
            before = scene
            await asyncio.sleep(_LINE_SECONDS)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(draw(await house.scene(), console.height), refresh=True)
            await asyncio.sleep(_REDRAW_SECONDS)


def write_config(folder: Path, imap_port: int, smtp_port: int, http_port: int) -> Path:
    """Write the files that an administrator would write: the configuration and the people."""
    (folder / "people.csv").write_text(company.people_csv(), encoding="utf-8")
    quoted: Callable[[object], str] = json.dumps  # of a text or a list of texts: the same in JSON and TOML
    sections = [
        "[organisation]",
        f"name = {quoted(company.NAME)}",
        f"domains = {quoted(company.DOMAINS)}",
        'people_file = "people.csv"',
        'timezone = "Europe/London"',
        '[store]\npath = "auditor.db"',
        f'[http]\nport = {http_port}\ntoken_file = "page.token"',
        f'[alerts]\nto = {quoted([company.ALERTS_TO])}\nhold = "15s"',
        "[targets]\nmass_ratio = 0.6",
        '[answers]\nenabled = true\nwithin = "3d"',  # of two weeks; a company waits for two
        f'[smtp]\nhost = "127.0.0.1"\nport = {smtp_port}\nsecurity = "none"',
        f'sender = "auditor@{company.DOMAINS[0]}"',
    ]
    sections += [
        f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {imap_port}\ntls = "no"\n'
        f'username = {quoted(rep.address)}\npassword_file = "password"'
        for rep in company.REPS
    ]
    path = folder / "auditor.toml"
    path.write_text("\n".join(sections) + "\n", encoding="utf-8")
    return path
