"""Remembered sums equal those read anew, whatever changes and however time goes on."""

import itertools
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import StaticPool

from auditor.statistics.figures import Window
from auditor.statistics.tally import FINE_FOR_SECONDS, Counted, changes
from auditor.store.database.schema import metadata, template
from auditor.store.ledger.tallies import hand_over, move_tally
from auditor.store.reading.figures import Remembered, read_figures
from auditor.store.reading.moving import cut
from auditor.vocabulary import Class, Direction, Kind

NOW = 1_773_744_120.0  # a Tuesday, 10:42 UTC
_FINE = int((NOW - FINE_FOR_SECONDS) // 3600) * 3600


@contextmanager
def _connected():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


@pytest.fixture
def connection():
    with _connected() as connected:
        yield connected


counted = st.builds(
    Counted,
    sender=st.just("a@own.example"),
    team=st.sampled_from(["North", "South", "none"]),
    template=st.sampled_from([None, "t0", "t1"]),
    sent_at=st.integers(-32 * 86400, 3600).map(lambda seconds: NOW + seconds),
    direction=st.sampled_from(Direction),
    kind=st.sampled_from([Kind.NEW, Kind.REPLY]),
    class_=st.sampled_from([Class.MASS, Class.TAILORED, Class.PERSONAL]),
    deliveries=st.integers(1, 9),
    words=st.integers(0, 300),
    share=st.floats(0, 1),
    merge_failure=st.booleans(),
)


@given(st.lists(st.tuples(st.lists(counted, max_size=8), st.integers(0, 40_000)), max_size=6), st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_is_remembered_equals_what_is_read_anew(rounds, merged):
    with _connected() as connection:
        _compare(connection, rounds, merged)


def _compare(connection, rounds, merged):
    for id_ in ("t0", "t1"):
        row = {"id": id_, "founded_by": 1, "first_sent": 0, "last_sent": NOW + 3600, "sends": 2}
        connection.execute(insert(template).values(row | {"reached": True, "fixed": b"", "state": b""}))
    remembered, now = Remembered(), NOW
    for sends, seconds in rounds:
        move_tally(connection, changes(((None, one) for one in sends), _FINE))
        assert _read(connection, now, remembered) == _read(connection, now)
        now += seconds
        assert _read(connection, now, remembered) == _read(connection, now)
    if merged:
        hand_over(connection, "t1", "t0")
        assert _read(connection, now, remembered) == _read(connection, now)


def _read(connection, now, remembered=None):
    """Figures whose rows that came back to 0 count as none."""
    read = read_figures(connection, now, remembered)
    windows = {
        window: {c: v for c, v in cells.items() if v.messages} for window, cells in read.windows.items()
    }
    return windows, read.top_templates


@given(st.floats(0, 5 * 86_400))
def test_pieces_are_whole_and_lie_within_the_windows(seconds):
    now = NOW + seconds
    pieces = cut(now)
    assert pieces[0][0] == Window.MONTH.start(now)
    assert pieces[-1][1] > now >= pieces[-1][0]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(pieces))
    for window in Window:
        assert any(start == window.start(now) for start, _ in pieces)


def test_only_what_changed_is_read_again(connection):
    asked = []
    remembered = Remembered()
    read = remembered.teams._read
    remembered.teams._read = lambda one, spans: asked.extend(spans) or read(one, spans)
    read_figures(connection, NOW, remembered)
    assert len(asked) == len(cut(NOW))
    asked.clear()
    read_figures(connection, NOW, remembered)
    assert asked == []
    sent_at = NOW - 9 * 86_400
    sort = (Direction.EXTERNAL, Kind.NEW, Class.MASS)
    old = Counted("a@own.example", "North", None, sent_at, *sort, 1, 80, 0.1, False)
    move_tally(connection, changes([(None, old)], _FINE))
    windows = read_figures(connection, NOW, remembered).windows
    assert len(asked) == 1
    assert sum(v.messages for v in windows[Window.MONTH].values()) == 1
    assert not windows[Window.WEEK]
