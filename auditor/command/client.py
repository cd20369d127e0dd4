"""How a command gets its answer: from the running daemon, or from the store itself where none runs."""

import asyncio
import getpass
import http.client
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from auditor import arguments, sockets
from auditor.config import Config
from auditor.config.company import company_of
from auditor.errors import AuditorError, StoreError, UsageError
from auditor.mailbox.access.tokens import Tokens
from auditor.pace import Paces
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.question import kinds as questions
from auditor.question.house import House, Question
from auditor.request import kinds as changes
from auditor.request.change import Change
from auditor.store import leases, requests
from auditor.store.engine import Store, open_for_reading, open_store
from auditor.store.place import place_of
from auditor.store.requests import State

_LOOK_AGAIN_SECONDS = 0.5
_SECONDS = 180.0
"""The daemon may have to fetch a mail for its answer."""


def ask(config: Config, question: Question) -> Any:
    """The answer to a question, as values that JSON has.

    Raises:
        AuditorError: there is none, and why.
    """
    daemon = _Daemon.of(config)
    if daemon is not None:
        return daemon.post("ask", questions.name_of(question), arguments.written(question))
    with_key = _pseudonyms(config)
    store = (open_store if question.notes else open_for_reading)(place_of(config.store), with_key)
    try:
        answer = asyncio.run(question.answer(_house(config, with_key, store)))
    finally:
        store.close()
    return json.loads(json.dumps(answer))  # as it would have travelled


def change(config: Config, wanted: Change) -> str:
    """Have a change made; one sentence that says what was done.

    Raises:
        AuditorError: it was refused, or cannot be made now; the message says what to do.
    """
    daemon = _Daemon.of(config)
    if daemon is not None:
        return str(daemon.post("change", changes.name_of(wanted), arguments.written(wanted)))
    store = open_store(place_of(config.store), _pseudonyms(config))
    try:
        return asyncio.run(_made(store, wanted))
    finally:
        store.close()


async def _made(store: Store, wanted: Change) -> str:
    """Make a change in a store that no daemon has open, or have the replica make it that judges now."""
    name, given, now = changes.name_of(wanted), arguments.written(wanted), time.time()
    number = await store.run(lambda connection: requests.put(connection, name, user(), given, now))
    deadline = time.monotonic() + _SECONDS
    while True:
        async with leases.judging(store) as judging:
            if judging is not None:
                await judging.run(lambda connection: requests.settle_pending(connection, changes.apply, now))
        settled = await store.run(lambda connection: requests.find(connection, number))
        if settled.state is not State.PENDING:
            break
        if time.monotonic() > deadline:
            raise AuditorError(f"request {number} is written down; the replica that judges will make it")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    if settled.state is State.REFUSED:
        raise UsageError(settled.answer)
    return settled.answer


def user() -> str:
    """Who calls the command: with sudo the person behind it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _pseudonyms(config: Config) -> Pseudonyms:
    return Pseudonyms(load_key(config.store.key_path))


def _house(config: Config, pseudonyms: Pseudonyms, store: Store) -> House:
    return House(
        config=config,
        company=company_of(config),
        pseudonyms=pseudonyms,
        store=store,
        tokens=Tokens(config.logins),
        paces=Paces(),
        by=user(),
        change=lambda wanted: _made(store, wanted),
        alone=True,
    )


class _Daemon:
    """The daemon that has the store of this configuration open."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, config: Config) -> "_Daemon | None":
        """The daemon, or None where none answers.

        Raises:
            StoreError: this user may neither ask it nor open its store.
        """
        closed: Path | None = None
        for path in sockets.to_ask(config):
            try:
                about = cls(path)._call("GET", "/control", None)
            except PermissionError:
                closed = closed or path
            except (OSError, http.client.HTTPException, ValueError):
                continue
            else:
                if about.get("store") == str(config.store.path):
                    return cls(path)
        if closed is not None and not os.access(config.store.key_path, os.R_OK):
            raise StoreError(f"{closed}: you may not ask the daemon; root and its group may")
        return None

    def post(self, way: str, name: str, given: str) -> Any:
        """The answer to a question or a change."""
        body = json.dumps({"arguments": json.loads(given), "user": user()})
        try:
            told = self._call("POST", f"/control/{way}/{name}", body)
        except TimeoutError:
            raise AuditorError(f"{self._path}: the daemon took too long; its log says why") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise AuditorError(f"{self._path}: the daemon went away before it answered; ask again") from None
        if "error" in told:
            raise (UsageError if told["exit_code"] == UsageError.exit_code else AuditorError)(told["error"])
        return told["answer"]

    def _call(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            told = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if not isinstance(told, dict):
            raise ValueError("no answer of ours")
        return told


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket; the standard library's client connects to hosts only."""

    def __init__(self, path: Path) -> None:
        super().__init__("auditor", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
