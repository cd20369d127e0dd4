"""Template families of the benchmark corpus, and what tools and people do to a template's text."""

import random
import re
from dataclasses import dataclass

from tests.benchmarks import corpus_texts as texts

_SYMBOL = re.compile(r"\{(\w+)\}")
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060"
_HOMOGLYPHS = str.maketrans("aeopcxyi", "аеорсхуі")


@dataclass(frozen=True)
class Family:
    """One template: sentences, each with its paraphrases, of which the first is the template's own.

    `spun` names the sentences that a tool varies from mail to mail (spintax), `halves` that of an A/B test.
    """

    id: str
    subject: str
    sentences: tuple[tuple[str, ...], ...]
    spun: frozenset[int]
    halves: int | None

    def plain(self, person: dict[str, str], half: int, dice: random.Random) -> list[str]:
        """The sentences for one recipient, as the sending tool fills them in."""
        found = []
        for place, ways in enumerate(self.sentences):
            way = dice.randrange(2) if place in self.spun else 0
            if place == self.halves:
                way = half
            found.append(texts.fill(ways[way % len(ways)], dice, person))
        return found


def family(number: int, kind: str, dice: random.Random) -> Family:
    """A family of its own topic; `kind` is `campaign`, `step` (of a sequence), `canned`, or `tool`.

    What a tool re-words has no sentence in one wording only.
    """
    topic = {name: dice.choice(values) for name, values in texts.TOPICS.items()}
    if kind == "canned":
        groups = dice.sample(texts.CANNED, dice.randrange(3, 5))
    elif kind == "step":
        groups = [*dice.sample(texts.VALUES, 1), *dice.sample(texts.PROOFS, dice.randrange(0, 2))]
        groups += dice.sample(texts.ASKS, 1)
    else:
        groups = [
            *dice.sample(texts.OPENINGS, dice.randrange(1, 3)),
            *dice.sample(texts.VALUES, dice.randrange(1, 4)),
            *dice.sample(texts.PROOFS, dice.randrange(0, 3)),
            *dice.sample(texts.ASKS, dice.randrange(1, 3)),
        ]
    sentences = [_filled(group, topic, dice) for group in groups]
    for _ in range(
        0 if kind == "tool" else dice.randrange(1, 4)
    ):  # sentences that only this template has, in one wording
        sentences.insert(dice.randrange(1, len(sentences)), (texts.sentence(dice),))
    several = [place for place, ways in enumerate(sentences) if len(ways) > 1]
    roll = dice.random()
    spun = frozenset(dice.sample(several, min(len(several), 2))) if roll < 0.25 else frozenset()
    halves = dice.choice(several) if roll > 0.85 else None
    return Family(
        f"f{number:03d}-{kind}", texts.fill("{noun} and {noun}", dice), tuple(sentences), spun, halves
    )


def _filled(group: tuple[str, ...], topic: dict[str, str], dice: random.Random) -> tuple[str, ...]:
    """Fill all ways of one sentence with the same things, in the order in which each names them."""
    drawn: dict[tuple[str, int], str] = {}

    def way(text: str) -> str:
        seen: dict[str, int] = {}

        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name in topic:
                return topic[name]
            if name not in texts.RULES:
                return found[0]
            seen[name] = place = seen.get(name, 0) + 1
            return drawn.setdefault((name, place), texts.expand(name, dice))

        return _SYMBOL.sub(one, text)

    return tuple(way(text) for text in group)


# ---- what people do


def lightly_edited(sentences: list[str], dice: random.Random) -> tuple[list[str], int]:
    """A sentence dropped, or a few words changed; and how many words were written for this one."""
    edited = list(sentences)
    if len(edited) > 3 and dice.random() < 0.3:
        del edited[dice.randrange(1, len(edited) - 1)]
        return edited, 0
    words = edited[place := dice.randrange(len(edited))].split()
    at = dice.randrange(len(words))
    new = texts.fill(dice.choice(["{adj}", "{adverb}", "the {noun}"]), dice).split()
    edited[place] = " ".join([*words[:at], *new, *words[at + 1 :]])
    return edited, len(new)


def tailored(sentences: list[str], dice: random.Random) -> tuple[list[str], int]:
    """Passages written by hand put in (or in place of a sentence); and how many words they have."""
    edited = list(sentences)
    total = sum(len(one.split()) for one in edited)
    own = 0
    for _ in range(dice.choice([1, 1, 1, 2])):
        text = texts.passage(dice, max(10, int(total * dice.choice([0.15, 0.25, 0.4, 0.7]))))
        place = dice.choice([0, 0, dice.randrange(len(edited)), len(edited)])
        if dice.random() < 0.3 and len(edited) > 2 and place < len(edited):
            edited[place] = text
        else:
            edited.insert(place, text)
        own += len(text.split())
    return edited, own


# ---- what tools do


def reworded(made: Family, person: dict[str, str], strength: str, dice: random.Random) -> list[str]:
    """A tool's own wording of every mail. `strength`: light, medium, or full."""
    swap, other_way = {"light": (0.15, 0.0), "medium": (0.35, 0.4), "full": (0.7, 0.9)}[strength]
    found = []
    for ways in made.sentences:
        way = dice.choice(ways[1:] or ways) if dice.random() < other_way else ways[0]
        found.append(_synonyms(texts.fill(way, dice, person), swap, dice))
    if strength == "full" and len(found) > 3:
        inner = found[1:-1]
        dice.shuffle(inner)
        found[1:-1] = inner
    return found


def _synonyms(text: str, swap: float, dice: random.Random) -> str:
    def one(word: str) -> str:
        bare = word.rstrip(".,?!").lower()
        others = texts.SYNONYMS.get(bare)
        if not others or dice.random() >= swap * 2:  # about half of the words have a synonym in the table
            return word
        other = dice.choice(others)
        return (other[0].upper() + other[1:] if word[0].isupper() else other) + word[len(bare) :]

    return " ".join(map(one, text.split()))


def with_zero_width(text: str, dice: random.Random) -> str:
    """Invisible characters inside a third of the words."""
    return " ".join(
        word[:2] + dice.choice(_ZERO_WIDTH) + word[2:] if len(word) > 3 and dice.random() < 0.34 else word
        for word in text.split(" ")
    )


def with_homoglyphs(text: str, dice: random.Random) -> str:
    """Letters of another alphabet that look the same, in a third of the words."""
    return " ".join(word.translate(_HOMOGLYPHS) if dice.random() < 0.34 else word for word in text.split(" "))
