"""From plain text to lines: quote marks read off, soft and hard wraps taken back (RFC 3676)."""

import re

from auditor.message.lines import Line, Mark

MAX_TEXT_CHARS = 200_000
MAX_LINES = 20_000  # as they are wrapped; of those that are not, quote.py looks at 4,000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_QUOTE_MARKS = re.compile(r"[> ]*>")
_STARTS_AFRESH = re.compile(
    r"\s|[-*•·–—+#=_|>\[(]|\d{1,3}[.)]|--|(?:On|Le|Am|El|Il|Em|Op|From|Von|De|Da|Van)\b"
)
_WRAP_AT = 66  # hard wraps fall between 66 and 80 columns


def visible_lines(text: str, flowed: bool = False, del_sp: bool = False) -> list[Line]:
    """The lines of a plain text part; wrapped lines of one paragraph are one line again."""
    text = text[:MAX_TEXT_CHARS]
    if _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
    found: list[Line] = []
    open_ended = False
    last = 0  # columns of the physical line before
    for physical in text.splitlines()[:MAX_LINES]:
        depth, line = unquoted(physical)
        if flowed and line.startswith(" "):
            line = line[1:]
        mark = Mark.QUOTED if depth else Mark.OWN
        if found and found[-1].depth == depth and _continues(line, open_ended, last):
            before = found[-1].text
            joined = before.rstrip(" ") if not (del_sp and open_ended) else before[:-1]
            found[-1] = Line(joined + ("" if del_sp and open_ended else " ") + line.lstrip(), mark, depth)
        else:
            found.append(Line(line, mark, depth))
        open_ended = flowed and line.endswith(" ") and line != "-- "
        last = len(physical.rstrip())
    return [Line(line.text.strip() if line.text != "-- " else "-- ", line.mark, line.depth) for line in found]


def unquoted(line: str) -> tuple[int, str]:
    """Depth of the quote and the line without its marks; one space after them belongs to them."""
    if ">" not in line[:40] or not (marks := _QUOTE_MARKS.match(line)):
        return 0, line
    return marks[0].count(">"), line[marks.end() :].removeprefix(" ")


def _continues(line: str, open_ended: bool, last: int) -> bool:
    if not line or line.isspace():
        return False
    if open_ended:
        return True
    if last < 50 or last > 100 or _STARTS_AFRESH.match(line):
        return False
    first = len(line.partition(" ")[0])
    return last + 1 + first > _WRAP_AT and last >= 58
