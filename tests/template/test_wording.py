"""Wording in clear: only words that every copy has, never anything that looks private."""

import re

from hypothesis import given
from hypothesis import strategies as st

from auditor.template.vectors import significant, texts_of
from auditor.template.wording import SLOT, SLOT_SHOWN, Votes, wording_in_clear
from tests.template.invented import words_of

MASKS = {"‹name›", "‹number›", "‹link›", "‹address›"}
word = st.sampled_from("we make pumps that never stop and you may try one free ‹name› ‹link›".split())
private = st.sampled_from(["4471", "de89370400440532013000", "ann@one.example", "https://x.example/a", "b2b"])
copy = st.lists(
    st.lists(st.one_of(word, private, st.text("abcdef", min_size=1, max_size=3)), max_size=8), max_size=5
)


@given(copies=st.lists(copy, min_size=3, max_size=6))
def test_no_word_outside_the_intersection_is_shown(copies: list[list[list[str]]]) -> None:
    shown = wording_in_clear(copies)
    everywhere = set.intersection(*({word for line in lines for word in line} for lines in copies))
    if shown is not None:
        for place in shown.split():
            assert place in everywhere | MASKS | {SLOT_SHOWN}
            assert place in MASKS | {SLOT_SHOWN} or not re.search(r"\d|@|://", place)


@given(copies=st.lists(copy, max_size=2))
def test_fewer_than_three_copies_show_nothing(copies: list[list[list[str]]]) -> None:
    assert wording_in_clear(copies) is None


def test_slots_and_lines() -> None:
    copies = [
        [["hi", "‹name›"], ["your", "team", "at", place, "may", "save", "‹number›"], ["call", "4471"]]
        for place in ("tunis", "oslo", "lima")
    ]
    assert wording_in_clear(copies) == "hi ‹name›\nyour team at … may save ‹number›\ncall ‹number›"


def test_the_same_word_at_another_place_is_a_slot() -> None:
    copies = [[["red", "one", "two", "three"]], [["one", "two", "three", "red"]], [["one", "two", "three"]]]
    assert wording_in_clear(copies) == "… one two three"


def test_nothing_in_common_shows_nothing() -> None:
    assert wording_in_clear([[["one"]], [["two"]], [["three"]]]) is None


def test_keyed_wording_has_slots_between_fixed_words() -> None:
    texts = ["we like oslo a lot", "we like lima a lot", "we like rome so much a lot"]
    copies = [text.words for text in texts_of(significant([words_of(text) for text in texts]))]
    fixed = Votes().fixed(copies)
    we, like, _, a, lot = copies[0].tolist()
    assert fixed == (we, like, SLOT, a, lot)
    assert Votes().fixed([]) == ()
