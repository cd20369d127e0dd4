"""Keys that had another name in the last release: understood for one release more, with a warning."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Renamed:
    """A key of a section, what it is called now, and the release that no longer understands the old name."""

    section: str
    old: str
    new: str
    gone_in: str


RENAMED: tuple[Renamed, ...] = ()
"""Whoever renames a key adds a line, and takes out those of the last release."""


def renew(table: dict[str, Any], renamed: Sequence[Renamed] = RENAMED) -> list[tuple[list[str | int], str]]:
    """Give every key in `table`, as read from TOML, the name it has now.

    Returns:
        Where an old name stands, as a path of keys, and the sentence that says so. A key that stands there
        under both names is left alone: the old one is then an unknown key.
    """
    found: list[tuple[list[str | int], str]] = []
    for one in renamed:
        part = table.get(one.section)
        several = part if isinstance(part, list) else [part]
        for number, section in enumerate(several):
            if not isinstance(section, dict) or one.old not in section or one.new in section:
                continue
            section[one.new] = section.pop(one.old)
            place = [one.section, number] if isinstance(part, list) else [one.section]
            said = f"is called {one.new} now; the old name is understood until {one.gone_in}"
            found.append(([*place, one.old], said))
    return found
