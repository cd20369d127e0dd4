"""Cases: a seed and a number give always the same bytes, so a finding needs no more than these two."""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
MOST_BYTES = 64 * 1024
"""Of nearly every case; one in `RARELY` grows up to `LARGE_BYTES`."""
LARGE_BYTES = 512 * 1024
RARELY = 1_000

WEIGHTS = {
    "mail": 45, "html": 15, "imap": 15, "mbox": 6, "config": 4, "people": 5, "events": 5,
    "http": 2, "control": 3,
}  # fmt: skip
"""How often each reader has its turn."""

NASTY = (
    b"\0 \xff \xfe\xff \xef\xbb\xbf \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \r \n \r\n \r\n\r\n \n\n \t \x0b"
    b" \x0c \x1b[31m \xe2\x80\xa8 \xe2\x80\xae \xe2\x80\x8b \xcc\x81 \xef\xb7\xba \xd9\xa1"
    b" ' \" ''' \\ / < > </ <!-- --> <![CDATA[ & &#x1f; &#0; ; : , ( ) [ ] { } {3} {99999999999999999999}"
    b" {-1} ~{1} = =? ?= =?utf-8?q?=0A?= =?x?b?====?= =\r\n =3D =ZZ @ @@ % %s %00 ${x} {{ }} * + - -- --b _"
    b" NIL nil 0 -0 1 -1 00 0x10 1e999 -1e308 nan NaN inf 4294967296 9223372036854775808 1_000"
    b" 99999999999999999999999999 true null [] {} [[ ]] # wrote: Re: Subject: Content-Type: Content-Length:"
    b" Transfer-Encoding: chunked boundary= charset=utf-7 charset=utf-16 charset=idna charset=zlib"
    b" charset=hex base64 quoted-printable x-uuencode multipart/mixed message/rfc822 text/html"
).split(b" ")
NASTY += [b" ", b"\nFrom ", b"\n>From ", b"\nOn "]
NASTY += [b"9" * 5_000, b"a" * 5_000, b"(" * 300, b"[" * 300, b"<b>" * 500, b"\n>" * 300, b"{" * 1_500]

_WORD = re.compile(rb"[A-Za-z0-9_.@-]+|[^A-Za-z0-9_.@-]")


@dataclass(frozen=True, slots=True)
class Case:
    """What one reader is given."""

    number: int
    reader: str
    data: bytes


def case(seed: int, number: int, readers: Iterable[str] = WEIGHTS) -> Case:
    """The case of this number."""
    dice = random.Random(f"{seed}/{number}")
    names = list(readers)
    reader = dice.choices(names, [WEIGHTS[name] for name in names])[0]
    seeds = corpus(reader)
    data = dice.choice(seeds)
    large = dice.randrange(RARELY) == 0
    for _ in range(dice.choice((1, 1, 2, 3, 5, 8, 13))):
        data = dice.choice(_CHANGES)(dice, data, reader)
        if len(data) > MOST_BYTES:
            data = data[:MOST_BYTES]
    if large:
        data = _grown(dice, data)
    return Case(number, reader, data)


@cache
def corpus(reader: str) -> tuple[bytes, ...]:
    """What is kept for a reader."""
    return tuple(path.read_bytes() for path in sorted((CORPUS / reader).iterdir()))


@cache
def _words(reader: str) -> tuple[bytes, ...]:
    """The words and lines of a reader's corpus, and what has been trouble elsewhere."""
    found = {word for data in corpus(reader) for word in _WORD.findall(data)}
    found |= {line + b"\n" for data in corpus(reader) for line in data.split(b"\n") if len(line) < 200}
    return (*sorted(found), *NASTY)


def _span(dice: random.Random, data: bytes) -> tuple[int, int]:
    """A piece of the data: short ones are the rule."""
    start = dice.randrange(len(data) + 1)
    return start, min(len(data), start + dice.choice((0, 1, 1, 2, 4, 16, 64, 512)))


def _insert(dice: random.Random, data: bytes, reader: str) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(_words(reader)) + data[at:]


def _insert_nasty(dice: random.Random, data: bytes, _reader: str) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(NASTY) + data[at:]


def _replace(dice: random.Random, data: bytes, reader: str) -> bytes:
    start, end = _span(dice, data)
    return data[:start] + dice.choice(_words(reader)) + data[end:]


def _replace_word(dice: random.Random, data: bytes, reader: str) -> bytes:
    """A whole word becomes another: numbers, names of fields, atoms."""
    word = _WORD.search(data, dice.randrange(len(data) + 1))
    if word is None:
        return data
    return data[: word.start()] + dice.choice(_words(reader)) + data[word.end() :]


def _remove(dice: random.Random, data: bytes, _reader: str) -> bytes:
    start, end = _span(dice, data)
    return data[:start] + data[end:]


def _repeat(dice: random.Random, data: bytes, _reader: str) -> bytes:
    start, end = _span(dice, data)
    return data[:end] + data[start:end] * dice.choice((1, 2, 7, 50, 400)) + data[end:]


def _flip(dice: random.Random, data: bytes, _reader: str) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 4, 30))):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _cut(dice: random.Random, data: bytes, _reader: str) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _cross(dice: random.Random, data: bytes, reader: str) -> bytes:
    other = dice.choice(corpus(reader))
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


def _swap_lines(dice: random.Random, data: bytes, _reader: str) -> bytes:
    lines = data.split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


_CHANGES: tuple[Callable[[random.Random, bytes, str], bytes], ...] = (
    _insert, _insert, _insert_nasty, _replace, _replace_word, _replace_word,
    _remove, _repeat, _flip, _cut, _cross, _swap_lines,
)  # fmt: skip


def _grown(dice: random.Random, data: bytes) -> bytes:
    """A large one: a piece of it again and again."""
    start, end = _span(dice, data)
    piece = data[start:end] or b"a"
    return (data[:end] + piece * (LARGE_BYTES // len(piece)) + data[end:])[:LARGE_BYTES]
