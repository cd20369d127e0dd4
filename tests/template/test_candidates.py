"""The inverted index: bounded, and the same whether it grew or was loaded."""

import random

import numpy as np
import pytest

from auditor.template import candidates
from auditor.template.candidates import DEPTH, Candidates
from auditor.template.values import Entry


def test_loaded_is_the_same_as_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "BUCKETS", 64)
    draw = random.Random(3)
    entries = [
        (
            judged,
            draw.randrange(1, judged + 1),
            np.array(sorted(draw.sample(range(500), 12)), dtype=np.uint32),
        )
        for judged in range(1, 120)
    ]
    grown, loaded = Candidates(), Candidates()
    for _, number, features in entries:
        grown.enter(number, features)
    monkeypatch.setattr(candidates, "LOADED_AT_ONCE", 32)
    latest_first = [Entry(judged, number, features.tobytes()) for judged, number, features in entries[::-1]]
    loaded.load([latest_first[:50], latest_first[50:]])
    for start in range(0, 500, 20):
        features = np.arange(start, start + 20, dtype=np.uint32)
        for least in (1, 2, 3):
            ours, theirs = grown.find([features], [least])[0], loaded.find([features], [least])[0]
            assert (ours.numbers, ours.hits) == (theirs.numbers, theirs.hits)


def test_a_bucket_keeps_the_latest_few() -> None:
    index = Candidates()
    everywhere = np.array([7], dtype=np.uint32)
    for number in range(1, 100):
        index.enter(number, everywhere)
    (found,) = index.find([everywhere], [1])
    assert found.numbers == list(range(100 - DEPTH, 100))
    assert set(found.hits) == {1}


def test_nothing_known_finds_nothing() -> None:
    (found,) = Candidates().find([np.array([1, 2, 3], dtype=np.uint32)], [1])
    assert not found.numbers
    assert not found.hits


def test_what_was_found_for_many_is_found_for_each_and_what_changes_since_is_noted() -> None:
    index = Candidates()
    texts = [np.arange(start, start + 10, dtype=np.uint32) for start in range(0, 200, 4)]
    for number, features in enumerate(texts, 1):
        index.enter(number, features)
    index.settle()
    together = index.find(texts, [2] * len(texts))
    for features, found in zip(texts, together, strict=True):
        (alone,) = index.find([features], [2])
        assert (found.numbers, found.hits) == (alone.numbers, alone.hits)
    index.enter(1000, texts[7])
    near = {n for n, features in enumerate(texts) if np.isin(features, texts[7]).any()}
    assert {n for n, found in enumerate(together) if index.has_changed(found)} == near
