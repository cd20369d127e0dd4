"""The readers that cases are given to. Each takes bytes; it ends well or refuses with an error of its own."""

import asyncio
import contextlib
import io
import logging
import os
import socket
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from auditor import arguments
from auditor.config.company import load_people
from auditor.config.load import parse as parse_config
from auditor.errors import AuditorError, ConfigError, ConnectionLost, UsageError
from auditor.mailbox import mbox, needed
from auditor.mailbox.protocol.connection import Reply
from auditor.mailbox.protocol.receiver import LimitExceeded, Receiver
from auditor.mailbox.sent import sent_folder, within
from auditor.mailbox.session import Session
from auditor.message.html import visible_lines
from auditor.message.reading import outgoing
from auditor.message.values import Outgoing, Skipped
from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.publish.control import Control
from auditor.publish.web import serving
from auditor.question import kinds as questions
from auditor.replay.events import read_events
from auditor.request import kinds as changes
from auditor.store import requests
from auditor.store.database import schema
from tests.message.letters import NOON
from tests.publish.test_web import TOKEN, site

OURS = People.of({"northvans.example"})
_PSEUDONYMS = Pseudonyms(bytes(32))
_PATH = Path("auditor.toml")


def read_mail(data: bytes) -> None:
    """As every message is read, in each of the ways there are."""
    for options in ({"read_internal": True, "archive": True}, {"journal": True, "backlog": True}):
        found = outgoing(data, NOON, OURS, **options)
        assert isinstance(found, Outgoing | Skipped)
        if isinstance(found, Outgoing):
            _PSEUDONYMS.words(found.authored.lines)
            _PSEUDONYMS.identity(*found.identity)
            assert all(len(line) >= 0 for line in found.authored.lines)


def read_html(data: bytes) -> None:
    """The lines that a reader sees of a page."""
    for line in visible_lines(data.decode("utf-8", "replace")):
        assert "\x15" not in line.text
        assert "\x16" not in line.text


def read_mbox(data: bytes) -> None:
    """An archive in blocks; nothing is longer than what is kept."""
    for envelope, message in mbox.split(io.BytesIO(data).read, 2_000):
        mbox.envelope_date(envelope)
        assert len(message) <= 2_000
        outgoing(message, None, OURS, archive=True)


def read_imap(data: bytes) -> None:
    """Whatever a mail server says, as the answer to each question that is asked of one."""
    receiver = Receiver()
    responses: list[tuple[bytes, ...]] = []
    with contextlib.suppress(LimitExceeded):
        for start in range(0, len(data), 4_096):
            responses += receiver.feed(data[start : start + 4_096])
    for result in ("OK", "NO"):
        connection = _Answering(Reply(result, "READ-ONLY", "text", tuple(responses)))
        asyncio_run(_ask_everything(Session(connection)))  # type: ignore[arg-type]  # all that Session asks of it


class _Answering:
    """A connection that gives the same reply to everything."""

    capabilities = frozenset({"ACL", "SPECIAL-USE", "IDLE"})
    account = "ann@imap.northvans.example"
    has_news = False

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def ask(self, *_words: str, limits: object = None) -> Reply:
        return self._reply

    async def demand(self, *_words: str, limits: object = None) -> Reply:
        return self._reply

    async def abort(self) -> None:
        pass

    def forget_news(self) -> None:
        pass

    def examined(self) -> None:
        pass

    def give_up(self, reason: str) -> ConnectionLost:
        return ConnectionLost(reason)


async def _ask_everything(session: Session) -> None:
    uids = (1, 7, 8, 9, 10)
    with contextlib.suppress(AuditorError):
        folders = await session.list_folders()
        within(folders[0], ["Sent"]) if folders else None
        sent_folder(folders)
    for question in (
        lambda: session.rights("Sent"),
        lambda: session.examine("Sent"),
        lambda: session.search("ALL"),
        lambda: session.search_after(3),
        lambda: session.fetch_structures(uids),
    ):
        with contextlib.suppress(AuditorError):
            await question()
    for journal in (False, True):
        with contextlib.suppress(AuditorError):
            found = await needed.headers(session, uids, journal=journal)
            for text in (await needed.texts(session, found, 200_000)).values():
                outgoing(text, NOON, OURS, journal=journal)


