"""One spelling for what looks alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.message.unicode import plain, read_as_latin


@pytest.mark.parametrize(
    ("disguised", "seen"),
    [
        ("o\u200bffer", "offer"),
        ("of\u00adfer", "offer"),
        ("\u202eoffer\u202c", "offer"),
        ("оffеr", "offer"),  # Cyrillic o and e
        ("οffer", "offer"),  # Greek omicron
        ("𝐨𝐟𝐟𝐞𝐫", "offer"),
        ("ｏｆｆｅｒ", "offer"),
        ("offer\U000e0061", "offer"),
    ],
)
def test_disguises_come_off(disguised, seen):
    assert plain(disguised) == seen


@pytest.mark.parametrize(
    "real",
    [
        "Добрый день, высылаем счёт",
        "Καλημέρα σας",
        "we met Игорь in May",
        "Grüße aus Łódź",
        "שלום",
        "こんにちは",
        "नमस्ते",
    ],
)
def test_real_languages_stay(real):
    assert plain(real) == real


def test_words_that_are_wholly_borrowed_in_a_latin_line():
    assert read_as_latin("we can сору your whole plan today") == "we can copy your whole plan today"
    assert read_as_latin("we met Игорь in May of last year") == "we met Игорь in May of last year"
    assert read_as_latin("он там, а я тут") == "он там, а я тут"


@given(st.text())
def test_plain_is_stable(text):
    once = plain(text)
    assert plain(once) == plain(plain(once))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_stays(text):
    assert plain(text) == text
