"""The past of the store as OpenMetrics, for Prometheus."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

from auditor.config import Config
from auditor.errors import AuditorError, UsageError
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.publish.history import Target, write_history
from auditor.question.house import House
from auditor.statistics.past import Past, by_hour, hours_between, past_of
from auditor.store.database.meta import read_meta
from auditor.store.engine import Store, open_for_reading
from auditor.store.place import place_of
from auditor.store.reading import past as stored

ENDS_BEFORE_SECONDS = 3 * 3600
"""Prometheus keeps the newest hours open; blocks that are loaded must end before them."""


@dataclass(frozen=True, slots=True)
class WriteHistory:
    """The past up to `until` (seconds since the epoch; three hours ago at the latest), for one target."""

    job: str
    instance: str
    until: float | None
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> dict[str, Any]:
        """`text`, `samples`, the `first` and the `last` hour, and whether all is read yet (`complete`)."""
        return await asyncio.to_thread(_written, house.config, Target(self.job, self.instance), self.until)


def _written(config: Config, target: Target, until: float | None) -> dict[str, Any]:
    latest = time.time() - ENDS_BEFORE_SECONDS
    store = open_for_reading(place_of(config.store), Pseudonyms(load_key(config.store.key_path)))
    try:
        first = store.run_here(stored.first_hour)
        hours = range(0) if first is None else hours_between(first, min(until or latest, latest))
        if not hours:
            raise UsageError(
                "the store knows of no send before that time; let the first audit finish, then ask again"
            )
        text = StringIO()
        with tempfile.TemporaryDirectory(prefix="auditor-history-") as folder:
            samples = write_history(_pasts(store, hours), target, text, Path(folder))
        complete = store.run_here(lambda connection: read_meta(connection, "armed_at")) is not None
    except OSError as error:
        raise AuditorError(f"no room to put the history together: {error.strerror}") from None
    finally:
        store.close()
    return {
        "text": text.getvalue(),
        "samples": samples,
        "first": hours[0],
        "last": hours[-1],
        "complete": complete,
    }


def _pasts(store: Store, hours: Sequence[int]) -> Iterator[tuple[str | None, Past]]:
    for team in (None, *store.run_here(stored.teams)):
        # A transaction for each: one over the whole past would keep the daemon's log from being folded in.
        sent = store.run_here(lambda connection, team=team: by_hour(stored.hours(connection, team)))  # type: ignore[misc]  # a default argument binds the loop's value
        yield team, past_of(sent, hours)
