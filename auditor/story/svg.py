"""A picture as SVG, for pages and reports: no script, no style sheet, nothing from elsewhere."""

from html import escape

from auditor.story.picture import COLOURS, PAPER, TEXT, Box, Label, Line, Picture, Shape

_FAMILY = "system-ui, -apple-system, 'Segoe UI', sans-serif"


def svg(picture: Picture) -> str:
    """The picture as one SVG element; it fills the width it is given, up to its own."""
    size = f"{_n(picture.width)} {_n(picture.height)}"
    words = escape(picture.words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_n(picture.width)}" '
        f'height="{_n(picture.height)}" role="img" aria-label="{words}" font-family="{_FAMILY}" '
        f'font-size="{_n(TEXT)}"><title>{words}</title>'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{"".join(map(_shape, picture.shapes))}</svg>'
    )


def _shape(shape: Shape) -> str:
    colour = COLOURS[shape.tone]
    match shape:
        case Box(x, y, width, height):
            place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            return f'<rect {place} fill="{colour}"/>'
        case Line(x1, y1, x2, y2):
            ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
            dashes = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return f'<line {ends} stroke="{colour}" stroke-width="{_n(shape.width)}"{dashes}/>'
        case Label(x, y, text):
            place = f'x="{_n(x)}" y="{_n(y)}" text-anchor="{shape.anchor}"'
            return f'<text {place} fill="{colour}">{escape(text)}</text>'


def _n(value: float) -> str:
    """A length without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
