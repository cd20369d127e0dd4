"""Where the site listens: addresses, the Unix socket of commands, and what a listener bears.

Anybody on the machine may connect to loopback. So connections are few, a request that is not told in time
is not waited for, and what aiohttp would write into the log of a broken request, its bytes, is left out.
"""

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from auditor.errors import AuditorError

MOST_CONNECTIONS = 100
"""Of one listener: a Prometheus, some browsers, some commands. Mailboxes need the descriptors."""

# For the head of a request, and between two; over a minute, which is how often one scrapes.
_REQUEST_SECONDS = 75.0
_LINGER_SECONDS = 2.0  # for a body that nobody wants
_STOP_SECONDS = 1.0


async def start(
    stack: contextlib.AsyncExitStack,
    app: web.Application,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
) -> None:
    """Answer at `listener` with `app` until `stack` ends."""
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_LOGGER,
        keepalive_timeout=_REQUEST_SECONDS,
        lingering_time=_LINGER_SECONDS,
        shutdown_timeout=_STOP_SECONDS,
    )
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    answering = runner.server
    if answering is None:
        raise AuditorError("http: the listener cannot be made; please report this")

    def protocol() -> asyncio.Protocol:
        return _Full() if len(answering.connections) >= MOST_CONNECTIONS else answering()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, sock=listener, ssl=tls)
    stack.callback(server.close)


def at_address(listen: str, port: int) -> socket.socket:
    """A socket at an address of this machine; port 0 takes a free one.

    Raises:
        AuditorError: it is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    try:
        return socket.create_server((listen, port), family=family)
    except OSError as error:
        raise AuditorError(
            f"http: cannot listen on {listen} port {port}: {_reason(error)}; choose another in [http]"
        ) from None


def at_path(path: Path) -> socket.socket:
    """A Unix socket that only root and our group can use; one that a killed daemon left is replaced.

    Raises:
        AuditorError: its folder does not allow it.
    """
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o117)  # from the first moment, not by a chmod after
    try:
        if path.is_socket():
            path.unlink()
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise AuditorError(
            f"http: cannot make the socket {path}: {_reason(error)}; check its folder"
        ) from None
    finally:
        os.umask(before)
    return listener


def _reason(error: OSError) -> str:
    """The system's own words, without what Python adds to them."""
    return os.strerror(error.errno) if error.errno else str(error)


class _Full(asyncio.Protocol):
    """Ends a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _OurFaults(logging.Filter):
    """Lets through what is wrong with us: a broken request, or one given up half-way, is its sender's."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # UnicodeEncodeError: aiohttp repeats an unknown Expect field in its answer, whatever bytes it has.
        if isinstance(error, HttpProcessingError | ConnectionError | UnicodeEncodeError):
            return False
        record.msg, record.args = "request_failed", ()
        return True


_LOGGER = logging.getLogger("auditor.http")
_LOGGER.addFilter(_OurFaults())
