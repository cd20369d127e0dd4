"""Mail made or broken so that reading it fails or takes for ever. Limits are far above what is needed."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.message.html import visible_lines
from auditor.message.reading import outgoing, read, read_headers
from auditor.message.values import Authored, Headers, Outgoing, Skipped
from auditor.people import People
from tests.message.letters import NOON, OURS

EVERYBODY = People.of({"test"})
HEAD = (
    b"From: Mira Holt <mira@northwind-tools.test>\nTo: Otto <o@orchard.test>\nMessage-ID: <1@x.test>\n"
    b"Date: Mon, 03 May 2027 12:00:00 +0000\n"
)
SIZE = 1_000_000
SECONDS = 10.0  # each takes under 1.5 s on one slow core


def long(text: str) -> bytes:
    return (text * (SIZE // len(text) + 1))[:SIZE].encode()


def finishes(raw: bytes) -> None:
    started = time.process_time()
    assert isinstance(outgoing(raw, NOON, OURS), Outgoing | Skipped)
    assert time.process_time() - started < SECONDS


PIECES = [
    *(
        "a",
        ">",
        "> ",
        "On ",
        "On 1 ",
        "On 2027 a@b.test wrote ",
        "On 1 wrote:\n",
        ">> On 1 a@b.test wrote:\n",
        ":",
    ),
    *(
        "From: a\nSent: b\nTo: c\n",
        "-- \n",
        "-",
        "_",
        "{{",
        "{{a ",
        "[",
        "[first ",
        "<<",
        "%A",
        "*|",
        "${",
        "a@",
        "a.",
    ),
    *(
        "a@b.",
        "http://",
        "1,",
        "a'",
        "unsubscribe ",
        "confidential ",
        "Best,\n",
        "Mira\n",
        "p.s. ",
        "\n",
        "\t",
        "аa ",
    ),
    *("漢", "ก", "a\u200b", "\u202e", "Am 1 schrieb ", "1 2 3 ", "()", "Sent from my ", "May 1 ", "?!"),
]
MARKUP = [
    *(
        "<div>",
        "<b>",
        "<p>",
        "<b><p>",
        "<table><tr><td>",
        "<a href=x>",
        "<font size=1>",
        "<blockquote>",
        "<",
        "</",
    ),
    *(
        "<style>a{",
        "<style>a{display:none}</style>",
        "<!--",
        "<div style='display:none'>x</div>",
        "<svg>",
        "&nbsp;",
        "&",
    ),
    *(
        "<span a>x</div>",
        "<b>x</p>",
        "<option>x</selt>",
        "<a b=c></i>x",
        "<div style='font-size:0'><p>x</p></div>",
        "<div style='color:#fff'>",
        "<div class=gmail_quote>x</div>",
        "<pre>a\n",
    ),
    *("<select>", "<template>", "<span style='color:white'>x</span>", "<br>", "<object>", "<form>", "<li>"),
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("answers", [b"", b"In-Reply-To: <z@z.test>\n"])
def test_a_megabyte_of_plain_text(piece, answers):
    finishes(HEAD + answers + b"Content-Type: text/plain; charset=utf-8\n\n" + long(piece))


@pytest.mark.parametrize("piece", MARKUP)
def test_a_megabyte_of_html(piece):
    finishes(HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + long(piece))


@pytest.mark.parametrize("name", [b"From", b"To", b"Subject", b"References", b"Date", b"Content-Type"])
@pytest.mark.parametrize(
    "piece", ["(", "a,", "<", "=?utf-8?q?a?= ", '"', "a@b.test, ", ";a=b", "<a@b.test> ", "fwd: ", "[", "\\"]
)
def test_a_megabyte_of_one_header_field(name, piece):
    finishes(name + b": " + long(piece) + b"\n" + HEAD + b"\nhello")
    finishes(HEAD + name + b": " + long(piece) + b"\n\nhello")


@pytest.mark.parametrize("name", [b"From", b"To", b"Bcc", b"Subject", b"Date", b"Content-Type"])
@pytest.mark.parametrize("before", [b"a@b.test,", b"Otto", b'"Otto"', b"<", b"<a@b.test", b"=?utf-8?q?"])
def test_a_long_run_of_blanks_in_a_header_field(name, before):
    finishes(name + b": x," + before + b" " * 60_000 + b"!,\n" + HEAD + b"\nhello")


@pytest.mark.parametrize(
    "line",
    [
        "- {}:",
        "{}x:",
        "Begin forwarded message{}x:",
        "-- forwarded message{}x-",
        "Dear null{}x",
        "schrieb {}x:",
    ],
)
def test_a_long_run_of_blanks_in_a_line(line):
    text = "\n".join(line.format(" " * blanks) for blanks in (70, 150, 300, 190_000))
    finishes(HEAD + b"In-Reply-To: <z@z.test>\n\n" + text.encode() + b"\n> quoted\n")


@pytest.mark.parametrize("name", [b"From", b"To", b"Cc", b"Bcc"])
def test_a_domain_of_a_hundred_thousand_labels_is_no_address(name):
    field = name + b": Otto <o@" + b"2." * 100_000 + b"test>\n"
    finishes(field + HEAD + b"\nhello")
    finishes(HEAD + field + b"\nhello")


@pytest.mark.parametrize("end", ["\r", "\n", "\x0b", "\u2028", "\n\n"])
def test_two_hundred_thousand_lines(end):
    began = time.process_time()
    finishes(HEAD + b"Content-Type: text/plain; charset=utf-8\n\nhello" + (end * 200_000).encode())
    assert time.process_time() - began < 2


@pytest.mark.parametrize("rule", ["opacity:{}x", "width:0{}x", "opacity:0{}%{}x", ";{}opacity{}"])
def test_a_long_run_of_blanks_in_a_style_sheet(rule):
    written = f"<style>p {{{rule.replace('{}', ' ' * 90_000)}}}</style><p>hello"
    finishes(HEAD + b"Content-Type: text/html\n\n" + written.encode())
    finishes(HEAD + b"Content-Type: text/html\n\n<p style='" + written[9:].encode() + b"'>hello")


@pytest.mark.parametrize(
    "rest",
    [
        b"".join(b"X-%d: y\n" % n for n in range(100_000)) + b"\nhello",
        b"Subject: x" + b"\n a" * 300_000 + b"\n\nhello",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bb\n\nx\n" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 100_000 + b"\n\n" + b"--b\n\nx\n" * 20_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"@#" * 500_000,
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 500_000,
        b"Content-Type: text/plain; charset=utf-7\n\n" + b"+" * 1_000_000,
        b"Content-Type: text/html\n\n<style>"
        + b"div p ~ p {display:none}" * 10_000
        + b"</style>"
        + b"<p>x" * 30_000,
        b"Content-Type: text/html\n\n" + b"".join(b"<b a=%d><p>" % n for n in range(50_000)),
    ],
    ids=range(12),
)
def test_hostile_structures(rest):
    finishes(HEAD + rest)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
@example(b"From: \xff\nTo: \xff\n\n\xff")
@example(b"From: a@test\nTo: b@test\nMessage-ID: <a@[b\nDate: Thu, 1 Jan 0000 00:00:00 +9999\n\nx")
@example(b"From: =?utf-16?b?//8=?= <a@test>\nTo: =?x?q?=?= <b@test>\nSubject: =?utf-8?b?a?=\n\nx")
def test_no_bytes_raise(raw):
    assert isinstance(outgoing(raw, None, EVERYBODY, read_internal=True, archive=True), Outgoing | Skipped)
    headers = read_headers(raw)
    assert isinstance(headers, Headers | Skipped)
    if isinstance(headers, Headers):
        assert isinstance(read(raw, headers, EVERYBODY), Authored)


VALUES = st.one_of(
    st.binary(max_size=80), st.sampled_from([b"a@test", b"B <b@test>, c@test", b"=?utf-8?q?=41?= <x@y.test>"])
)
NAMES = st.sampled_from(
    b"From To Cc Bcc Subject Date Message-ID References In-Reply-To Content-Type"
    b" Content-Transfer-Encoding Auto-Submitted".split()
)
KINDS = st.sampled_from(
    [
        b"text/plain",
        b"text/html; charset=utf-8",
        b"multipart/mixed; boundary=b",
        b"text/plain; charset=utf-16",
        b"text/calendar",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), KINDS, st.binary(max_size=400))
def test_no_headers_raise(fields, kind, body):
    head = b"".join(name + b": " + value.replace(b"\n\n", b"") + b"\n" for name, value in fields)
    raw = (
        b"From: a@test\nTo: b@test\nDate: 3 May 2027 10:00 +0000\nContent-Type: "
        + kind
        + b"\n"
        + head
        + b"\n"
        + body
    )
    found = outgoing(raw, NOON, EVERYBODY, read_internal=True)
    assert isinstance(found, Outgoing | Skipped)


FRAGMENTS = st.sampled_from(
    [
        *(
            "<div>",
            "</div>",
            "<p hidden>",
            "</p>",
            "<table>",
            "<td>",
            "</table>",
            "<b>",
            "</b>",
            "<blockquote>",
            "<pre>",
        ),
        *(
            "<div style='display:none'>",
            "<div style='font-size:0'>",
            "<span style='color:#fff'>",
            "<style>",
            "</style>",
        ),
        *(
            "<div class=gmail_quote>",
            "<div class=gmail_signature>",
            "<div id=divRplyFwdMsg>",
            "<svg>",
            "<template>",
            "<body>",
        ),
        *(
            "</body>",
            "<object>",
            "</object>",
            "<!--",
            "-->",
            "text",
            "\n",
            "&#17;",
            "<select><option>",
            "<head>",
            "<html>",
        ),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(FRAGMENTS, max_size=60))
def test_no_markup_raises_or_kills_the_process(fragments):
    assert all("\x1f" not in line.text for line in visible_lines("".join(fragments)))


@given(st.text(alphabet="abcdefghijklmnop qrstuvwxyz", min_size=1, max_size=300))
def test_any_words_come_back(text):
    raw = HEAD + b"Content-Type: text/plain; charset=utf-8\n\nzz " + text.encode()
    found = outgoing(raw, NOON, OURS)
    assert isinstance(found, Outgoing)
    if not {"mira", "holt", "otto", "orchard"} & set(text.split()) and text.split()[-1:] != ["mira"]:
        assert [word for line in found.authored.lines for word in line] == ["zz", *text.split()]


def test_canary_no_text_of_a_mail_is_in_what_is_skipped():
    found = outgoing(HEAD.replace(b"northwind-tools", b"canary-4711") + b"\ncanary-4711", NOON, OURS)
    assert "canary" not in repr(found)
