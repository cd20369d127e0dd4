"""What people write themselves: put together from a stock so large that no two mails are much alike."""

import random
import re
from dataclasses import dataclass
from typing import Any

from auditor.demo import texts
from auditor.demo.company import Contact

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Written:
    """A text written for one person: its subject, and its paragraphs without greeting and signature."""

    subject: str
    paragraphs: tuple[str, ...]


class Stock:
    """The sentences of byhand.toml and one source of chance; equal seeds write equal mail."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._texts = texts.read("byhand.toml")
        self._pending: dict[str, list[tuple[Any, str]]] = {}

    def letter(self, language: str) -> Written:
        """A mail about a few things at once, as mails between people who know each other are."""
        drawn = [self._draw(language) for _ in range(self._rng.choice((2, 3, 3, 4)))]
        sentences = [self._written(sentence, language) for _, sentence in drawn]
        cut = self._rng.randint(1, len(sentences) - 1)
        paragraphs = [" ".join(sentences[:cut]), " ".join(sentences[cut:])]
        if self._rng.random() < 0.15:
            paragraphs.append(self._rng.choice(self._texts["asides"][language]))
        return Written(self._rng.choice(drawn[0][0]["subject"]), tuple(paragraphs))

    def passage(self, language: str) -> str:
        """A passage for a tailored series: what somebody saw on a visit."""
        return "\n\n".join(self.letter(language).paragraphs[:2])

    def note(self, language: str) -> str:
        """A few words, as from a phone."""
        return str(self._rng.choice(self._texts["notes"][language]))

    def greeting(self, contact: Contact) -> str:
        """How this mail begins."""
        return filled(self._rng.choice(self._texts["openings"][contact.language]), contact.fields())

    def question(self, language: str) -> str:
        """What a customer wrote."""
        return str(self._rng.choice(self._texts["customers"][language]))

    def _draw(self, language: str) -> tuple[Any, str]:
        """An occasion and one of its sentences; every sentence comes once before one comes again."""
        if not self._pending.get(language):
            occasions = [one for one in self._texts["occasion"] if one["language"] == language]
            deck = [(one, sentence) for one in occasions for sentence in one["sentences"]]
            self._rng.shuffle(deck)
            self._pending[language] = deck
        return self._pending[language].pop()

    def _written(self, sentence: str, language: str) -> str:
        chosen = _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), sentence)
        details = self._texts["details"][language]
        text = _SLOT.sub(lambda match: str(self._rng.choice(details[match[1]])), chosen)
        return text[0].upper() + text[1:]


def filled(text: str, fields: dict[str, str]) -> str:
    """`text` with its merge fields filled in."""
    return _SLOT.sub(lambda match: fields[match[1]], text)
