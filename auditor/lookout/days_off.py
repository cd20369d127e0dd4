"""Holidays of countries, and a company's own dates, as the statistics know days off.

A country's holidays hold for the people whose time zone lies in that country.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import holidays

from auditor.errors import UsageError
from auditor.statistics.days_off import NONE, DaysOff

_EPOCH = date(1970, 1, 1).toordinal()


def days_off(
    countries: Iterable[str], dates: Iterable[date], zones: Collection[str], years: Collection[int]
) -> DaysOff:
    """The days off of people in some time zones over some years.

    Args:
        countries: ISO 3166 codes, a part of the country behind a hyphen: DE, US, DE-BY.
        dates: the company's own, for everybody.

    Raises:
        UsageError: a country that nobody knows.
    """
    by_zone: dict[str, set[int]] = {}
    for country in countries:
        days = _holidays(country.upper(), tuple(sorted(years)))
        for zone in zones:
            if _countries().get(zone) == country.upper().partition("-")[0]:
                by_zone.setdefault(zone, set()).update(days)
    everywhere = frozenset(day.toordinal() - _EPOCH for day in dates)
    return DaysOff(everywhere, {zone: frozenset(days) for zone, days in by_zone.items()})


def read_days_off(given: str | None, zones: Collection[str], years: Collection[int]) -> DaysOff:
    """What `--holidays` names: countries as in DE or DE,US, or a file with one date on each line.

    Raises:
        UsageError: neither; or a line of the file that is no date.
    """
    if given is None:
        return NONE
    path = Path(given)
    if not path.exists() and all(known_country(code) for code in given.split(",")):
        return days_off(given.split(","), (), zones, years)
    return days_off((), _dates(path), zones, years)


def known_country(code: str) -> bool:
    """Whether the holidays of a country, or of a part of it, are known."""
    try:
        _holidays(code.upper(), (2024,))
    except UsageError:
        return False
    return True


@lru_cache(maxsize=64)
def _holidays(code: str, years: tuple[int, ...]) -> frozenset[int]:
    country, _, part = code.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        raise UsageError(
            f"{code}: no such country or part of one; write holidays as in DE, US-CA, or name a file"
        ) from None
    return frozenset(day.toordinal() - _EPOCH for day in found)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """The country in which each time zone lies, as the time zone database says."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def _dates(path: Path) -> list[date]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"{path}: neither a country as in DE or DE,US nor a readable file of dates"
        ) from None
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                raise ValueError
            found.append(date.fromisoformat(text))
        except ValueError:
            raise UsageError(f"{path}:{number}: write one date a line, as in 2026-12-24") from None
    return found
