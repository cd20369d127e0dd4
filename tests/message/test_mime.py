"""Parts, encodings and charsets."""

import pytest

from auditor.message import mime
from auditor.message.fields import fields, split
from tests.message.letters import letter, read_letter


def content(raw: bytes) -> mime.Content:
    block, body = split(raw)
    return mime.content(fields(block), body)


def part(text: bytes, kind: bytes = b"text/plain", extra: bytes = b"") -> bytes:
    return b"Content-Type: " + kind + b"\r\n" + extra + b"\r\n" + text


def multipart(kind: bytes, *parts: bytes, boundary: bytes = b"bb", close: bool = True) -> bytes:
    inner = b"".join(b"--" + boundary + b"\r\n" + piece + b"\r\n" for piece in parts)
    end = b"--" + boundary + b"--\r\n" if close else b""
    return b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind, boundary) + inner + end


def test_the_html_of_an_alternative_is_what_a_reader_sees():
    found = content(multipart(b"alternative", part(b"plain"), part(b"<p>rich</p>", b"text/html")))
    assert (found.text, found.html) == ("<p>rich</p>", True)


def test_the_plain_part_when_the_html_shows_nothing():
    empty = b"<html><body><img src=x> &nbsp; </body></html>"
    found = content(multipart(b"alternative", part(b"plain"), part(empty, b"text/html")))
    assert (found.text, found.html) == ("plain", False)


def test_an_attachment_is_no_text():
    attached = part(b"secret", b"text/plain", b"Content-Disposition: attachment; filename=a.txt\r\n")
    assert content(multipart(b"mixed", attached, part(b"shown"))).text == "shown"


def test_nested_boundaries_of_which_one_begins_like_the_other():
    inner = multipart(
        b"alternative", part(b"plain"), part(b"<p>rich</p>", b"text/html"), boundary=b"bb-inner"
    )
    assert content(multipart(b"mixed", inner, part(b"footer"))).text == "<p>rich</p>"


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"mixed", part(b"still read"), close=False),
        b"Content-Type: multipart/mixed\r\n\r\nstill read",
        b"Content-Type: multipart/mixed; boundary=absent\r\n\r\nstill read",
        b"Content-Type: nonsense\r\n\r\nstill read",
        b"Content-Type: text/plain; charset=no-such\r\n\r\nstill read",
        b"Content-Type: text/plain; charset=hex\r\n\r\nstill read",
        b"Content-Type: text/plain; charset*=us-ascii''us-ascii\r\n\r\nstill read",
        b"Content-Transfer-Encoding: base64\r\n\r\nc3RpbGwgcmVhZA",
        b"Content-Transfer-Encoding: base64\r\n\r\nc3Rp!!bGwgc  mVhZA==",
        b"Content-Transfer-Encoding: x-unknown\r\n\r\nstill read",
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\nstill=20re=\r\nad",
    ],
)
def test_broken_mail_is_read_as_well_as_it_can_be(raw):
    assert content(raw).text.strip() == "still read"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "Grüße aus Łódź"),
        ("windows-1252", "Grüße – “so”"),
        ("iso-8859-15", "10 €"),
        ("windows-1251", "Добрый день"),
        ("koi8-r", "Добрый день"),
        ("iso-2022-jp", "お世話になります"),
        ("shift_jis", "お世話になります"),
        ("gb18030", "您好"),
        ("big5", "您好"),
        ("euc-kr", "안녕하세요"),
        ("windows-1255", "שלום"),
        ("windows-1256", "مرحبا"),
        ("utf-16", "hello there"),
    ],
)
def test_charsets(charset, text):
    assert content(letter(text, charset=charset)).text == text


def test_a_wrong_charset_gives_way_to_utf_8():
    raw = b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + "Grüße".encode()
    assert content(raw).text == "Grüße"
    latin = b"Content-Type: text/plain\r\n\r\n" + "Grüße".encode("latin-1")
    assert content(latin).text == "Grüße"


def test_flowed_text_is_put_together():
    flowed = letter(
        "One sentence that \r\nis flowed over \r\nthree lines.\r\nAnother line.", parameters="; format=flowed"
    )
    assert [" ".join(line) for line in read_letter(flowed).authored.lines] == [
        "one sentence that is flowed over three lines",
        "another line",
    ]


def test_hard_wrapped_text_is_put_together():
    text = (
        "Our presses have been running in four plants of your size since the spring,\n"
        "and the people there tell us that they would not go back.\n\nShall we talk?"
    )
    lines = read_letter(letter(text)).authored.lines
    assert [len(line) for line in lines] == [26, 3]
