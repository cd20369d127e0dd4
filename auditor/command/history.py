"""`auditor history`: the past of the store as a file for Prometheus, and how it is loaded."""

import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from auditor.config import Config
from auditor.errors import AuditorError, UsageError
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.publish.history import Target, write_history
from auditor.statistics.past import Past, by_hour, hours_between, past_of
from auditor.store import past as stored
from auditor.store.engine import Store, open_for_reading, read_meta
from auditor.store.place import place_of

ENDS_BEFORE_SECONDS = 3 * 3600
"""Prometheus keeps the newest hours open; blocks that are loaded must end before them."""

_BLOCK, _LARGE_BLOCK = "48h", "486h"
_LARGE = 100_000
"""Samples. promtool reads the whole file once for each block: with the usual two hours 1,080 times for 90
days, with 48 hours still over a hundred times, with 486 five times."""

_NOT_COMPLETE = """
The first audit is not finished: what is still to be read is missing here. Better wait for it.
"""
_RETENTION_DAYS = 400
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: samples, from when to when (seconds since the epoch), and whether all is read yet."""

    output: Path
    samples: int
    first: int
    last: int
    complete: bool


def write(config: Config, output: Path, target: Target, until: float | None = None) -> Written:
    """Write the past up to `until` (seconds since the epoch; three hours ago at the latest) to `output`.

    Works beside a running daemon; the store is only read, one team at a time.

    Raises:
        UsageError: nothing was sent in that time.
        AuditorError: the output cannot be written.
        StoreError: the store is not there, or cannot be read.
    """
    latest = time.time() - ENDS_BEFORE_SECONDS
    store = open_for_reading(place_of(config.store), Pseudonyms(load_key(config.store.key_path)))
    try:
        first = store.run_here(stored.first_hour)
        hours = range(0) if first is None else hours_between(first, min(until or latest, latest))
        if not hours:
            raise UsageError(
                "the store knows of no send before that time; let the first audit finish, then ask again"
            )
        samples = _write(_pasts(store, hours), target, output)
        complete = store.run_here(lambda connection: read_meta(connection, "armed_at")) is not None
    finally:
        store.close()
    return Written(output, samples, hours[0], hours[-1], complete)


def block_for(written: Written) -> str:
    """The longest block that promtool shall make of it."""
    return _BLOCK if written.samples < _LARGE else _LARGE_BLOCK


def _pasts(store: Store, hours: Sequence[int]) -> Iterator[tuple[str | None, Past]]:
    for team in (None, *store.run_here(stored.teams)):
        # A transaction for each: one over the whole past would keep the daemon's log from being folded in.
        sent = store.run_here(lambda connection, team=team: by_hour(stored.hours(connection, team)))  # type: ignore[misc]  # a default argument binds the loop's value
        yield team, past_of(sent, hours)


def _write(pasts: Iterator[tuple[str | None, Past]], target: Target, output: Path) -> int:
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".auditor-history-", dir=output.parent) as folder,
            output.open("w", encoding="utf-8") as file,
        ):
            return write_history(pasts, target, file, Path(folder))
    except OSError as error:
        raise AuditorError(
            f"{output}: cannot write there: {error.strerror}; choose another --output"
        ) from None


def recipe(written: Written, timezone: str, now: float) -> str:
    """What was written, and every step until the dashboards show it."""
    zone = ZoneInfo(timezone)
    days = math.ceil((now - written.first) / _DAY)
    retention = max(_RETENTION_DAYS, days + 35)
    missing = "" if written.complete else _NOT_COMPLETE
    return f"""\
{written.output}: {written.samples:,} samples, one an hour, from {_moment(written.first, zone)} \
to {_moment(written.last, zone)} ({timezone}).
{missing}
Load it once, with the account that Prometheus runs under; DATA is the folder of its --storage.tsdb.path.

1. Let Prometheus keep it. Start it with

     --storage.tsdb.retention.time={retention}d

   Without this it deletes whatever is older than 15 days, and says nothing.

2. Make the blocks, straight into its folder:

     promtool tsdb create-blocks-from --max-block-duration={block_for(written)} \\
         openmetrics {written.output} DATA

3. Wait a minute, or start Prometheus again: it finds the new blocks by itself. To see that they are there:

     promtool query instant --time={written.last} http://127.0.0.1:9090 'count(auditor_window_messages)'

If Prometheus has scraped this auditor for longer than three hours, let the history end where that began:
--until TIME. Loaded twice, or over what was scraped, blocks contradict each other.
"""


def _moment(seconds: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).strftime("%-d %b %Y, %H:%M")
