"""Lines of visible text, each with what the structure of the mail says about it."""

from enum import Enum
from typing import NamedTuple


class Mark(Enum):
    """What the mail's own structure says of a line, before any wording is looked at."""

    OWN = "own"
    QUOTED = "quoted"  # inside a quote: `>` in plain text, a quoting element in HTML
    SIGNATURE = "signature"  # inside an element that the mail program made for the signature
    REPLIED = "replied"  # the mail program's own mark between the answer and what it answers


class Line(NamedTuple):
    """One line as a reader sees it, without its quote marks; a tuple because a mail has hundreds."""

    text: str
    mark: Mark = Mark.OWN
    depth: int = 0  # of the quote
