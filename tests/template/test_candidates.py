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
            assert grown.find(features, least) == loaded.find(features, least)


def test_a_bucket_keeps_the_latest_few() -> None:
    index = Candidates()
    everywhere = np.array([7], dtype=np.uint32)
    for number in range(1, 100):
        index.enter(number, everywhere)
    assert index.find(everywhere) == [(number, 1) for number in range(100 - DEPTH, 100)]


def test_nothing_known_finds_nothing() -> None:
    assert not Candidates().find(np.array([1, 2, 3], dtype=np.uint32))
