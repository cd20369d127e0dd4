"""What the attributes of one HTML element do to the text inside it: hide it, colour it, shrink it.

Colours are compared as a reader's eye does: text is unseen where it has nearly the colour of what lies
behind it, whichever colour that is.
"""

import re
from functools import lru_cache
from typing import NamedTuple

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
SAME = 24  # of 255: colours whose every channel is so near are one to the eye
CLEAR = 0.1  # opacity under which nothing is seen

# What a reader cannot see. Each alternative begins with a property's name and gives no space back: linear.
_HIDDEN = re.compile(
    r"(?:^|[;{\s])(?:"
    r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)|mso-hide\s*+:\s*+all"
    r"|opacity\s*+:\s*+0?(?:\.0\d{0,9})?%?\s*+(?:[;!}]|$)|filter\s*+:\s*+opacity\(\s*+0%?\s*+\)"
    r"|(?:max-)?(?:height|width)\s*+:\s*+0(?:px|pt|em|%)?\s*+(?:[;!}]|$)"
    r"|text-indent\s*+:\s*+-\d{3,}|(?:left|top|right|bottom|margin-left|margin-top)\s*+:\s*+-\d{3,}"
    r"|clip\s*+:\s*+rect\(\s*+[01]|clip-path\s*+:\s*+(?:inset\(\s*+(?:50|100)%|circle\(\s*+0)"
    r"|transform\s*+:\s*+(?:scale\(\s*+0\s*+[,)]|translate[xy]?\(\s*+-\d{3,})"
    r")",
    re.IGNORECASE,
)
_CLIPPED = re.compile(r"(?:^|[;{\s])overflow\s*+:\s*+hidden", re.IGNORECASE)
_ONE_PIXEL = re.compile(r"(?:^|[;{\s])(?:max-)?(?:height|width)\s*+:\s*+1px\s*+(?:[;!}]|$)", re.IGNORECASE)
_SIZE = re.compile(
    r"(?:^|[;{\s])font(?:-size)?\s*:[^;]{0,40}?(\d+(?:\.\d+)?)(px|pt|em|rem|%)?", re.IGNORECASE
)
_TINY = {"": 3.0, "px": 3.0, "pt": 2.0, "em": 0.2, "rem": 0.2, "%": 20.0}
_RELATIVE = frozenset({"em", "%"})
_COLOUR = re.compile(r"(?:^|[;{\s])color\s*:\s*([^;]{1,60})", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|[;{\s])background(?:-color|-image)?\s*:\s*([^;]{1,300})", re.IGNORECASE)
_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+(\d?\.?\d{1,9}))?")
_NAMED: dict[str, Colour] = {
    "white": WHITE,
    "black": BLACK,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "floralwhite": (255, 250, 240),
}
_OUTLOOK_BORDER = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+#[0-9a-f]{6}", re.IGNORECASE)


class Style(NamedTuple):
    """What an element changes for the text inside; None where it changes nothing."""

    hidden: bool = False
    clear: bool | None = None  # written in no colour at all
    colour: Colour | None = None
    background: Colour | str | None = None  # "?" for one that cannot be told: a picture, a variable
    tiny: bool | None = None
    kept: bool = False  # line breaks in the source are line breaks on the screen
    replied: bool = False  # the line that Outlook draws above what it answers


NO_STYLE = Style()


@lru_cache(maxsize=5_000)  # a mail program writes the same few styles into every mail
def style(text: str) -> Style:
    """What the value of a style attribute does."""
    colour = _COLOUR.search(text)
    clear, shade = _colour(colour[1]) if colour else (None, None)
    size = _SIZE.search(text)
    tiny: bool | None = None
    if size:
        unit = (size[2] or "").lower()
        tiny = float(size[1]) < _TINY.get(unit, 3.0) or (None if unit in _RELATIVE else False)
    return Style(
        hidden=bool(_HIDDEN.search(text) or (_ONE_PIXEL.search(text) and _CLIPPED.search(text))),
        clear=clear,
        colour=shade,
        background=_background(text),
        tiny=tiny,
        kept="pre-wrap" in text or "pre-line" in text,
        replied=bool(_OUTLOOK_BORDER.search(text)),
    )


def hides(rule: str) -> bool:
    """Whether the body of a style sheet's rule hides by itself, whatever lies around."""
    return bool(_HIDDEN.search(rule))


def background(value: str) -> Colour | str | None:
    """What lies behind the text according to a bgcolor attribute or the value of a background property."""
    lower = value.strip().lower()
    if "url(" in lower or "gradient" in lower:
        return "?"
    if not lower or lower.startswith(
        ("none", "transparent", "inherit", "initial", "unset", "0 0", "no-repeat")
    ):
        return None
    clear, shade = _colour(lower)
    return None if clear else shade or "?"


def colour(value: str) -> Colour | None:
    """The colour that a color attribute names; None when it cannot be told."""
    return _colour(value)[1]


def same(one: Colour, other: Colour) -> bool:
    """Whether two colours are one to the eye."""
    return all(abs(a - b) <= SAME for a, b in zip(one, other, strict=True))


def _background(text: str) -> Colour | str | None:
    found: Colour | str | None = None
    for match in _BACKGROUND.finditer(text):
        found = background(match[1]) or found
    return found


def _colour(value: str) -> tuple[bool, Colour | None]:
    """Whether a colour is clear, and which it is; unknown ones are neither."""
    lower = value.strip().lower()
    if lower.startswith("transparent"):
        return True, None
    if match := _RGB.match(lower):
        return (
            float(match[4] or 1) < CLEAR,
            (min(int(match[1]), 255), min(int(match[2]), 255), min(int(match[3]), 255)),
        )
    if match := _HEX.match(lower):
        digits = match[1] if len(match[1]) > 4 else "".join(digit * 2 for digit in match[1])
        clear = len(digits) == 8 and int(digits[6:], 16) < CLEAR * 255
        return clear, (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    return False, _NAMED.get(re.split(r"[^a-z]", lower, maxsplit=1)[0])
