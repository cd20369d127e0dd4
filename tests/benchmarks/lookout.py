"""One look of the daemon, its SQL included, at a company of many people."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from auditor.config.sections import Config
from auditor.lookout.tick import Lookout
from auditor.people import People, Person
from auditor.statistics.series import DAY, HOUR, MINUTE
from auditor.store.database import schema
from auditor.store.engine import Store, open_temporary

WEEKS = 8
TEAMS = 50
A_MINUTE = 40
"""Templated sends in a minute of a busy hour."""

_ROWS_AT_ONCE = 20_000
_CONFIG = Config.model_validate(
    {
        "organisation": {"domains": ["example.org"], "timezone": "UTC"},
        "alerts": {"to": ["ops@example.org"]},
        "smtp": {"sender": "auditor@example.org"},
    }
)


def looks(start: int, people: int, minutes: int = 40) -> tuple[float, float]:
    """CPU seconds of the looks of some busy minutes: the median one and the slowest.

    Args:
        start: the moment at which the history begins, a Monday; seconds since the epoch.
        people: how many senders there are, in 50 teams.
        minutes: so many looks, one a minute; the first, which learns what is usual, is left out.
    """
    persons = [Person(f"p{n}@example.org", team=f"team{n % TEAMS}", timezone="UTC") for n in range(people)]
    company = People.of(["example.org"], persons)
    chance = np.random.default_rng(1)
    now = float(start + WEEKS * 7 * DAY + 9 * HOUR)
    with TemporaryDirectory() as folder:
        store = open_temporary(Path(folder) / "store.db")
        _fill(store, _history(chance, company, start))
        lookout, number, spent = Lookout(_CONFIG, company), 0, []
        for minute in range(minutes):
            moment = now + minute * MINUTE
            rows = [_send(chance, company, moment, number + n) for n in range(A_MINUTE)]
            number += A_MINUTE
            store.run_here(lambda c, rows=rows: c.execute(sa.insert(schema.send), rows))
            _fill(store, _tally_of(rows))
            begin = time.process_time()
            store.run_here(lambda c, at=moment: lookout.tick(c, at + MINUTE, start + DAY))
            spent.append(time.process_time() - begin)
        store.close()
    return float(np.median(spent[1:])), max(spent[1:])


def _history(chance: np.random.Generator, company: People, start: int) -> Iterator[dict[str, object]]:
    """Hours in which each of the people sent a few mails, and the sums of teams and of everybody."""
    sums: dict[tuple[str, str, int], int] = {}
    for address in company.persons:
        for day in chance.choice(WEEKS * 5, 20, replace=False).tolist():
            hour = start + (day // 5 * 7 + day % 5) * DAY + int(chance.integers(8, 17)) * HOUR
            yield _row("sender", address, hour, HOUR, 2)
            for whole in (("team", company.team(address), hour), ("organisation", "", hour)):
                sums[whole] = sums.get(whole, 0) + 2
    for (scope, series, hour), sends in sums.items():
        yield _row(scope, series, hour, HOUR, sends)


def _send(chance: np.random.Generator, company: People, moment: float, number: int) -> dict[str, object]:
    address = f"p{int(chance.integers(len(company.persons)))}@example.org"
    return {
        "id": number + 1, "identity": (number + 1).to_bytes(16, "big"), "sender": address,
        "team": company.team(address), "sent_at": moment, "stored_at": moment, "live": True, "past": False,
        "direction": "external", "shape": "new", "quotes_other": False, "bcc": 0, "deliveries": 1,
        "words": b"", "word_count": 60, "short": False, "merge_failure": False, "kind": "new",
        "class": "mass", "template": f"t{int(chance.integers(500))}", "share": 0.0, "judged_seq": number + 1,
    }  # fmt: skip


def _tally_of(rows: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """The rows of the tally that some sends of this minute are counted in."""
    for row in rows:
        bucket = int(float(str(row["sent_at"])) // 300) * 300
        series = (
            ("sender", row["sender"]), ("team", row["team"]), ("template", row["template"]),
            ("organisation", ""),
        )  # fmt: skip
        for scope, name in series:
            yield _row(scope, str(name), bucket, 300, 1)


def _row(scope: str, series: str, bucket: int, width: int, sends: int) -> dict[str, object]:
    return {
        "scope": scope, "series": series, "bucket": bucket, "width": width, "direction": "external",
        "kind": "new", "class": "mass", "messages": sends, "deliveries": sends, "own_words": 0,
        "words": 60 * sends, "merge_failures": 0,
    }  # fmt: skip


def _fill(store: Store, rows: Iterator[dict[str, object]]) -> None:
    """Add to the tally, many rows at once."""
    table = schema.tally
    query = insert(table)
    added = ("messages", "deliveries", "words")
    query = query.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: table.c[name] + query.excluded[name] for name in added},
    )
    held: list[dict[str, object]] = []
    for row in rows:
        held.append(row)
        if len(held) == _ROWS_AT_ONCE:
            store.run_here(lambda c, some=held: c.execute(query, some))
            held = []
    if held:
        store.run_here(lambda c: c.execute(query, held))
