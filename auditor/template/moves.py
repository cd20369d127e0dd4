"""When frequencies, merges and habits move: at fixed counts of judged sends, never by batch or clock."""

EPOCH = 2048
"""Judged sends between two moves; the first moves come earlier."""
EARLY = (256, 512, 1024)


def next_move(moved: int) -> int:
    """The count of judged sends at which the move after the one at `moved` is made."""
    early = next((count for count in EARLY if count > moved), 0)
    return early or (moved // EPOCH + 1) * EPOCH
