"""What people write: durations (`90s`, `5m`, `24h`, `30d`), sizes (`200KB`, `10MB`), time zones."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {
    "": 1,
    "B": 1,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KIB": 1024,
    "MIB": 1024**2,
    "GIB": 1024**3,
}
# zoneinfo takes a name for that of a file and of a package, and imports it.
_ZONE = re.compile(r"[A-Za-z0-9+_-]{1,40}(?:/[A-Za-z0-9+_-]{1,40}){0,2}")


def is_timezone(name: str) -> bool:
    """Whether `name` is a time zone, as in Europe/Berlin."""
    if not _ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return False
    return True


def duration(text: object) -> timedelta:
    """Read a duration: a number and one of s, m, h, d, w.

    Raises:
        ValueError: with the allowed forms.
    """
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"\s*(\d{1,9})\s*([smhdw])\s*", str(text))
    if match is None:
        raise ValueError(
            'write a duration as a number and a unit in quotes, such as "90s", "5m", "24h", "30d"'
        )
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def size(text: object) -> int:
    """Read a size in bytes: a number and B, KB, MB, GB (or KiB, MiB, GiB).

    Raises:
        ValueError: with the allowed forms.
    """
    match = re.fullmatch(r"\s*(\d{1,12})\s*([A-Za-z]{0,3})\s*", str(text))
    if match is None or match[2].upper() not in _BYTES:
        raise ValueError('write a size as a number and a unit in quotes, such as "200KB", "10MB"')
    return int(match[1]) * _BYTES[match[2].upper()]


def written(value: timedelta) -> str:
    """The shortest form of a duration that `duration` reads back."""
    seconds = int(value.total_seconds())
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(written),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{1,9}\s*[smhdw]\s*$"}),
]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": ["integer", "string"], "pattern": r"^\s*\d{1,12}\s*([KMG]i?B|B)?\s*$"}),
]
