"""Which templates come apart, and what becomes of their sends."""

import random

import numpy as np
import pytest

from auditor.template.parting import SIZES, two_wordings
from auditor.template.values import KeyedSend
from auditor.template.vectors import texts_of
from auditor.vocabulary import Class
from tests.template.invented import person, prose, send, words_of
from tests.template.test_index import HOUR, Office

SHARED, FIRST, SECOND = (prose(seed, words=words) for seed, words in ((90, 40), (91, 48), (92, 48)))


def mail(number: int, *parts: str) -> KeyedSend:
    return send(number, "\n".join(["hi ‹name›", *parts]), to=[person(number)], day=number * HOUR)


def told(*sends: KeyedSend) -> Office:
    office = Office()
    office.note(office.index.judge(sends))
    return office


def test_two_pitches_that_share_a_part_come_apart() -> None:
    sends = [mail(n, SHARED, (FIRST, SECOND)[n % 2]) for n in range(1, 17)]
    early = told(*sends[:7])
    assert len(early.templates()) == 1
    later = told(*sends)
    assert len(later.templates()) == 2
    assert {one.template for n, one in later.verdicts.items() if n % 2} == early.templates()
    assert later.classes() == {Class.MASS}
    assert {one.share for one in later.verdicts.values()} == {0.0}
    again = told(*sends, mail(17, SHARED, FIRST))
    assert again.verdicts[17].template == later.verdicts[16].template


def test_what_comes_apart_again_has_another_id() -> None:
    """Its first id is an alias once it was merged back, and an alias is nothing that lives."""

    def parts(second: set[int], sends: int) -> list[str]:
        found = told(*(mail(n, SHARED, SECOND if n in second else FIRST) for n in range(1, sends + 1)))
        return [found.verdicts[n].template or "" for n in (1, 3)]

    early, late = parts({3, 4, 5, 6}, 8), parts({3, 4, *range(9, 13)}, 16)
    assert early[0] == late[0]
    assert len({*early, *late}) == 3


def test_a_text_of_both_brings_them_together_for_a_while() -> None:
    apart = [mail(n, SHARED, FIRST) for n in (1, 2)]
    half = "\n".join([*FIRST.split("\n")[:3], *SECOND.split("\n")[3:]])
    sends = [*apart, mail(3, SHARED, half), *(mail(n, SHARED, (FIRST, SECOND)[n % 2]) for n in range(4, 33))]
    found = told(*sends).verdicts
    assert len({found[n].template for n in range(4, 33, 2)}) == 1
    assert found[4].template != found[5].template


def test_a_pitch_that_too_few_received_apart_stays() -> None:
    sends = [mail(n, SHARED, SECOND if n in {3, 6} else FIRST) for n in range(1, 17)]
    assert len(told(*sends).templates()) == 1


def test_what_a_tool_varies_stays_together() -> None:
    dice = random.Random(3)
    ways = [[prose(seed + way, words=16) for way in (0, 1)] for seed in (200, 210, 220, 230)]
    sends = [mail(n, SHARED, *map(dice.choice, ways)) for n in range(1, 65)]
    assert len(told(*sends).templates()) == 1


def test_halves_stay_together() -> None:
    halves = [prose(seed, words=40) for seed in (300, 301)]
    sends = [mail(n, SHARED, FIRST, halves[n % 2]) for n in range(1, 65)]
    assert len(told(*sends).templates()) == 1


def test_light_edits_stay_together() -> None:
    sends = []
    for n in range(1, 65):
        lines = [*SHARED.split("\n"), *FIRST.split("\n")]
        lines[n % len(lines)] = prose(400 + n, words=8)
        sends.append(mail(n, *lines))
    assert len(told(*sends).templates()) == 1


@pytest.mark.parametrize("size", sorted(SIZES))
def test_the_first_text_is_in_the_first_part(size: int) -> None:
    texts = texts_of(
        [np.array(words_of(f"{SHARED}\n{(SECOND, FIRST)[n % 2]}"), dtype=np.uint32) for n in range(size)]
    )
    other = two_wordings([text.features for text in texts])
    assert other is not None
    assert other.tolist() == [bool(n % 2) for n in range(size)]
