"""Whose words a text is made of: the reader's or our own; and what it claims, asks and leans on.

Counting words of open lists, in five languages; no model, and nothing is concluded from it. Wording as it is
kept has neither capitals nor punctuation, so a question is known by how it begins, and ease of reading by the
share of long words (the part of LIX that needs no sentences: C.-H. Björnsson, Läsbarhet, 1968).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from auditor.answer.lexicons import LEXICONS

LONG_WORD = 7
"""Letters; Björnsson's long words have more than six."""

ENOUGH_WORDS = 15
SHOWN_WORDS = 6
_COMMON = 0.12  # of all words, from which share on a language is recognised
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MASK = re.compile(r"‹[^‹›]{0,40}›|…")


@dataclass(frozen=True, slots=True)
class Focus:
    """What one text is made of. The tuples hold the words that drove it, the most frequent first."""

    language: str
    words: int
    reader: tuple[tuple[str, int], ...]
    own: tuple[tuple[str, int], ...]
    proof: tuple[str, ...]
    claims: tuple[str, ...]
    questions: int
    long_words: int

    @property
    def on_reader(self) -> float | None:
        """Of the words about either side, those about the reader: 0..1; None where there are none."""
        reader, own = sum(n for _, n in self.reader), sum(n for _, n in self.own)
        return reader / (reader + own) if reader + own else None

    @property
    def long_share(self) -> float:
        """Of all words those of seven letters and more, 0..1."""
        return self.long_words / self.words


def focus(text: str, company: str = "") -> Focus | None:
    """Whose words a text is made of; None where it is too short or in none of the languages.

    Args:
        text: wording in clear; masks and slots are left out.
        company: our own name, whose words count as ours.
    """
    words = _WORD.findall(_MASK.sub(" ", text).lower().replace("’", "'"))
    language = language_of(words)
    if language is None or len(words) < ENOUGH_WORDS:
        return None
    lexicon = LEXICONS[language]
    ours = lexicon.own | _company(company)
    joined = f" {' '.join(words)} "
    return Focus(
        language,
        len(words),
        _driving(word for word in words if word in lexicon.reader),
        _driving(word for word in words if word in ours),
        tuple(phrase for phrase in lexicon.proof if f" {phrase} " in joined)[:SHOWN_WORDS],
        tuple(dict.fromkeys(word for word in words if word in lexicon.claims))[:SHOWN_WORDS],
        sum(joined.count(f" {phrase} ") for phrase in lexicon.questions),
        sum(len(word) >= LONG_WORD for word in words),
    )


def language_of(words: Iterable[str]) -> str | None:
    """The language whose everyday words a text has most of; None where it has hardly any."""
    counted = Counter(words)
    total = sum(counted.values())
    found = {name: sum(counted[word] for word in one.common) for name, one in LEXICONS.items()}
    best = max(found, key=lambda name: found[name])
    return best if total and found[best] >= _COMMON * total else None


@dataclass(frozen=True, slots=True)
class Sides:
    """Words about either side in many texts, counted and not read."""

    texts: int
    reader: int
    own: int

    @property
    def on_reader(self) -> float | None:
        """0..1; None where there are none."""
        return self.reader / (self.reader + self.own) if self.reader + self.own else None


def count_sides(
    kept: Iterable[tuple[str, Sequence[int]]], number: Callable[[str], int], least_senders: int
) -> Sides | None:
    """Count both sides' words in texts that are kept as keyed words, all of them together.

    Args:
        kept: the sender of each text, and its words.
        number: the keyed form of a word.
        least_senders: of fewer nothing is said: it would be told of them.
    """
    lists = [
        tuple(frozenset(map(number, words)) for words in (one.common, one.reader, one.own))
        for one in LEXICONS.values()
    ]
    senders: set[str] = set()
    texts = reader = own = 0
    for sender, words in kept:
        found, about_reader, about_us = max(lists, key=lambda one: sum(word in one[0] for word in words))
        if sum(word in found for word in words) < _COMMON * len(words) or not words:
            continue
        senders.add(sender)
        texts += 1
        reader += sum(word in about_reader for word in words)
        own += sum(word in about_us for word in words)
    return Sides(texts, reader, own) if len(senders) >= least_senders else None


def _driving(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(words).most_common())


def _company(name: str) -> frozenset[str]:
    """The first word of our name, unless it is a short one: the rest is Ltd, GmbH, Group."""
    words = _WORD.findall(name.lower())
    return frozenset(words[:1]) if words and len(words[0]) > 3 else frozenset()
