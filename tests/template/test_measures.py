"""Measures are remembered as long as they would come out the same."""

import random

import pytest

from auditor.template import measures
from auditor.template.phrases import Phrases
from auditor.template.reach import Reach
from auditor.template.share import Measured, measured
from auditor.template.template import Template
from auditor.template.values import Rules
from auditor.template.vectors import Text, significant, texts_of
from tests.template.invented import prose, words_of


def copies(seed: int, count: int) -> list[Text]:
    """A pitch with variants of its lines, lines left out, and passages that some or one of them have."""
    draw = random.Random(seed)
    lines = [prose(seed * 100 + n, words=14).replace("\n", " ") for n in range(8)]
    others = [prose(seed * 100 + 50 + n, words=14).replace("\n", " ") for n in range(8)]
    written = []
    for number in range(count):
        some = [draw.choice([line, line, line, other]) for line, other in zip(lines, others, strict=True)]
        if draw.random() < 0.3:
            del some[draw.randrange(len(some))]
        if draw.random() < 0.5:
            own = prose(seed * 1000 + draw.choice([number, number % 5]), words=draw.choice([5, 9, 20]))
            some.insert(draw.randrange(len(some)), own)
        written.append("\n".join(some))
    return texts_of(significant([words_of(one) for one in written]))


def plain(one: Measured) -> tuple[object, ...]:
    return one.own, one.share, [passage.tolist() for passage in one.in_place]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("remembered", [4, 256])
def test_what_is_remembered_is_what_would_be_measured(
    seed: int, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "REMEMBERED", remembered)
    draw, phrases = random.Random(seed), Phrases()
    template = Template(1, "one", 1, Reach(Rules()), 0.0, 0.0)
    known: list[bytes] = []
    for reader, text in enumerate(copies(seed, 60)):
        template.add(text.features, draw.choice([reader, reader // 3]))
        known.append(text.keyed.tobytes())
        asked = draw.choice([known, known[-1:], draw.sample(known, min(len(known), 7))])
        if draw.random() < 0.1:
            template.publish(phrases)
            phrases.move()
        wording = template.wording()
        remembering = template._measures.of(asked, wording, phrases)
        assert list(map(plain, remembering)) == list(map(plain, measured(asked, wording, phrases)))


def test_a_text_that_rests_on_nothing_that_changed_is_not_measured_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def counting(many, wording, phrases):
        asked.append(len(many))
        return measured(many, wording, phrases)

    monkeypatch.setattr(measures, "measured", counting)
    phrases, template = Phrases(), Template(1, "one", 1, Reach(Rules()), 0.0, 0.0)
    first = copies(7, 1)[0]
    for text in (first, first, first):
        template.add(text.features, len(asked) + template.sends)
    template._measured([first.keyed.tobytes()], phrases)
    elsewhere = texts_of(significant([words_of(prose(99, words=50))]))[0]
    for reader in range(10, 12):
        template.add(elsewhere.features, reader)
        template._measured([first.keyed.tobytes(), elsewhere.keyed.tobytes()], phrases)
    assert asked == [1, 1, 1]  # the one from elsewhere is new, and then its wording came
