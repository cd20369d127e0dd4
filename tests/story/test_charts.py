"""Pictures: what is drawn, the same as PNG and SVG, and what they say in words."""

import io
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from auditor.statistics.figures import Parts
from auditor.statistics.usual import Band
from auditor.statistics.weeks import Week
from auditor.story.charts import HEIGHT, WIDTH, DayCount, days_chart, round_up, weeks_chart
from auditor.story.picture import COLOURS, Box, Label, Line, Picture, Tone
from auditor.story.png import PIXELS, png
from auditor.story.svg import svg

DAY = date(2026, 11, 4)
USUAL = Band(35, 12, 70)
COUNTS = [34, 40, 0, 1, 36, 41, 38, 30, 44, 0, 0, 39, 42, 412]


def days(counts: list[int], usual: Band | None = USUAL) -> Picture:
    return days_chart([DayCount(DAY + timedelta(n), one, usual) for n, one in enumerate(counts)], "sends")


def boxes(picture: Picture, tone: Tone) -> list[Box]:
    return [one for one in picture.shapes if isinstance(one, Box) and one.tone is tone]


def test_the_last_day_stands_out_and_every_day_has_its_band() -> None:
    picture = days(COUNTS)
    assert len(boxes(picture, Tone.BAND)) == 14
    assert len(boxes(picture, Tone.LOUD)) == 1
    assert len(boxes(picture, Tone.QUIET)) == 10  # three days had nothing
    loud, band = boxes(picture, Tone.LOUD)[0], boxes(picture, Tone.BAND)[-1]
    assert loud.y < band.y  # it rises above what is usual


def test_a_column_of_one_can_be_seen_beside_hundreds() -> None:
    smallest = min(box.height for box in boxes(days(COUNTS), Tone.QUIET))
    assert smallest >= 1


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(st.integers(0, 10**7), max_size=20),
    band=st.none() | st.builds(Band, st.floats(0, 9e6), st.floats(0, 9e6), st.floats(0, 9e6)),
)
def test_nothing_is_drawn_outside(counts: list[int], band: Band | None) -> None:
    for shape in days(counts, band).shapes:
        left, upper, right, lower = _edges(shape)
        assert 0 <= left <= right <= WIDTH + 0.01
        assert -1 <= upper <= lower <= HEIGHT


def _edges(shape: Box | Line | Label) -> tuple[float, float, float, float]:
    match shape:
        case Box(x, y, width, height):
            return x, y, x + width, y + height
        case Line(x1, y1, x2, y2):
            return x1, y1, x2, y2
        case Label(x, y, _):
            return x, y, x, y


def test_png_is_the_same_every_time_and_sharp_on_a_phone() -> None:
    octets = png(days(COUNTS))
    assert octets == png(days(COUNTS))
    assert len(octets) < 20_000
    image = Image.open(io.BytesIO(octets)).convert("RGB")
    assert image.size == (WIDTH * PIXELS, HEIGHT * PIXELS)
    loud = boxes(days(COUNTS), Tone.LOUD)[0]
    middle = (loud.x + loud.width / 2) * PIXELS, (loud.y + loud.height / 2) * PIXELS
    assert "#{:02x}{:02x}{:02x}".format(*image.getpixel(tuple(map(int, middle)))) == COLOURS[Tone.LOUD]


def test_svg_is_well_formed_and_holds_the_same_shapes() -> None:
    picture = days(COUNTS)
    root = ET.fromstring(svg(picture))
    kinds = [node.tag.rpartition("}")[2] for node in root.iter()]
    assert kinds.count("rect") == 1 + sum(isinstance(one, Box) for one in picture.shapes)
    assert kinds.count("line") == sum(isinstance(one, Line) for one in picture.shapes)
    assert kinds.count("text") == sum(isinstance(one, Label) for one in picture.shapes)
    assert root.attrib["aria-label"] == picture.words
    assert not {"script", "style", "image", "foreignObject"} & set(kinds)


def test_words_of_a_picture_are_escaped() -> None:
    assert "<script>" not in svg(Picture(10, 10, (Label(0, 0, "<script>"),), '"><script>'))


def test_weeks_have_three_parts_and_a_target() -> None:
    weeks = [Week(DAY + timedelta(7 * n), Parts(30 + n, 20, 50 - n)) for n in range(3)]
    picture = weeks_chart([*weeks, Week(DAY + timedelta(21), Parts())], target=0.4)
    for tone in (Tone.MASS, Tone.TAILORED, Tone.PERSONAL):
        assert len(boxes(picture, tone)) == 3
    heights = [
        sum(column) for column in zip(*([b.height for b in boxes(picture, t)] for t in _PARTS), strict=True)
    ]
    assert heights == pytest.approx([heights[0]] * 3)
    assert any(isinstance(one, Line) and one.dashed for one in picture.shapes)
    assert picture.words.endswith("30%, 31%, 32%, nothing sent. Target: at most 40%")
    assert png(picture).startswith(b"\x89PNG")


_PARTS = (Tone.MASS, Tone.TAILORED, Tone.PERSONAL)


def test_without_days_or_weeks_there_is_still_a_picture() -> None:
    for picture in (days([]), weeks_chart([])):
        assert png(picture).startswith(b"\x89PNG")
        assert picture.words.startswith("No ")


def test_an_axis_ends_evenly() -> None:
    assert [round_up(value) for value in (0, 10, 11, 70, 99, 101, 412, 900)] == [
        10, 10, 20, 80, 100, 200, 600, 1000
    ]  # fmt: skip
