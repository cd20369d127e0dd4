"""Agreement between people and the auditor, and how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.statistics.agreement import agreement, wilson
from auditor.vocabulary import Class

MASS, TAILORED, PERSONAL = Class.MASS, Class.TAILORED, Class.PERSONAL


def test_the_interval_is_wilsons():
    """The textbook's example: 81 of 263."""
    ratio = wilson(81 / 263, 263)
    assert (ratio.low, ratio.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_everybody_agreeing_is_not_certainty():
    found = agreement(0.0, {MASS: {MASS: 10}, PERSONAL: {PERSONAL: 10}}, {MASS: 50, PERSONAL: 50})
    assert found is not None
    assert (found.asked, found.agreed, found.overall.value, found.overall.high) == (20, 20, 1.0, 1.0)
    assert found.overall.low == pytest.approx(0.839, abs=1e-3)


def test_a_rare_class_weighs_little():
    said = {MASS: {MASS: 10}, TAILORED: {MASS: 10}}
    found = agreement(0.0, said, {MASS: 990, TAILORED: 10})
    assert found is not None
    assert found.agreed == 10
    assert found.overall.value == pytest.approx(0.99)
    assert found.by_class == {MASS: (10, 10), TAILORED: (0, 10)}


def test_nothing_said_is_no_agreement():
    assert agreement(0.0, {}, {MASS: 5}) is None
    assert agreement(0.0, {MASS: {}}, {}) is None


counts = st.dictionaries(st.sampled_from([MASS, TAILORED, PERSONAL]), st.integers(0, 50), min_size=1)


@given(st.dictionaries(st.sampled_from([MASS, TAILORED, PERSONAL]), counts, min_size=1), counts)
def test_the_value_lies_in_its_interval(said, population):
    found = agreement(0.0, said, population)
    if found is not None:
        assert 0.0 <= found.overall.low <= found.overall.value + 1e-9
        assert found.overall.value <= found.overall.high + 1e-9 <= 1.0 + 1e-8
        assert found.agreed <= found.asked
