"""The own reading of headers and parts against Python's `email`, on mails that are odd but readable."""

import email
import email.policy
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.message import fields as header
from auditor.message import mime

HEADERS = {
    "plain": b"From: Mira <mira@tools.test>\nTo: otto@orchard.test\nSubject: A press\n",
    "folded": b"From: Mira\n <mira@tools.test>\nTo: a@orchard.test,\n\tb@orchard.test\nSubject: A\n press\n",
    "CRLF": b"From: Mira <mira@tools.test>\r\nTo: a@orchard.test,\r\n b@lake.test\r\nSubject: A\r\n B\r\n",
    "spelling": b"FROM: mira@tools.test\nto: otto@orchard.test\nsUbJeCt: A press\n",
    "quoted names": b'From: "Holt, Mira" <mira@tools.test>\nTo: "O. <B>" <o@orchard.test>\nSubject: x\n',
    "comments": b"From: mira@tools.test (Mira Holt)\nTo: o@orchard.test (the (other) Otto)\nSubject: x\n",
    "group": b"From: mira@tools.test\nTo: Hall: a@orchard.test, b@orchard.test;\nSubject: x\n",
    "encoded words": (
        b"From: =?utf-8?B?TcOtcmE=?= <mira@tools.test>\nTo: =?iso-8859-1?Q?J=F6rg?= <j@orchard.test>\n"
        b"Subject: =?utf-8?Q?Eine_?=\n =?utf-8?Q?gr=C3=BCne?= Presse\n"
    ),
    "empty": b"From: mira@tools.test\nTo: o@orchard.test\nSubject:\n",
    "colons": b"From: mira@tools.test\nTo: o@orchard.test\nSubject: a: b: c\n",
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(name: str) -> None:
    theirs = email.message_from_bytes(HEADERS[name])
    ours = header.fields(HEADERS[name])
    for field in ("from", "to"):
        found = header.addresses(ours[field])
        expected = getaddresses([str(value) for value in theirs.get_all(field, [])])
        assert [one.address for one in found] == [address.lower() for _, address in expected]
    assert header.decoded(ours["subject"][0]) == str(
        email.header.make_header(email.header.decode_header(" ".join(str(theirs["subject"]).split())))
    )


PARTS = {
    "one": b"Content-Type: text/plain; charset=utf-8\n\nA gr\xc3\xbcn press.\n",
    "no type": b"Subject: x\n\nA press.\n",
    "latin": b"Content-Type: text/plain; charset=iso-8859-1\n\nA gr\xfcn press.\n",
    "base64": b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64\n"
    b"\nQSBw\ncmVzcy4=\n",
    "quoted": b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
    b"A gr=C3=BCn =\npress.\n",
    "alternative": b"Content-Type: multipart/alternative; boundary=b\n\npreamble\n--b\n"
    b"Content-Type: text/plain\n\n\n--b\nContent-Type: text/html\n\n<p>A press.</p>\n--b--\nepilogue\n",
    "nested": b'Content-Type: multipart/mixed; boundary="a b"\n\n--a b\nContent-Type: multipart/related;'
    b" boundary=c\n\n--c\nContent-Type: text/html; charset=utf-8\n\n<p>A press.</p>\n--c--\n--a b\n"
    b"Content-Type: application/pdf\nContent-Disposition: attachment\n\nxxxx\n--a b--\n",
    "no header": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA press.\n--b--\n",
    "similar": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA --b press\n--bb is no end.\n--b--\n",
    "not closed": b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nA press.\n",
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_the_text_that_is_shown(name: str, ends: bytes) -> None:
    raw = PARTS[name].replace(b"\n", ends)
    theirs = email.message_from_bytes(raw, policy=email.policy.default)
    body = theirs.get_body(preferencelist=("html", "plain"))
    assert body is not None
    block, text = header.split(raw)
    found = mime.content(header.fields(block), text)
    assert found.text.split() == body.get_content().split()
    assert found.html == (body.get_content_type() == "text/html")


@given(
    st.integers(31_622_400, 7_258_118_400),
    st.integers(-13 * 60, 13 * 60),
    st.booleans(),
)
def test_dates(seconds: int, offset: int, named: bool) -> None:
    when = datetime.fromtimestamp(seconds, UTC)
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}{abs(offset) % 60:02}"
    written = f"{when:%a, %d %b %Y %H:%M:%S} {zone}{' (CET)' if named else ''}"
    expected = parsedate_to_datetime(written)
    expected = expected if expected.tzinfo else expected.replace(tzinfo=UTC)
    assert header.date([written]) == expected.astimezone(UTC)
