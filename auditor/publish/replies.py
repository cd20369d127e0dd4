"""Answers -> what pages and the report say of them: a line for each class, with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditor.answer.arrival import Sort
from auditor.answer.rates import AnswerFigures, Answers, Rate
from auditor.statistics.figures import Window
from auditor.story.findings import of_change
from auditor.vocabulary import PARTS, Class


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """One class, template or band: how many people were reached, and how many of them answered."""

    name: str
    rate: Rate
    auto: int = 0
    bounces: int = 0
    stops: int = 0  # requests for no more


@dataclass(frozen=True, slots=True)
class Replies:
    """What is said of the answers of one span."""

    days: int  # in which a first answer counts
    window: Window | None
    classes: tuple[ReplyLine, ...]
    bands: tuple[ReplyLine, ...] = ()
    teams: tuple[tuple[str, ReplyLine], ...] = ()
    templates: tuple[ReplyLine, ...] = ()
    findings: tuple[str, ...] = ()  # what has changed

    @property
    def known(self) -> bool:
        """Whether anything was sent whose time to be answered is over."""
        return any(line.rate.people for line in self.classes)


def of_figures(figures: AnswerFigures | None) -> Replies | None:
    """What the page says: the month, or None where answers are not read."""
    if figures is None:
        return None
    answers = figures.windows.get(Window.MONTH, Answers())
    before = figures.before.get(Window.MONTH, Answers())
    told = replies(answers, figures.within, Window.MONTH)
    return replace(told, findings=of_change(answers, before, "30 days"))


def replies(
    answers: Answers,
    within: float,
    window: Window | None = None,
    names: Mapping[str, str] | None = None,
) -> Replies:
    """The lines of one span; templates are called as `names` says, by their ids."""
    names = names or {}
    by_people = sorted(answers.by_template.items(), key=lambda one: (-one[1].people, one[0]))
    return Replies(
        days=round(within / 86_400),
        window=window,
        classes=tuple(_line(answers, class_) for class_ in PARTS),
        bands=tuple(ReplyLine(name, rate) for name, rate in sorted(answers.by_band.items(), key=_first)),
        teams=tuple(
            (team, ReplyLine(class_, rate))
            for (team, class_), rate in sorted(answers.by_team.items())
            if rate.ratio is not None
        ),
        templates=tuple(
            ReplyLine(names.get(id_, f"Template {id_}"), rate)
            for id_, rate in by_people
            if rate.ratio is not None
        ),
    )


def _first(item: tuple[str, Rate]) -> int:
    """By the number that a band's name begins with; "under" comes first."""
    digits = "".join(char if char.isdigit() else " " for char in item[0]).split()
    return 0 if item[0].startswith("under") else int(digits[0])


def _line(answers: Answers, class_: Class) -> ReplyLine:
    return ReplyLine(
        class_,
        answers.by_class.get(class_, Rate(0, 0)),
        answers.count(Sort.AUTO, class_),
        answers.count(Sort.BOUNCE, class_),
        answers.count(Sort.UNSUBSCRIBE, class_),
    )
