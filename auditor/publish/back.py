"""What a report says of answers, conversation and whose words: as sentences, and as JSON has it."""

from dataclasses import asdict, dataclass
from typing import Any

from auditor.answer.arrival import Sort
from auditor.answer.contacts import Contacts
from auditor.answer.focus import Focus, Sides, focus
from auditor.answer.rates import Answers, Rate
from auditor.statistics.report import ReportFigures, TemplateUse
from auditor.story import findings


@dataclass(frozen=True, slots=True)
class Back:
    """What customers answer, and how they are written to."""

    within: float = 0.0  # seconds in which a first answer counts
    answers: Answers | None = None  # None where what comes back is not read
    before: Answers | None = None  # of the span as long before
    contacts: Contacts | None = None
    by_hand: Sides | None = None  # words of mail written for one person, all of it together

    def findings(self, days: int) -> tuple[str, ...]:
        """What the answers say, in sentences; `days` is how long the span is."""
        if self.answers is None:
            return ()
        said = findings.of_answers(self.answers)
        return (
            said
            if self.before is None
            else said + findings.of_change(self.answers, self.before, f"{days} days")
        )


def as_fields(back: Back, figures: ReportFigures, company: str) -> dict[str, Any]:
    """The same as JSON has it."""
    return {
        "answers": None if back.answers is None else _answers(back.answers, back.within),
        "findings": list(back.findings(days(figures))),
        "contacts": None if back.contacts is None else asdict(back.contacts),
        "words": {one.id: asdict(words) for one, words in whose_words(figures, company)},
        "words_by_hand": None if back.by_hand is None else asdict(back.by_hand),
    }


def days(figures: ReportFigures) -> int:
    """How long the span is."""
    return round((figures.end - figures.start) / 86_400)


def whose_words(figures: ReportFigures, company: str) -> list[tuple[TemplateUse, Focus]]:
    """The templates whose wording may be shown, with what it is made of."""
    read = ((one, focus(one.wording or "", company)) for one in figures.templates)
    return [(one, words) for one, words in read if words is not None]


def _answers(answers: Answers, within: float) -> dict[str, Any]:
    return {
        "within_seconds": within,
        "classes": {class_: rate_fields(rate) for class_, rate in sorted(answers.by_class.items())},
        "bands": {band: rate_fields(rate) for band, rate in sorted(answers.by_band.items())},
        "teams": [
            {"team": team, "class": class_, **rate_fields(rate)}
            for (team, class_), rate in sorted(answers.by_team.items())
        ],
        "templates": [{"id": id_, **rate_fields(rate)} for id_, rate in sorted(answers.by_template.items())],
        "returned": {sort: answers.count(sort) for sort in Sort},
    }


def rate_fields(rate: Rate) -> dict[str, Any]:
    """A rate with its interval, null where too few were reached."""
    ratio = rate.ratio
    return {
        "people": rate.people,
        "answered": rate.answered,
        "reply_ratio": None if ratio is None else ratio.value,
        "low": None if ratio is None else ratio.low,
        "high": None if ratio is None else ratio.high,
    }


def names(figures: ReportFigures) -> dict[str, str]:
    """The names that people gave templates, by id."""
    return {one.id: one.name for one in figures.templates if one.name}
