"""Mail made to burst: each within the time and the memory that a fuzz case may take."""

import base64
import io
import zipfile
import zlib

import pytest

from tests.fuzz import guard
from tests.fuzz.cases import Case
from tests.fuzz.readers import read

HEAD = (
    b"From: ann@northvans.example\r\nTo: kim@haulier.example\r\nMessage-ID: <1@northvans.example>\r\n"
    b"Date: Mon, 07 Sep 2026 08:00:00 +0200\r\n"
)


def _html(markup: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + markup


def _levels(count: int) -> bytes:
    """Multiparts in one another."""
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(count)
    )
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def _zip(levels: int) -> bytes:
    """Zeros in a zip in a zip."""
    data = bytes(10_000_000)
    for level in range(levels):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(20):
                archive.writestr(f"{level}-{n}", data)
        data = packed.getvalue()
    return data


def _attached(kind: bytes, data: bytes) -> bytes:
    return (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: "
        + kind
        + b"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.zip\r\n\r\n"
        + base64.encodebytes(data) + b"\r\n--b--\r\n"
    )  # fmt: skip


BOMBS = {
    "a million elements in one another": lambda: _html(b"<div>" * 1_000_000),
    "elements that are never closed": lambda: _html(b"<b><i></p>" * 300_000),
    "a million attributes": lambda: _html(b"<p " + b"".join(b"a%d=1 " % n for n in range(1_000_000)) + b">x"),
    "attributes with > in them": lambda: _html(
        b"<p " + b"".join(b"a%d='>'" % n for n in range(90_000)) + b">x"
    ),
    "one attribute of five megabytes": lambda: _html(b"<p style='" + b"a:b;" * 1_250_000 + b"'>x"),
    "entities": lambda: _html(b"&NotEqualTilde;" * 300_000),
    "ten thousand levels of MIME": lambda: _levels(10_000),
    "a hundred thousand parts": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000
    ),
    "a hundred thousand headers": lambda: HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nhello",
    "a header of five megabytes": lambda: (
        HEAD + b"Subject: " + b"=?utf-8?q?=41?= " * 300_000 + b"\r\n\r\nhello"
    ),
    "a hundred thousand recipients": lambda: (
        b"Cc: "
        + b",\r\n ".join(b"a%d@b%d.example" % (n, n) for n in range(100_000))
        + b"\r\n"
        + HEAD
        + b"\r\nx"
    ),
    "base64 of five megabytes": lambda: (
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"word " * 1_000_000)
    ),
    "one line of five megabytes": lambda: HEAD + b"\r\n" + b"word " * 1_000_000,
    "one word of five megabytes": lambda: HEAD + b"\r\n" + b"w" * 5_000_000,
    "a zip in a zip": lambda: _attached(b"application/zip", _zip(2)),
    "a zip that says it is text": lambda: _attached(b"text/plain", _zip(1)),
    "a compressed charset": lambda: (
        HEAD + b"Content-Type: text/plain; charset=zlib\r\n\r\n" + zlib.compress(bytes(50_000_000))
    ),
    "UTF-7 that grows": lambda: (
        HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+AAA" * 1_000_000
    ),
}


def make(name: str, number: int) -> Case:
    """The bomb of this name."""
    return Case(number, "mail", BOMBS[name]())


class _Bomb:
    """`make` of one name; a process is handed it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, number: int) -> Case:
        return make(self._name, number)


@pytest.mark.parametrize("name", BOMBS)
def test_it_does_not_burst(name):
    found = list(guard.findings(_Bomb(name), read, range(1)))
    assert not found, f"{found[0].kind}: {found[0].told}"
