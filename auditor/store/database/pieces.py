"""Many values, a piece in each query: a statement takes only so many."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

IN_A_QUERY = 500
"""Values in one statement; SQLite's oldest limit of variables is 999 (https://sqlite.org/limits.html)."""


def in_pieces(values: Sequence[T], size: int = IN_A_QUERY) -> Iterator[Sequence[T]]:
    """The values in their order, at most `size` in each piece."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
