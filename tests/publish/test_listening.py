"""What a listener bears: slow, broken, endless and many requests."""

import asyncio
import io
import json
import logging

import pytest

from auditor import log
from auditor.publish import control, listening
from auditor.publish.control import Control
from auditor.publish.web import serving
from tests.publish.test_web import TOKEN, site


@pytest.fixture
def written():
    """What is logged meanwhile."""
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("auditor")
    before = root.handlers[:], root.level, ours.level
    log.configure("json", "debug", stream)
    yield stream
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.captureWarnings(False)


async def told(port: int, data: bytes) -> bytes:
    """What is answered until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /secret-canary HTTP/9.x\r\nAuthorization: Bearer canary\r\n\r\n",
        b"\x16\x03\x01canary\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nX: canary\r\n\r\n",
        b"GET /" + b"canary" * 5_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"canary" * 5_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: canary\r\n" * 5_000 + b"\r\n",
    ],
    ids=["version", "tls", "two hosts", "long address", "long field", "many fields"],
)
async def test_a_broken_request_is_refused_and_leaves_nothing_in_the_log(written, request_):
    async with serving(site(), token=TOKEN) as served:
        assert (await told(served.port, request_)).startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    assert written.getvalue() == ""


async def test_what_nobody_can_expect_is_not_logged_either(written):
    async with serving(site(), token=TOKEN) as served:
        request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nExpect: \xe8\r\nConnection: close\r\n\r\n"
        assert (await told(served.port, request % served.port)).startswith(b"HTTP/1.1 500")
    assert written.getvalue() == ""


async def test_a_fault_of_ours_is_logged_under_its_name(written):
    def broken() -> bytes:
        raise KeyError("a fault")

    async with serving(site(metrics=broken), token=TOKEN) as served:
        request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % served.port
        assert (await told(served.port, request)).startswith(b"HTTP/1.1 500")
    event = json.loads(written.getvalue())
    assert (event["event"], event["level"]) == ("request_failed", "error")
    assert "KeyError" in event["exception"]


async def test_a_request_that_is_told_drop_by_drop_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(listening, "_REQUEST_SECONDS", 0.5)
    async with serving(site(), token=TOKEN) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        ended = asyncio.create_task(reader.read())
        for _ in range(100):
            await asyncio.sleep(0.1)
            if ended.done():
                break
            writer.write(b"X: y\r\n")
        assert ended.done()
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
        writer.close()


async def test_one_connection_too_many_is_ended_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 3)
    async with serving(site(), token=TOKEN) as served:
        held = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(3)]
        request = b"GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % served.port
        assert await told(served.port, request) == b""
        for reader, writer in held:
            writer.write(request)
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
            writer.close()
        assert (await told(served.port, request)).startswith(b"HTTP/1.1 200")


async def test_a_command_that_hangs_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "_BODY_SECONDS", 0.3)

    async def ask(name: str, arguments: str, by: str) -> str:
        return "asked"

    path = tmp_path / "control.sock"
    made = site(control=Control("store", ask, ask))
    async with serving(made, token=TOKEN, socket_path=path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"POST /control/ask/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        async with asyncio.timeout(10):
            assert await reader.readline() == b"HTTP/1.1 409 Conflict\r\n"
        writer.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 4_000, 409),
        (b'{"arguments": ' + b"[" * 2_000 + b"]" * 2_000 + b', "user": ""}', 409),
        (b"\xff\xfe", 409),
        (b"{" + b" " * 5_000 + b"}", 413),
    ],
    ids=["deep", "deep arguments", "no text", "too long"],
)
async def test_a_body_that_no_command_has_is_refused(tmp_path, written, body, status):
    async def ask(name: str, arguments: str, by: str) -> str:
        return "asked"

    path = tmp_path / "control.sock"
    async with serving(site(control=Control("store", ask, ask)), token=TOKEN, socket_path=path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(
            b"POST /control/ask/x HTTP/1.1\r\nHost: a\r\nContent-Type: %s; charset=nonsense\r\n"
            b"Content-Length: %d\r\n\r\n" % (b"(" * 3_000, len(body)) + body
        )
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 %d" % status)
        writer.close()
    assert written.getvalue() == ""