def read_config(data: bytes) -> None:
    """A configuration, or every fault of it."""
    try:
        parse_config(data.decode("utf-8", "replace"), _PATH)  # what is no UTF-8 is refused before
    except ConfigError as error:
        _printable(error)


def read_people(data: bytes) -> None:
    """A people file."""
    try:
        People.of({"northvans.example"}, load_people(_file(data)), 5)
    except ConfigError as error:
        _printable(error)


def read_the_events(data: bytes) -> None:
    """A file of `alert replay`."""
    try:
        read_events(_file(data))
    except UsageError as error:
        _printable(error)


def _printable(error: AuditorError) -> None:
    str(error).encode("utf-8", "backslashreplace")


def _file(data: bytes) -> Path:
    path = _folder() / "case.csv"
    path.write_bytes(data)
    return path


# ---- servers of our own, started once for each process

_made: dict[str, Any] = {}


def _folder() -> Path:
    if "folder" not in _made:
        memory = Path("/dev/shm")
        where = memory if os.access(memory, os.W_OK) else None
        _made["folder"] = tempfile.TemporaryDirectory(prefix="fuzz-", dir=where)
    return Path(_made["folder"].name)


def asyncio_run(work: Any) -> Any:
    """Like `asyncio.run`, on one loop for all cases."""
    if "loop" not in _made:
        _made["loop"] = asyncio.new_event_loop()
        _made["loop"].set_exception_handler(lambda _loop, context: _faults.append(str(context)))
    return _made["loop"].run_until_complete(work)


_faults: list[str] = []


class _Complaints(logging.Handler):
    """What the HTTP server says when an answer failed."""

    def emit(self, record: logging.LogRecord) -> None:
        _faults.append(logging.Formatter().format(record))


def _served() -> Any:
    if "served" not in _made:
        log = logging.getLogger("auditor.http")
        log.addHandler(_Complaints(logging.ERROR))
        _made["serving"] = serving(
            site(control=Control("store", _asked, _changed)),
            token=TOKEN,
            allowed_hosts=("audit.example",),
            socket_path=_folder() / "control.sock",
        )
        _made["served"] = asyncio_run(_made["serving"].__aenter__())
    return _made["served"]


async def _asked(name: str, given: str, by: str) -> Any:
    return repr(arguments.read(questions.kind_of(name), given))[:100] + by


async def _changed(name: str, given: str, by: str) -> str:
    """Apply the change to an empty store, as judgement would."""
    if name not in changes.KINDS:
        raise UsageError("unknown")
    arguments.read(changes.KINDS[name], given)
    if "store" not in _made:
        _made["store"] = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        schema.metadata.create_all(_made["store"])
    with _made["store"].connect() as connection:
        number = requests.put(connection, name, by, given, 1.8e9)
        requests.settle_pending(connection, changes.apply, 1.8e9)
        answer = requests.find(connection, number).answer
        connection.rollback()
    return answer


def ask_over_http(data: bytes) -> None:
    """Bytes to the port of pages and metrics."""
    port = _served().port
    talk = socket.create_connection(("127.0.0.1", port))
    talk.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _exchange(talk, data.replace(b"{port}", b"%d" % port))


def ask_over_the_socket(data: bytes) -> None:
    """Bytes to the Unix socket of commands."""
    path = _served().socket
    talk = socket.socket(socket.AF_UNIX)
    talk.connect(str(path))
    _exchange(talk, data)


def _exchange(talk: socket.socket, data: bytes) -> None:
    _faults.clear()
    asyncio_run(_spoken(talk, data))
    assert not _faults, "\n".join(_faults)


async def _spoken(talk: socket.socket, data: bytes) -> None:
    """Say it, and listen until the answer ends or pauses."""
    reader, writer = await asyncio.open_connection(sock=talk)
    try:
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(data)
            async with asyncio.timeout(0.02) as patience:
                while await reader.read(65_536):
                    patience.reschedule(asyncio.get_running_loop().time() + 0.004)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


READERS: Mapping[str, Callable[[bytes], None]] = {
    "mail": read_mail,
    "html": read_html,
    "mbox": read_mbox,
    "imap": read_imap,
    "config": read_config,
    "people": read_people,
    "events": read_the_events,
    "http": ask_over_http,
    "control": ask_over_the_socket,
}
"""By the names that the corpus has for them."""


def read(reader: str, data: bytes) -> None:
    """Give a case to its reader."""
    READERS[reader](data)
