"""Handwritten share: passages that only one recipient received."""

import numpy as np
import pytest

from auditor.template.phrases import Phrases
from auditor.template.share import Wording, measured
from auditor.template.vectors import Features, Text, significant, texts_of
from tests.template.invented import words_of


def text(written: str) -> Text:
    return texts_of(significant([words_of(written)]))[0]


BODY = [f"word{number}" for number in range(40)]


def shares(texts: list[str], known: Features, stock: Phrases) -> list[float]:
    """The shares of texts that are measured together."""
    found = measured([text(one).keyed.tobytes() for one in texts], Wording(known, known), stock)
    return [one.share for one in found]


def share(*copies: str, of: str) -> float:
    """The share of `of`, when the wording is what `copies` have."""
    known = np.unique(np.concatenate([text(one).features for one in copies]))
    return shares([of], known, Phrases())[0]


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


def test_a_line_of_ones_own_counts_whole_though_the_template_has_a_turn_of_phrase_of_it() -> None:
    phrase = " ".join(BODY[10:14])
    own = f"before lunch {phrase} the tram was late"
    edited = "\n".join([" ".join(BODY[:20]), own, " ".join(BODY[20:])])
    assert share(" ".join(BODY), of=edited) == pytest.approx(10 / 50)


def test_a_line_that_is_mostly_the_templates_is_the_templates() -> None:
    lines = [" ".join(BODY[:20]), " ".join([*BODY[20:30], "one", "two", *BODY[32:]])]
    assert share(" ".join(BODY), of="\n".join(lines)) == 0.0


def test_a_phrase_of_the_house_put_in_by_hand_counts_but_not_in_place_of_another_sentence() -> None:
    house = "do let me know whether any questions remain"
    known = text(" ".join(BODY)).features
    stock = Phrases()
    stock.add(text(f"{BODY[19]} {house} {BODY[20]}").features)
    stock.move()
    put_in = "\n".join([" ".join(BODY[:20]), house, " ".join(BODY[20:])])
    in_place = "\n".join([" ".join(BODY[:20]), house, " ".join(BODY[26:])])
    assert shares([put_in, in_place], known, stock) == [pytest.approx(8 / 48), 0.0]


def test_texts_measured_together_are_measured_as_each_alone() -> None:
    own = "my own ten words that stand at one end only".split()
    texts = [
        " ".join(BODY),
        " ".join([*own, *BODY]),
        " ".join([*BODY, *own]),
        "\n".join([" ".join(BODY[:20]), " ".join(own), " ".join(BODY[20:]), ""]),
        " ".join([*BODY[:20], *own[:5], *BODY[20:]]),
        "word0",
        " ".join(own),
    ]
    known = text(" ".join(BODY)).features
    alone = [shares([one], known, Phrases())[0] for one in texts]
    assert shares(texts, known, Phrases()) == alone
    assert alone[:3] == [0.0, pytest.approx(10 / 50), pytest.approx(10 / 50)]


def test_line_ends_change_no_hash() -> None:
    lines = "\n".join([" ".join(BODY[:20]), "‹name›", "‹name› " + " ".join(BODY[20:])])
    one = " ".join([*BODY[:20], "‹name›", *BODY[20:]])
    assert text(lines).features.tolist() == text(one).features.tolist()
