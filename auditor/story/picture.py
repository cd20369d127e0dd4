"""A picture as a description: shapes in a plane, with the words that stand for it where it is not shown.

Drawn once, shown twice: `story.svg` writes it for pages and reports, `story.png` for mail, whose readers
show neither SVG nor script. Lengths are those of a narrow phone; x grows to the right, y downwards.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

TEXT = 13.0
"""Height of letters. A phone shows the picture about as wide as it is described."""


class Tone(StrEnum):
    """What a colour means; `COLOURS` says what it looks like."""

    INK = "ink"
    FAINT = "faint"  # the ground line, labels
    GRID = "grid"
    BAND = "band"  # what is usual
    EXPECTED = "expected"  # the middle of it
    QUIET = "quiet"  # a column that is not the point
    LOUD = "loud"  # the one that is
    MASS = "mass"
    TAILORED = "tailored"
    PERSONAL = "personal"
    TARGET = "target"


PAPER = "#ffffff"
COLOURS = {
    Tone.INK: "#1d2733",
    Tone.FAINT: "#5a6675",
    Tone.GRID: "#e1e6ec",
    Tone.BAND: "#d5e3f0",
    Tone.EXPECTED: "#6f97bd",
    Tone.QUIET: "#8a99ab",
    Tone.LOUD: "#c4581c",
    Tone.MASS: "#c4581c",  # the three parts as on the page
    Tone.TAILORED: "#d9a33a",
    Tone.PERSONAL: "#1c7c70",
    Tone.TARGET: "#1d2733",
}
"""On white."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line, level or upright."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text; `y` is its base line. Digits and names of months: nothing of a mail stands here."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    tone: Tone = Tone.FAINT


Shape = Box | Line | Label


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes from the back to the front, and `words`: what they say, for whoever does not see them."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    words: str
