"""Handwritten share: passages that only one recipient received."""

import numpy as np
import pytest

from auditor.template.phrases import Phrases
from auditor.template.share import Wording, passages
from auditor.template.vectors import Text, distinct, significant, texts_of
from tests.template.invented import words_of


def text(written: str) -> Text:
    return texts_of([significant(words_of(written))])[0]


BODY = [f"word{number}" for number in range(40)]


def share(*copies: str, of: str) -> float:
    """The share of `of`, when the wording is what `copies` have."""
    known = distinct(np.concatenate([text(one).grams for one in copies]))
    return passages(text(of), Wording(known, known), Phrases())[1]


def test_a_copy_has_none() -> None:
    assert share(" ".join(BODY), of=" ".join(BODY)) == 0.0


def test_a_passage_inserted_where_the_template_has_no_slot_counts_even_when_short() -> None:
    edited = [*BODY[:20], *"mine alone five words here".split(), *BODY[20:]]
    assert share(" ".join(BODY), of=" ".join(edited)) == pytest.approx(5 / 45)


def test_a_word_or_two_inserted_is_an_edit_of_no_weight() -> None:
    edited = [*BODY[:20], "really", *BODY[20:]]
    assert share(" ".join(BODY), of=" ".join(edited)) == 0.0


def test_a_field_of_six_words_is_a_merge_field_and_seven_are_not() -> None:
    slot = [*BODY[:18], *"alpha beta".split(), *BODY[20:]]
    six = [*BODY[:18], *"one two three four five six".split(), *BODY[20:]]
    seven = [*BODY[:18], *"one two three four five six seven".split(), *BODY[20:]]
    assert share(" ".join(slot), of=" ".join(six)) == 0.0
    assert share(" ".join(slot), of=" ".join(seven)) == pytest.approx(7 / 45)


def test_masks_are_not_written_words() -> None:
    slot = [*BODY[:18], *"alpha beta".split(), *BODY[20:]]
    masked = [*BODY[:18], *"one two ‹name› four ‹number› six ‹link› eight".split(), *BODY[20:]]
    assert share(" ".join(slot), of=" ".join(masked)) == 0.0


def test_a_passage_at_either_end() -> None:
    own = "my own ten words that stand at one end only".split()
    assert share(" ".join(BODY), of=" ".join([*own, *BODY])) == pytest.approx(10 / 50)
    assert share(" ".join(BODY), of=" ".join([*BODY, *own])) == pytest.approx(10 / 50)


def test_a_passage_that_begins_like_the_template_does_there() -> None:
    own = [BODY[20], *"and something of my own".split()]
    edited = [*BODY[:20], *own, *BODY[20:]]
    assert share(" ".join(BODY), of=" ".join(edited)) == pytest.approx(6 / 46)
