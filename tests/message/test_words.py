"""Words, masks and shortness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.message.mask import Names, names
from auditor.message.values import Address
from auditor.message.words import is_short, words
from tests.message.letters import letter, read_letter, shown

NOBODY = Names(frozenset(), ())


def masked(text: str, to: str = "Ida Lund <ida.lund@bluelake-foods.test>") -> str:
    return " ".join(shown(text, to=to))


def test_names_of_recipient_and_sender_are_masked():
    assert masked("Hi Ida, Ms Lund's plant, says Mira.") == "hi ‹name› ms ‹name› plant says ‹name›"


@pytest.mark.parametrize(
    "written",
    [
        "Bluelake Foods",
        "Blue Lake Foods",
        "BlueLake",
        "bluelake-foods",
        "Bluelake Foods Ltd",
        "Bluelake Foods and Sons",
        "Bluelake, Holm and Sons",
        "Bluelake Foods'",
    ],
)
def test_the_recipient_s_organisation_is_masked(written):
    assert masked(f"We know {written} well") == "we know ‹name› well"


def test_a_name_that_is_a_word_needs_a_capital():
    to = "Will Mark <will.mark@lake.test>"
    assert masked("Dear Will, we will mark it.", to=to) == "dear ‹name› we will mark it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it costs $1,200.50 today", "it costs ‹number› today"),
        ("on 12 November 2027 we meet", "on ‹number› we meet"),
        ("on May 3rd at 10:30 we meet", "on ‹number› at ‹number› we meet"),
        ("see https://x.test/a?b=c now", "see ‹link› now"),
        ("see www.x.test now", "see ‹link› now"),
        ("see x.test/pricing now", "see ‹link› now"),
        ("write to a.b@x.test now", "write to ‹address› now"),
        ("don’t wait", "don't wait"),
        ("20% more", "‹number› more"),
    ],
)
def test_masks(text, expected):
    assert masked(text) == expected


def test_role_addresses_are_no_names():
    found = names(Address("sales@northwind-tools.test"), [Address("info@lake.test", "Info")])
    assert found.words == frozenset()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("您好世界", 4),
        ("カタカナ", 4),
        ("สวัสดีครับ", 7),
        ("안녕하세요 여러분", 2),
        ("добрый день", 2),
        ("नमस्ते दुनिया", 2),
    ],
)
def test_scripts_without_spaces_are_cut_the_same_way_always(text, count):
    found = words([text], NOBODY)
    assert sum(map(len, found)) == count
    assert found == words([text], NOBODY)


def test_short():
    assert is_short(words(["one two three"], NOBODY))
    assert not is_short(words(["one two three four five"] * 3, NOBODY))
    assert is_short(words(["您好世界" * 5], NOBODY))
    assert not is_short(words(["您好世界" * 8], NOBODY))


@given(st.lists(st.text()))
def test_words_are_lower_case_and_never_empty(lines):
    for line in words(lines, NOBODY):
        assert line
        assert all(word and not word.isspace() for word in line)


def test_plain_and_html_of_one_mail_give_the_same_words():
    plain = "Hi Otto,\n\nour presses save 3 shifts.\n\nSee https://x.test\n\nBest,\nMira"
    rich = "<p>Hi Otto,</p><p>our <b>presses</b> save 3 shifts.</p><p>See <a href='https://t.test/?u=1'>https://x.test</a></p><p>Best,<br>Mira</p>"
    assert read_letter(letter(plain)).authored == read_letter(letter(rich, subtype="html")).authored
