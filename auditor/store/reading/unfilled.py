"""Live outreach with a merge field that was not filled, as far as nobody was told of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from auditor.alert.extent import Extent
from auditor.store.database.schema import send
from auditor.store.reading.volumes import count_sends
from auditor.vocabulary import OUTREACH, Direction


@dataclass(frozen=True, slots=True)
class Unfilled:
    """What is new: sends judged after `after`, up to `upto`."""

    after: int
    upto: int
    found_at: float | None  # when the first of them was stored, seconds since the epoch; None: there is none
    keys: frozenset[str]  # of what they follow: see `key_of`


def key_of(template: str | None, team: str) -> str:
    """What a person is told of once: a template, or a team where there is none."""
    return template or f"team:{team}"


def since(connection: sa.Connection, after: int) -> Unfilled:
    """What there is of judged number above `after`."""
    upto = connection.scalar(sa.select(sa.func.max(send.c.judged_seq))) or 0
    after = min(after, upto)  # everything was judged anew, and nothing of it is news
    rows = connection.execute(
        sa.select(send.c.template, send.c.team, sa.func.min(send.c.stored_at).label("at"))
        .where(_news(after, upto))
        .group_by(send.c.template, send.c.team)
    ).all()
    return Unfilled(
        after,
        upto,
        min((row.at for row in rows), default=None),
        frozenset(key_of(row.template, row.team) for row in rows),
    )


def extent(
    connection: sa.Connection,
    news: Unfilled,
    told: Collection[str],
    name: Callable[[str, str], str | None],
) -> Extent:
    """How many there are, of which teams and templates; without those in `told`.

    Args:
        name: how a sender of a team may be shown; None: not at all.
    """
    key = sa.func.coalesce(send.c.template, sa.literal("team:") + send.c.team)
    return count_sends(connection, _news(news.after, news.upto) & key.not_in(sorted(told)), name)


def _news(after: int, upto: int) -> Any:
    return sa.and_(
        send.c.judged_seq > after,
        send.c.judged_seq <= upto,
        send.c.merge_failure,
        send.c.live,
        send.c.direction == Direction.EXTERNAL,
        send.c.kind.in_([str(kind) for kind in OUTREACH]),
    )
