"""What commands ask of the running daemon: routes that only its Unix socket has.

Who may ask is decided by the socket's mode. Who asked is written down: the kernel says whose process it is
(SO_PEERCRED, unix(7)); a name that differs from that is only what the command says, and stands beside it.
"""

import asyncio
import json
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from auditor.errors import AuditorError, UsageError

_BODY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Control:
    """What the service answers. `ask` and `change` take a name, the arguments as JSON, and who asks.

    Both raise `AuditorError` with what to tell who asked. `store` is the path of the store in use, by which
    a command knows that this is the daemon of its configuration.
    """

    store: str
    ask: Callable[[str, str, str], Awaitable[Any]]
    change: Callable[[str, str, str], Awaitable[str]]


def add_routes(app: web.Application, control: Control) -> None:
    """Add the routes of commands."""

    async def about(_request: web.Request) -> web.Response:
        return web.json_response({"store": control.store})

    async def ask(request: web.Request) -> web.Response:
        return await _answered(request, control.ask)

    async def change(request: web.Request) -> web.Response:
        return await _answered(request, control.change)

    app.router.add_get("/control", about)
    app.router.add_post("/control/ask/{name}", ask)
    app.router.add_post("/control/change/{name}", change)


async def _answered(request: web.Request, answer: Callable[[str, str, str], Awaitable[Any]]) -> web.Response:
    try:
        arguments, user = _body(await _told(request))
        told = await answer(request.match_info["name"], arguments, _asked_by(request, user))
    except AuditorError as error:
        return web.json_response({"error": str(error), "exit_code": error.exit_code}, status=409)
    return web.json_response({"answer": told})


async def _told(request: web.Request) -> str:
    """The body; a command tells it at once, and what does not is no command."""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await request.read()
        return body.decode("utf-8")  # what Content-Type says may take for ever to read
    except (TimeoutError, UnicodeDecodeError):
        raise _no_command() from None


def _body(text: str) -> tuple[str, str]:
    """The arguments as JSON, and the name that the command gives."""
    try:
        body = json.loads(text)
        return json.dumps(body["arguments"], ensure_ascii=False), str(body["user"])[:64]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_command() from None


def _no_command() -> UsageError:
    return UsageError("this is not how a command asks; command and daemon are of two versions")


def _asked_by(request: web.Request, claimed: str) -> str:
    peer = request.transport.get_extra_info("socket") if request.transport is not None else None
    if peer is None:
        return claimed
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = f"user {uid}"
    return user if claimed in {"", user} else f"{claimed} as {user}"
