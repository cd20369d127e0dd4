"""Templated volume as the detector and the letters read it, from the tally and from the latest sends."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import sqlalchemy as sa

from auditor.alert.extent import Extent, TeamPart, TemplatePart
from auditor.statistics.planned import Sent
from auditor.statistics.series import HOUR, Counts, Mixed, Series, series_of
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.store.database.pieces import in_pieces
from auditor.store.database.schema import recipient, send, tally, template
from auditor.vocabulary import TEMPLATED, Direction

_TEMPLATED = sorted(str(class_) for class_ in TEMPLATED)
_sent_templated = (send.c.direction == str(Direction.EXTERNAL)) & send.c["class"].in_(_TEMPLATED)
_counted_templated = (tally.c.direction == str(Direction.EXTERNAL)) & tally.c["class"].in_(_TEMPLATED)


def mixed(
    connection: sa.Connection, since: float, until: float, lately: float, fresh: float
) -> tuple[Mixed, ...]:
    """Who sent which template when, by five minutes, between two moments (seconds since the epoch).

    Of what was sent before `lately`, only what came into the store from `fresh` on: late mail. What the first
    audit of a mailbox found is never news.
    """
    told = (send.c.sent_at >= lately) | (send.c.stored_at >= fresh)
    wanted = (send.c.sent_at >= since) & (send.c.sent_at < until) & told & ~send.c.past
    return sent_templated(connection, wanted)


def sent_templated(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> tuple[Mixed, ...]:
    """Who sent which template when, by five minutes, of the sends that fulfil a condition."""
    bucket = sa.cast(sa.func.floor(send.c.sent_at / FINE_SECONDS), sa.BigInteger).label("bucket")
    query = (
        sa.select(
            send.c.sender,
            sa.func.max(send.c.team).label("team"),
            send.c.template,
            bucket,
            sa.func.count().label("messages"),
            sa.func.sum(send.c.deliveries).label("deliveries"),
            sa.func.max(send.c.deliveries).label("largest"),
            sa.func.max(send.c.stored_at).label("stored_at"),
        )
        .where(wanted, _sent_templated)
        .group_by(send.c.sender, send.c.template, bucket)
        .order_by(bucket, send.c.sender, send.c.template)
    )
    return tuple(
        Mixed(
            row.sender, row.team, row.template, row.bucket * FINE_SECONDS,
            row.messages, int(row.deliveries), row.largest, row.stored_at,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def buckets(connection: sa.Connection, series: Iterable[Series], since: float) -> dict[Series, Counts]:
    """The five-minute counts of some series, keyed by bucket start, from `since` on.

    Without what the first audits of mailboxes found: a mailbox that is added today brings its last weeks.
    """
    counts = {one: dict(held) for one, held in _counts(connection, series, since, tally.c.bucket).items()}
    for one, start, messages, deliveries in _found_by_first_audits(connection, since):
        held = counts.get(one, {})
        if (place := start if start in held else start // HOUR * HOUR) in held:  # old ones count by hours
            held[place] = max(0, held[place][0] - messages), max(0, held[place][1] - deliveries)
    return dict(counts)


def _found_by_first_audits(connection: sa.Connection, since: float) -> Iterator[tuple[Series, int, int, int]]:
    """For each series they count in: five minutes, sends and deliveries of the first audits."""
    bucket = sa.cast(sa.func.floor(send.c.sent_at / FINE_SECONDS), sa.BigInteger).label("bucket")
    query = (
        sa.select(
            send.c.sender,
            send.c.team,
            send.c.template,
            bucket,
            sa.func.count().label("messages"),
            sa.func.sum(send.c.deliveries).label("deliveries"),
        )
        .where(send.c.past.is_(True), send.c.sent_at >= since, _sent_templated)
        .group_by(send.c.sender, send.c.team, send.c.template, bucket)
    )
    for row in connection.execute(query):
        for one in series_of(row.sender, row.team, row.template):
            yield one, row.bucket * FINE_SECONDS, int(row.messages), int(row.deliveries)


def hours(connection: sa.Connection, series: Iterable[Series], since: float) -> dict[Series, Counts]:
    """The hourly counts of some series, keyed by hour since the epoch, from `since` on."""
    hour = sa.cast(sa.func.floor(tally.c.bucket / float(HOUR)), sa.BigInteger)
    return _counts(connection, series, since, hour)


def sent_by_hour(connection: sa.Connection, one: Series, start: float, end: float) -> tuple[Sent, ...]:
    """Who sent which template in which hour, of one series, between two moments (seconds since the epoch)."""
    hour = sa.cast(sa.func.floor(send.c.sent_at / float(HOUR)), sa.BigInteger).label("hour")
    query = (
        sa.select(
            send.c.sender,
            sa.func.max(send.c.team).label("team"),
            send.c.template,
            hour,
            sa.func.count().label("messages"),
            sa.func.sum(send.c.deliveries).label("deliveries"),
        )
        .where(_sent_templated, send.c.sent_at >= start, send.c.sent_at < end, _of(one))
        .group_by(send.c.sender, send.c.template, hour)
    )
    return tuple(
        Sent(row.sender, row.team, row.template, row.hour, row.messages, int(row.deliveries))
        for row in connection.execute(query)
    )


def _of(one: Series) -> sa.ColumnElement[bool]:
    """Which sends count in a series."""
    if one.scope is Scope.ORGANISATION:
        return sa.true()
    columns = {Scope.SENDER: send.c.sender, Scope.TEAM: send.c.team, Scope.TEMPLATE: send.c.template}
    return columns[one.scope] == one.name


def _counts(
    connection: sa.Connection, series: Iterable[Series], since: float, key: sa.ColumnElement[int]
) -> dict[Series, Counts]:
    wanted = sorted(set(series))
    found: dict[Series, dict[int, tuple[int, int]]] = {one: {} for one in wanted}
    for scope in Scope:
        names = [one.name for one in wanted if one.scope is scope]
        for some in in_pieces(names):
            query = (
                sa.select(
                    tally.c.series,
                    key.label("start"),
                    sa.func.sum(tally.c.messages).label("messages"),
                    sa.func.sum(tally.c.deliveries).label("deliveries"),
                )
                .where(tally.c.scope == str(scope), tally.c.series.in_(some))
                .where(tally.c.bucket >= since, _counted_templated)
                .group_by(tally.c.series, key)
            )
            for row in connection.execute(query):
                found[Series(scope, row.series)][int(row.start)] = int(row.messages), int(row.deliveries)
    return dict(found)


def sent_at_least(
    connection: sa.Connection, least: Mapping[Scope, int], start: float, end: float
) -> tuple[Series, ...]:
    """The series that sent so many, by scope, between two moments (seconds since the epoch)."""
    found: list[Series] = []
    for scope, sends in least.items():
        query = (
            sa.select(tally.c.series)
            .where(tally.c.scope == str(scope), tally.c.bucket >= start, tally.c.bucket < end)
            .where(_counted_templated)
            .group_by(tally.c.series)
            .having(sa.func.sum(tally.c.messages) >= sends)
            .order_by(tally.c.series)
        )
        found += [Series(scope, name) for name in connection.scalars(query)]
    return tuple(found)


def first_volume(connection: sa.Connection) -> float | None:
    """When the first counted send of anybody was made, in seconds since the epoch."""
    first = connection.scalar(
        sa.select(sa.func.min(tally.c.bucket)).where(tally.c.scope == str(Scope.ORGANISATION))
    )
    return None if first is None else float(first)


def first_sent(connection: sa.Connection, templates: Iterable[str]) -> dict[str, float]:
    """When each of some templates was first sent."""
    wanted = sorted(set(templates))
    query = sa.select(template.c.id, template.c.first_sent).where(template.c.id.in_(wanted))
    return {row.id: row.first_sent for row in connection.execute(query)}


def senders(connection: sa.Connection) -> int:
    """How many people have ever sent something that is counted."""
    query = sa.select(tally.c.series).where(tally.c.scope == str(Scope.SENDER)).distinct()
    return connection.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def templates_in_use(connection: sa.Connection, since: float) -> int:
    """How many templates that reached enough people were sent from `since` on."""
    query = sa.select(sa.func.count()).where(template.c.reached, template.c.last_sent >= since)
    return connection.scalar(query) or 0


def nobody(_sender: str, _team: str) -> None:
    """Show no sender."""


def extent(
    connection: sa.Connection,
    one: Series,
    start: float,
    end: float,
    name: Callable[[str, str], str | None] = nobody,
) -> Extent:
    """Count the templated sends of a series between two moments (seconds since the epoch).

    Args:
        name: how a sender of a team may be shown; None: not at all.
    """
    where = _sent_templated & (send.c.sent_at >= start) & (send.c.sent_at < end) & _of(one)
    return count_sends(connection, where, name)


def count_sends(
    connection: sa.Connection, where: sa.ColumnElement[bool], name: Callable[[str, str], str | None] = nobody
) -> Extent:
    """Count the sends that `where` chooses; `name` as in `extent`."""
    totals = connection.execute(
        sa.select(
            sa.func.count().label("messages"),
            sa.func.coalesce(sa.func.sum(send.c.deliveries), 0).label("deliveries"),
            sa.func.coalesce(sa.func.sum(sa.cast(send.c.merge_failure, sa.Integer)), 0).label(
                "merge_failures"
            ),
            sa.func.min(send.c.sent_at).label("first_sent"),
            sa.func.max(send.c.sent_at).label("last_sent"),
        ).where(where)
    ).one()
    people = connection.scalar(
        sa.select(sa.func.count(recipient.c.address.distinct()))
        .select_from(recipient.join(send, recipient.c.send_id == send.c.id))
        .where(where, recipient.c.external)
    )
    return Extent(
        totals.messages, totals.deliveries, people or 0, totals.merge_failures,
        totals.first_sent, totals.last_sent,
        _teams(connection, where, name), _templates(connection, where),
    )  # fmt: skip


def _teams(
    connection: sa.Connection, where: sa.ColumnElement[bool], name: Callable[[str, str], str | None]
) -> tuple[TeamPart, ...]:
    """What each team contributed, most sends first."""
    messages = sa.func.count().label("messages")
    query = (
        sa.select(send.c.team, send.c.sender, messages)
        .where(where)
        .group_by(send.c.team, send.c.sender)
        .order_by(messages.desc(), send.c.team, send.c.sender)
    )
    rows: dict[str, list[tuple[str, int]]] = {}
    for row in connection.execute(query):
        rows.setdefault(row.team, []).append((row.sender, row.messages))
    parts = [
        TeamPart(
            team,
            len(senders),
            sum(sent for _, sent in senders),
            tuple(shown for sender, _ in senders if (shown := name(sender, team)) is not None),
        )
        for team, senders in rows.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.messages, part.team)))


def _templates(connection: sa.Connection, where: sa.ColumnElement[bool]) -> tuple[TemplatePart, ...]:
    messages = sa.func.count().label("messages")
    query = (
        sa.select(send.c.template, template.c.name, template.c.wording, messages)
        .select_from(send.outerjoin(template, template.c.id == send.c.template))
        .where(where, send.c.template.is_not(None))
        .group_by(send.c.template, template.c.name, template.c.wording)
        .order_by(messages.desc(), send.c.template)
        .limit(3)
    )
    return tuple(
        TemplatePart(row.template, row.name, row.wording, row.messages) for row in connection.execute(query)
    )
