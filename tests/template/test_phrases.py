"""The company's stock of phrases: wording of templates, and passages that a second recipient received."""

import numpy as np

from auditor.template.phrases import Phrases
from auditor.template.vectors import Features


def features(first: int, count: int = 10) -> Features:
    return np.arange(first, first + count, dtype=np.uint32)


def test_wording_is_stock_from_the_next_move_on() -> None:
    phrases = Phrases()
    phrases.add(features(100))
    assert not phrases.contain(features(100)).any()
    phrases.move()
    assert phrases.contain(features(100)).all()
    assert not phrases.contain(features(200)).any()


def test_a_passage_is_stock_once_it_is_met_again() -> None:
    phrases = Phrases()
    phrases.meet(features(100), 1)
    phrases.move()
    assert not phrases.contain(features(100)).any()
    phrases.meet(features(100), 1)
    phrases.move()
    assert phrases.contain(features(100)).all()


def test_a_few_words_in_common_are_no_passage_met_again() -> None:
    phrases = Phrases()
    phrases.meet(features(100), 1)
    phrases.meet(features(105), 1)
    phrases.meet(features(300, 3), 1)
    phrases.meet(features(300, 3), 1)
    phrases.move()
    assert not phrases.contain(features(100, 15)).any()
    assert not phrases.contain(features(300, 3)).any()


def test_what_was_kept_is_what_there_was() -> None:
    phrases, again = Phrases(), Phrases()
    kept, where = [], phrases.where()
    for judged, first in enumerate((100, 200, 100, 400), 1):
        phrases.meet(features(first), judged)
        phrases.add(features(first + 50, 5))
        if judged == 3:  # in the midst of a judgement
            phrases.move()
            where = phrases.where()
            phrases.add(features(700, 5))
        kept.append((judged, phrases.fresh()))
    assert phrases.fresh() == b""
    again.load(kept, 2, where)
    every = features(0, 1000)
    assert again.contain(every).tolist() == phrases.contain(every).tolist()
    for one in (phrases, again):
        one.meet(features(200), 5)
        one.meet(features(900), 5)
        assert one.move() == {2}
    assert again.contain(every).tolist() == phrases.contain(every).tolist()


def test_it_tells_where_what_became_stock_was_met_first() -> None:
    phrases = Phrases()
    phrases.meet(features(100), 7)
    phrases.meet(features(100), 9)
    phrases.meet(features(200), 8)
    phrases.hand_over(7, 3)
    assert phrases.move() == {3}
    phrases.meet(features(100), 9)
    phrases.add(features(200))
    assert phrases.move() == {8}


def test_what_comes_in_twice_before_a_move_is_found_once() -> None:
    phrases, again = Phrases(), Phrases()
    phrases.meet(features(100), 7)
    for _ in range(2):
        phrases.add(features(100))
    again.load([(1, phrases.fresh())], 0, phrases.where())
    assert phrases.move() == again.move() == {7}
