"""The screen fits a small terminal, and the log tells each piece of news once."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from auditor.demo.postbox import Letter
from auditor.demo.scene import Scene, draw, told
from auditor.statistics.figures import Parts

LETTER = Letter("Spike: 20 sends", "\n".join(f"line {n}" for n in range(60)), Path("/demo/letter-1.html"))
SCENE = Scene(
    seconds=31.0,
    act="a blast",
    filed=90,
    judged=88,
    day=Parts(50, 10, 40),
    week=Parts(),
    teams=(("North", Parts(1, 1, 1)), ("South", Parts()), ("West", Parts(0, 0, 3))),
    incidents=((2, "Template b: 20 sends"), (1, "Template a: 9 sends")),
    letters=(LETTER,),
    page="http://127.0.0.1:1/?token=t",
    metrics="http://127.0.0.1:1/metrics",
)


def drawn(scene, height):
    console = Console(file=StringIO(), width=100, height=height)
    console.print(draw(scene, height))
    return console.file.getvalue()


def test_everything_that_matters_fits_into_24_lines():
    text = drawn(SCENE, 24)
    assert len(text.splitlines()) <= 24
    for shown in (
        "token=t",
        "/metrics",
        "mass 50%, tailored 10%, personal 40%",
        "nothing sent",
        "letter-1.html",
    ):
        assert shown in text
    assert "line 3" not in text
    assert "line 3" in drawn(SCENE, 50)


def test_news_is_told_once():
    first = list(told(SCENE, None))
    again = list(told(SCENE, SCENE))
    assert sum("open it: file:///demo/letter-1.html" in line for line in first) == 1
    assert len(again) == 1
    assert (
        sum("incident:" in line for line in told(SCENE, replace(SCENE, incidents=SCENE.incidents[1:]))) == 1
    )
