"""What the demo shows at one moment, and how it is drawn: on a terminal, or as lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from auditor.demo import company
from auditor.demo.postbox import Letter
from auditor.statistics.figures import Parts, TemplateFigure

_BAR = 36  # characters
_TEMPLATES = 4  # shown, the most used first
_OTHER_LINES = 27  # of a terminal, besides the lines of a letter
_LINES_TOLD = 30  # of a letter, where there is no terminal
_COLOURS = {"mass": "dark_orange3", "tailored": "gold3", "personal": "cyan4"}
_BLOCKS = {"mass": "█", "tailored": "▓", "personal": "░"}  # told apart without colour too


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is shown. `filed` counts the mail that the company has sent, `judged` what was read."""

    seconds: float
    act: str
    filed: int
    judged: int
    day: Parts
    week: Parts
    teams: tuple[tuple[str, Parts], ...]
    templates: tuple[TemplateFigure, ...] = ()
    incidents: tuple[tuple[int, str], ...] = ()  # by number, the latest first
    letters: tuple[Letter, ...] = ()
    page: str = ""
    metrics: str = ""


def draw(scene: Scene, height: int) -> RenderableType:
    """The scene for a terminal of `height` lines; what is lowest is cut first."""
    links = Text.assemble(
        ("Page     ", "bold"),
        scene.page or "starting",
        "\n",
        ("Metrics  ", "bold"),
        scene.metrics,
        "\n",
        ("Ctrl-C ends it.", "dim"),
    )
    return Group(
        links,
        Panel(_ratios(scene), title=f"{company.NAME} · {scene.act}", title_align="left"),
        Panel(_news(scene, height - _OTHER_LINES), title="Incidents and letters", title_align="left"),
        Panel(_templates(scene), title="Templates found", title_align="left"),
    )


def told(scene: Scene, before: Scene | None) -> Iterator[str]:
    """The scene as lines for a log: the state, and what is new since `before`."""
    if scene.page and not (before and before.page):
        yield f"page     {scene.page}"
        yield f"metrics  {scene.metrics}"
    yield (
        f"{scene.seconds:5.1f} s  {scene.act}: {scene.judged} of {scene.filed} mails audited; "
        f"24 h {_percentages(scene.day)}; 7 d {_percentages(scene.week)}; "
        f"{len(scene.templates)} templates"
    )
    known = {number for number, _ in before.incidents} if before else set()
    yield from (f"         incident: {said}" for number, said in scene.incidents if number not in known)
    for letter in scene.letters[len(before.letters) if before else 0 :]:
        yield f"         letter: {letter.subject}"
        yield from (f"         | {line}".rstrip() for line in letter.text.splitlines()[:_LINES_TOLD])
        yield f"         open it: {letter.page.as_uri()}"


def _ratios(scene: Scene) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_row("", _key(), "")
    table.add_row("Everybody, 24 h", _bar(scene.day), _percentages(scene.day))
    table.add_row("Everybody, 7 d", _bar(scene.week), _percentages(scene.week))
    for team, parts in scene.teams:
        table.add_row(f"{team}, 24 h", _bar(parts), _percentages(parts))
    table.add_row("", f"{scene.judged} of {scene.filed} mails audited, {scene.seconds:.0f} s", "")
    return table


def _key() -> Text:
    return Text.assemble(*((f"{_BLOCKS[name]} {name}  ", colour) for name, colour in _COLOURS.items()))


def _bar(parts: Parts) -> Text:
    if not parts.total:
        return Text("·" * _BAR, style="dim")
    ends = [0, parts.mass, parts.mass + parts.tailored, parts.total]
    cells = [round(end * _BAR / parts.total) for end in ends]
    return Text.assemble(
        *(
            (_BLOCKS[name] * (cells[n + 1] - cells[n]), colour)
            for n, (name, colour) in enumerate(_COLOURS.items())
        )
    )


def _percentages(parts: Parts) -> str:
    if not parts.total:
        return "nothing sent"
    mass, tailored, personal = parts.of_hundred()
    return f"mass {mass}%, tailored {tailored}%, personal {personal}%"


def _templates(scene: Scene) -> RenderableType:
    if not scene.templates:
        return Text("none yet", style="dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True, min_width=9)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for template in scene.templates[:_TEMPLATES]:
        wording = " ".join((template.wording or "not yet sent to enough people to be shown").split())
        table.add_row(f"{template.sends} sends", Text(wording, style="" if template.wording else "dim"))
    return table


def _news(scene: Scene, lines: int) -> RenderableType:
    """The latest incident, and the latest letter with as many of its lines as there is room for."""
    news = [Text(said) for _, said in scene.incidents[:1]] or [Text("none so far", style="dim")]
    for letter in scene.letters[-1:]:
        news.append(Text.assemble(("Letter: ", "bold"), letter.subject, no_wrap=True, overflow="ellipsis"))
        news.append(Text.assemble(("Open it: ", "bold"), letter.page.as_uri(), no_wrap=True, overflow="fold"))
        news += [Text(line, style="dim") for line in letter.text.splitlines()[: max(0, lines)]]
    return Group(*news)
