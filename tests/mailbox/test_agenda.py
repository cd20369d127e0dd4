"""What is read next: whatever the order and whatever arrives, everything once, and no cursor ahead of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.mailbox.agenda import Agenda
from auditor.mailbox.found import Cursor

UIDS = st.sets(st.integers(1, 60), max_size=40)


def fresh(wanted, top, order):
    wanted = sorted(wanted)
    if order == "newest_first":
        return Agenda(Cursor(7, top + 1, top), (), wanted, top)
    low = wanted[0] if wanted else top + 1
    return Agenda(Cursor(7, low, low - 1), wanted, (), top)


@given(UIDS, st.lists(st.integers(1, 5), max_size=6), st.integers(1, 9), st.sampled_from(["o", "n"]), UIDS)
def test_everything_is_read_once_and_the_cursor_covers_only_what_is_stored(
    wanted, arrivals, size, order, alone
):
    top = 60
    order = {"o": "oldest_first", "n": "newest_first"}[order]
    agenda, read, there = fresh(wanted, top, order), [], set(wanted)
    waiting, uid = list(arrivals), top
    while True:
        if waiting:
            new = range(uid + 1, uid + 1 + waiting.pop())
            there |= set(new)
            uid = new[-1]
        agenda.tell(sorted(one for one in there if one > agenda.top))
        step = agenda.next(size, alone)
        if step is None:
            if waiting:
                continue
            break
        assert len(step.uids) <= size
        assert list(step.uids) == sorted(step.uids)
        assert len(step.uids) == 1 or not alone & set(step.uids)
        read += step.uids
        agenda.done(step)
        covered = {one for one in there if agenda.cursor.low <= one <= agenda.cursor.high}
        assert covered <= set(read)
    assert sorted(read) == sorted(there)
    assert agenda.past == agenda.waiting == 0
    assert agenda.cursor.high == max([top, *there])


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_news_comes_before_the_past(order):
    agenda = fresh(range(1, 101), 100, order)
    agenda.done(agenda.next(10))
    agenda.tell([101, 102])
    step = agenda.next(10)
    assert (step.uids, step.past) == ((101, 102), False)
    agenda.done(step)
    agenda.tell([])
    assert agenda.next(10).past
    assert agenda.past == 90


def test_oldest_first_keeps_the_cursor_behind_a_gap_and_newest_first_has_two_ends():
    agenda = fresh(range(1, 5), 4, "oldest_first")
    agenda.tell([5])
    agenda.done(agenda.next(2))
    assert agenda.cursor == Cursor(7, 1, 0)  # 5 was read ahead
    agenda.done(agenda.next(2))
    assert agenda.cursor == Cursor(7, 1, 2)
    agenda.done(agenda.next(2))
    assert agenda.cursor == Cursor(7, 1, 5)
    agenda = fresh(range(1, 5), 4, "newest_first")
    agenda.tell([5])
    agenda.done(agenda.next(2))
    assert agenda.cursor == Cursor(7, 5, 5)
    assert agenda.next(2).uids == (3, 4)
    agenda.done(agenda.next(2))
    assert agenda.cursor == Cursor(7, 3, 5)


def test_others_are_near_the_suspect_or_stored_before():
    agenda = fresh(range(1, 5), 4, "oldest_first")
    assert agenda.others(1) == [2, 3, 4]
    only = Agenda(Cursor(7, 1, 8), (9,), (), 9)
    assert only.others(9) == [8]
    assert Agenda(Cursor(7, 9, 8), (9,), (), 9).others(9) == []
