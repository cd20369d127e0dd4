"""The pieces of IMAP's grammar, against RFC 3501's own examples and invented input."""

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.mailbox.protocol.grammar import (
    Malformed,
    decode_name,
    encode_name,
    fetched,
    internal_date,
    number,
    parse,
    quote,
    uid_set,
)

TEXT = st.text(st.characters(exclude_categories=("Cs",)))


def test_the_rfcs_example_of_modified_utf7():
    assert encode_name("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert decode_name(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-") == "~peter/mail/台北/日本語"


@given(TEXT)
def test_names_survive_encoding(name):
    written = encode_name(name)
    assert all(" " <= c <= "~" for c in written)
    assert decode_name(written.encode("ascii")) == name


@pytest.mark.parametrize("raw", [b"Bo\xc3\xaete", b"A&B", b"&!!!-", b"&AA-", b"\xff\xfe"])
def test_names_that_are_not_utf7_are_still_names(raw):
    assert decode_name(raw)


@given(TEXT.filter(lambda text: not set(text) & {"\0", "\r", "\n"}))
def test_quoted_strings_survive(text):
    assert parse([quote(text).encode()]) == [text.encode()]


@given(st.lists(st.integers(1, 5000), unique=True).map(sorted))
def test_uid_sets_name_exactly_the_uids(uids):
    named = []
    for span in filter(None, uid_set(uids).split(",")):
        first, _, last = span.partition(":")
        named += range(int(first), int(last or first) + 1)
    assert named == uids


def test_brackets_in_strings_and_literals_are_text():
    item = fetched(
        (b'* 9 FETCH (UID 4 X ":(" FLAGS (\\Seen) BODY[HEADER.FIELDS (TO CC)]<0> ', b"a) (b", b")")
    )
    assert item == {
        b"UID": b"4",
        b"X": b":(",
        b"FLAGS": [b"\\Seen"],
        b"BODY[HEADER.FIELDS (TO CC)]<0>": b"a) (b",
    }


@given(st.binary(max_size=200))
def test_any_line_is_parsed_or_refused(data):
    with contextlib.suppress(Malformed):
        parse([data])


def test_deep_nesting_is_refused():
    with pytest.raises(Malformed):
        parse([b"(" * 10_000 + b")" * 10_000])


def test_internal_dates():
    assert internal_date(b" 7-Jul-1996 02:44:25 -0700") == datetime(1996, 7, 7, 9, 44, 25, tzinfo=UTC)
    for wrong in (b"", b"7-Foo-1996 02:44:25 -0700", b"31-Feb-2020 00:00:00 +0000", None):
        with pytest.raises(Malformed):
            internal_date(wrong)


@pytest.mark.parametrize("text", [b"&" * 1_000_000, b"&a" * 500_000, b"&AA" * 300_000, b"&-" * 500_000])
def test_a_name_of_a_megabyte_is_read_in_a_moment(text):
    began = time.thread_time()
    decode_name(text)
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("value", [b"", b"-1", b"1a", b"9" * 19, b"9" * 5_000, None, [b"1"], "٣".encode()])
def test_what_is_no_number_is_none(value):
    assert number(value) is None
    assert number(b"4294967295") == 4_294_967_295
