"""Invented sends for the tests: a small vocabulary of sentences, keyed like real ones."""

import hashlib
import random
from collections.abc import Iterable

from auditor.pseudonyms import Pseudonyms, mark
from auditor.template.values import KeyedSend
from auditor.vocabulary import Direction, Kind

DAY = 86_400.0
KEY = Pseudonyms(bytes(range(32)))


def words_of(text: str) -> tuple[int, ...]:
    """Key a text of lines; "‹name›" and the other masks stand for themselves."""
    lines = [line.lower().replace(",", " ").replace(".", " ").split() for line in text.splitlines()]
    return KEY.words(tuple(tuple(line) for line in lines if line))


def digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def send(
    number: int,
    text: str,
    *,
    to: Iterable[str] = ("ann@one.example",),
    day: float = 0.0,
    kind: Kind = Kind.NEW,
    sender: str = "rep@our.example",
    direction: Direction = Direction.EXTERNAL,
    bcc: int = 0,
) -> KeyedSend:
    """One send; an organisation is the domain."""
    words = words_of(text)
    to = tuple(to)
    return KeyedSend(
        id=number,
        identity=digest(f"{number} {sender}"),
        sender=mark(digest(sender)),
        sent_at=1_700_000_000.0 + day * DAY,
        direction=direction,
        kind=kind,
        recipients=tuple(digest(address) for address in to),
        organisations=tuple(digest(address.split("@")[1]) for address in to),
        bcc=bcc,
        words=words,
        short=sum(1 for word in words if word) < 15,
    )


def person(number: int) -> str:
    """A recipient; every one in an organisation of its own."""
    return f"p{number}@firm{number}.example"


def prose(seed: int, words: int = 60, vocabulary: int = 1500) -> str:
    """Text of one's own: words drawn with a language's skew, eight to a line."""
    draw = random.Random(seed)
    drawn = [f"w{int(vocabulary ** draw.random())}" for _ in range(words)]
    return "\n".join(" ".join(drawn[start : start + 8]) for start in range(0, words, 8))
