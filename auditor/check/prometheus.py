"""How long Prometheus keeps what it read: history beyond its retention is deleted without a warning."""

import asyncio
import json
import re
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import urlopen

from auditor.check.findings import Finding

ENOUGH_DAYS = 90
"""What the leadership dashboard shows."""

_WAIT_SECONDS = 5
_DAYS = {"y": 365.0, "w": 7.0, "d": 1.0, "h": 1 / 24, "m": 1 / 1440, "s": 1 / 86_400, "ms": 0.0}
_ADVICE = "start it with --storage.tsdb.retention.time=400d"


async def look_at_retention(url: str) -> Finding:
    """Ask the Prometheus at `url` how long it keeps its data."""
    what = f"Prometheus {url}"
    try:
        kept = await asyncio.to_thread(_retention, url)
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "reason", None) or error
        detail = f"does not say how long it keeps data ({why}); check prometheus.url"
        return Finding(what, ok=False, detail=detail)
    days = _days(kept)
    if days is not None and days < ENOUGH_DAYS:
        detail = f"keeps {kept}: the dashboards show {ENOUGH_DAYS} days, older data is deleted; {_ADVICE}"
        return Finding(what, ok=False, detail=detail)
    return Finding(what, ok=True, detail=f"keeps {kept}")


def _retention(url: str) -> str:
    """Its `storageRetention`, such as "15d" or "400d or 10GiB"."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("the address must begin with http:// or https://")
    asked = f"{url.rstrip('/')}/api/v1/status/runtimeinfo"
    with urlopen(asked, timeout=_WAIT_SECONDS) as answer:  # noqa: S310  # its scheme is looked at above
        return str(json.load(answer)["data"]["storageRetention"])


def _days(kept: str) -> float | None:
    """The days in a retention; None where only the size is limited."""
    time, _, _ = kept.partition(" or ")
    parts = re.findall(r"(\d{1,9})(ms|[ywdhms])", time)
    if not parts or re.sub(r"\d{1,9}(ms|[ywdhms])", "", time):
        return None
    return sum(int(count) * _DAYS[unit] for count, unit in parts)
