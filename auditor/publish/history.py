"""The past as OpenMetrics with timestamps, the form that Prometheus loads as blocks.

One family after the other and one series after the other: the format forbids that they interleave
(OpenMetrics 1.0, "Overall Structure"). So each family grows in a file of its own while the teams are gone
through once, and memory is that of one team.
"""

import contextlib
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import IO

from auditor.statistics.past import Columns, Past

PREFIX = "auditor_"
CELL = ("team", "direction", "kind", "class", "window")
RATIO = ("kind", "window", "unit")
SHARE = ("kind", "window")

FAMILIES: Mapping[str, str] = {
    "window_messages": "Sends of the window, as judged today.",
    "window_deliveries": "Recipients of the sends of the window, as judged today.",
    "mass_ratio": "Mass-sent, of all mass, tailored and personal external sends.",
    "personalized_ratio": "Tailored and personal, of all mass, tailored and personal external sends.",
    "handwritten_share_ratio": "Words that only one recipient received, of the words of external sends.",
    "organization_mass_ratio": "Mass-sent, of all mass, tailored and personal external sends.",
    "organization_personalized_ratio": "Tailored and personal, of all of the three.",
    "organization_handwritten_share_ratio": "Words that only one recipient received, of all words.",
}
"""What history has, by name without the prefix: the metrics whose truth can be told for any time."""

_UNSAFE = re.compile(r'[\\"\n]')
_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


@dataclass(frozen=True, slots=True)
class Target:
    """The labels that a scrape would have added: `job` and `instance` of prometheus.yml."""

    job: str
    instance: str


def write_history(
    pasts: Iterable[tuple[str | None, Past]], target: Target, output: IO[str], folder: Path
) -> int:
    """Write all families and return the number of samples.

    Args:
        pasts: of each team, and of the organisation (None), in any order; each is used once and let go.
        folder: where the families grow before they are put together; must have as much room as the output.
    """
    scrape = _labels(("instance", "job"), (target.instance, target.job))
    samples = 0
    with contextlib.ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("w+", encoding="utf-8")) for name in FAMILIES}
        for team, past in pasts:
            for name, labels, columns in _families(team, past):
                samples += _write(files[name], PREFIX + name, labels, columns, past, scrape)
        for name, about in FAMILIES.items():
            output.write(f"# HELP {PREFIX}{name} {about}\n# TYPE {PREFIX}{name} gauge\n")
            files[name].seek(0)
            while block := files[name].read(1 << 20):
                output.write(block)
    output.write("# EOF\n")
    return samples


def _families(team: str | None, past: Past) -> Iterator[tuple[str, tuple[str, ...], Columns]]:
    """The families of one team; the organisation's volumes are the sum of the teams', so it has none."""
    prefix = "organization_" if team is None else ""
    first = () if team is None else (team,)
    name = () if team is None else ("team",)
    if team is not None:
        yield "window_messages", CELL, past.messages
        yield "window_deliveries", CELL, past.deliveries
    mass = {(*first, *labels): column for labels, column in past.mass.items()}
    rest = {labels: array("d", [1 - value for value in column]) for labels, column in mass.items()}
    written = {(*first, *labels): column for labels, column in past.written.items()}
    yield f"{prefix}mass_ratio", (*name, *RATIO), mass
    yield f"{prefix}personalized_ratio", (*name, *RATIO), rest
    yield f"{prefix}handwritten_share_ratio", (*name, *SHARE), written


def _write(
    file: IO[str], name: str, names: tuple[str, ...], columns: Columns, past: Past, scrape: str
) -> int:
    samples = 0
    for values, column in columns.items():
        series = f"{name}{{{_labels(names, values)},{scrape}}}"
        lines = [
            f"{series} {_number(value)} {start}\n"
            for start, value in zip(past.starts, column, strict=True)
            if not isnan(value)
        ]
        file.writelines(lines)
        samples += len(lines)
    return samples


def _labels(names: Iterable[str], values: Iterable[str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))


def _escaped(value: str) -> str:
    return _UNSAFE.sub(lambda found: _ESCAPES[found[0]], value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
