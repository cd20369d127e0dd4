"""Bytes -> responses, however they are cut, within limits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.mailbox.protocol.receiver import LimitExceeded, Limits, Receiver

ATOM = st.text("abc {}()\\", max_size=12).map(str.encode).filter(lambda t: not t.endswith(b"}"))
RESPONSE = st.lists(st.binary(max_size=40), max_size=3).flatmap(
    lambda literals: st.tuples(*(ATOM for _ in range(len(literals) + 1))).map(
        lambda texts: (
            b"* 1 FETCH " + texts[0],
            *(x for pair in zip(literals, texts[1:], strict=True) for x in pair),
        )
    )
)


def written(response):
    text = b""
    for index, part in enumerate(response):
        text += part if index % 2 == 0 else b"{%d}\r\n%s" % (len(part), part)
    return text + b"\r\n"


@given(st.lists(RESPONSE, max_size=6), st.lists(st.integers(1, 30), min_size=1))
def test_responses_are_the_same_however_they_arrive(responses, cuts):
    data = b"".join(map(written, responses))
    receiver, received, position = Receiver(), [], 0
    while position < len(data):
        size = cuts[len(received) % len(cuts)]
        received += receiver.feed(data[position : position + size])
        position += size
    assert received == responses


def test_what_looks_like_a_literal_in_words_for_people_is_none():
    lines = [b"* OK see {5}", b"A1 OK done {7}", b"+ go {3}", b'* LIST () "/" "a {9}"']
    assert list(Receiver().feed(b"".join(line + b"\r\n" for line in lines))) == [(line,) for line in lines]


def test_limits_of_line_literal_and_reply():
    receiver = Receiver()
    receiver.begin(Limits(line=1000, literal=1000, total=5000))
    with pytest.raises(LimitExceeded, match="announced 2147483648"):
        list(receiver.feed(b"* 1 FETCH (BODY[] {2147483648}\r\n"))
    receiver = Receiver()
    receiver.begin(Limits(line=1000))
    with pytest.raises(LimitExceeded, match="line"):
        list(receiver.feed(b"* " + b"x" * 2000))
    receiver = Receiver()
    receiver.begin(Limits(total=5000))
    assert len(list(receiver.feed(b"* 1 EXISTS\r\n" * 400))) == 400
    with pytest.raises(LimitExceeded, match="reply"):
        list(receiver.feed(b"* 1 EXISTS\r\n" * 400))


def test_a_long_line_in_small_pieces_takes_linear_time():
    def seconds(pieces):
        receiver = Receiver()
        receiver.begin(Limits(line=1 << 30, total=1 << 30))
        start = time.process_time()
        for _ in range(pieces):
            list(receiver.feed(b"x" * 100))
        return time.process_time() - start

    seconds(1000)
    assert seconds(40_000) < 30 * max(seconds(4_000), 0.001)
