"""`auditor history`: the past of the store as a file for Prometheus, and how it is loaded."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from auditor.command import client
from auditor.command.options import write_out
from auditor.config import Config
from auditor.publish.history import Target
from auditor.question.past import WriteHistory

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

    Raises:
        UsageError: nothing was sent in that time.
        AuditorError: the output cannot be written.
        StoreError: the store is not there, or cannot be read.
    """
    told = client.ask(config, WriteHistory(target.job, target.instance, until))
    write_out(told["text"], output)
    return Written(output, told["samples"], told["first"], told["last"], told["complete"])


def block_for(written: Written) -> str:
    """The longest block that promtool shall make of it."""
    return _BLOCK if written.samples < _LARGE else _LARGE_BLOCK


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
