"""A picture as PNG, for mail; the only home of Pillow.

Of the libraries that write PNG this is the lightest that brings letters of its own: a server without any
font draws the same picture. Twice as many pixels as the picture is wide, so that it is sharp on a phone.
"""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from auditor.story.picture import COLOURS, PAPER, TEXT, Box, Label, Line, Picture

PIXELS = 2
"""To a unit of the description."""

_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_DASH, _GAP = 4.0, 3.0


def png(picture: Picture) -> bytes:
    """The picture as a PNG file; the same picture gives the same octets."""
    image = Image.new("RGB", (round(picture.width * PIXELS), round(picture.height * PIXELS)), PAPER)
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        colour = COLOURS[shape.tone]
        match shape:
            case Box(x, y, width, height):
                _fill(draw, (x, y, x + width, y + height), colour)
            case Line():
                _line(draw, shape, colour)
            case Label(x, y, text):
                place = x * PIXELS, y * PIXELS
                draw.text(place, text, fill=colour, font=_font(), anchor=_ANCHORS[shape.anchor])
    octets = BytesIO()
    # A few flat colours and the edges of letters: a palette halves the file and changes nothing to see.
    image.quantize(64, dither=Image.Dither.NONE).save(octets, "PNG", optimize=True)
    return octets.getvalue()


def _fill(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], colour: str) -> None:
    """Fill from the first corner up to, not including, the second; a sliver is one pixel."""
    left, top, right, bottom = (round(one * PIXELS) for one in box)
    draw.rectangle((left, top, max(right - 1, left), max(bottom - 1, top)), fill=colour)


def _line(draw: ImageDraw.ImageDraw, line: Line, colour: str) -> None:
    half = line.width / 2
    level = line.y1 == line.y2
    start, end = (line.x1, line.x2) if level else (line.y1, line.y2)
    while start < end:
        stop = min(start + _DASH, end) if line.dashed else end
        along = start, stop
        box = (
            (along[0], line.y1 - half, along[1], line.y1 + half)
            if level
            else (line.x1 - half, along[0], line.x1 + half, along[1])
        )
        _fill(draw, box, colour)
        start = stop + _GAP


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The letters that Pillow ships."""
    return ImageFont.load_default(TEXT * PIXELS)
