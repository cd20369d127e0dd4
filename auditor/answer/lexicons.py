"""The lists of lexicons.toml, by language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language; lexicons.toml says what each list is."""

    reader: frozenset[str]
    own: frozenset[str]
    claims: frozenset[str]
    common: frozenset[str]
    proof: tuple[str, ...]
    questions: tuple[str, ...]


def _read() -> Mapping[str, Lexicon]:
    text = resources.files(__package__).joinpath("lexicons.toml").read_text(encoding="utf-8")
    return {language: _lexicon(lists) for language, lists in tomllib.loads(text).items()}


def _lexicon(lists: Mapping[str, str]) -> Lexicon:
    reader, own, claims, common = (
        frozenset(lists[name].split()) for name in ("reader", "own", "claims", "common")
    )
    proof, questions = (
        tuple(" ".join(phrase.split()) for phrase in lists[name].split(";"))
        for name in ("proof", "questions")
    )
    return Lexicon(reader, own, claims, common, proof, questions)


LEXICONS: Mapping[str, Lexicon] = _read()
