"""Passages at one place of most sends, sent faster than they can be typed."""

from auditor.template.generated import LEAST, Rhythm
from auditor.template.share import Passage

WORDS = 30
TYPED = 60.0
"""Seconds in which so many words can be typed."""


def test_a_place_filled_faster_than_typing_is_generated() -> None:
    rhythm = Rhythm()
    for number in range(LEAST + 1):
        rhythm.beat(1, number * 4.0, [Passage(WORDS, 100, 200)])
    assert rhythm.generated([Passage(WORDS, 100, 200)]) == WORDS
    assert rhythm.generated([Passage(WORDS, 300, 400)]) == 0


def test_a_place_filled_as_slowly_as_a_person_types_is_not() -> None:
    rhythm = Rhythm()
    for number in range(LEAST + 1):
        rhythm.beat(1, number * TYPED, [Passage(WORDS, 100, 200)])
    assert rhythm.generated([Passage(WORDS, 100, 200)]) == 0


def test_either_side_tells_the_place() -> None:
    rhythm = Rhythm()
    for number in range(LEAST + 1):
        rhythm.beat(1, number * 4.0, [Passage(WORDS, 1000 + number, 200)])
    assert rhythm.generated([Passage(WORDS, 5000, 200)]) == WORDS


def test_a_passage_in_few_sends_is_not() -> None:
    rhythm = Rhythm()
    for number in range(20):
        rhythm.beat(1, number * 4.0, [Passage(WORDS, 100, 200)] if number % 3 == 0 else [])
    assert rhythm.generated([Passage(WORDS, 100, 200)]) == 0
