"""A letter's headers on the wire: folded as RFC 5322 has it, read as they were written."""

import email
import email.policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.post.envelope import compose
from auditor.story.words import plain


def on_the_wire(subject: str) -> bytes:
    return compose(
        sender="auditor@example.org",
        recipients=["ops@example.org"],
        subject=subject,
        text="t",
        html="<p>t</p>",
        message_id="<m1@example.org>",
        written_at=0.0,
    ).as_bytes()


def subject_lines(raw: bytes) -> list[bytes]:
    head = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
    first = next(n for n, line in enumerate(head) if line.startswith(b"Subject:"))
    last = next(n for n in range(first + 1, len(head)) if not head[n].startswith((b" ", b"\t")))
    return head[first:last]


words = st.lists(st.text(min_size=1, max_size=30), max_size=12).map(" ".join)


@given(words)
@example("Spike: 832 templated sends to 791 people in 8 days, 1 person of Team North")
@example("Over: at its lowest 0 templated sends within two hours, Team North-Rhine-Westphalia")
@example("Spike: 412 templated sends in the last hour, template “Quarter end: everything must go” and äöü")
@example("x" * 150)
@example("a: b\r\nBcc: everybody@example.org")
@example("=?utf-8?q?=0D=0ABcc=3A?= x")
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    raw = on_the_wire(subject)
    lines = subject_lines(raw)
    assert all(line.isascii() and line.strip() for line in lines)
    assert max(len(line) for line in lines) <= max(
        78, len("Subject: ") + max(map(len, plain(subject).split() or [""]))
    )
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert sorted(read.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
         "MIME-Version", "Content-Type"]
    )  # fmt: skip
    assert str(make_header(decode_header(b"".join(lines).decode()[8:].strip()))) == plain(subject)


def test_a_name_that_looks_like_an_encoded_word_is_a_name() -> None:
    name = "Team =?utf-8?q?x=0D=0ABcc=3A_everybody=40example.org?= y"
    raw = on_the_wire(f"Drop: 0 templated sends in the last two hours, {name}")
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["Bcc"] is None
    assert read["Subject"].endswith(name)


@pytest.mark.parametrize("length", range(60, 90))
def test_the_first_words_stand_beside_the_name(length: int) -> None:
    subject = ("Spike: 412 templated sends to 398 people in the last hour, Team North-East of the river x")[
        :length
    ]
    first = subject_lines(on_the_wire(subject))[0]
    assert first.startswith(b"Subject: Spike: 412 templated sends")
