"""Report figures -> one HTML file with nothing from elsewhere, JSON, or CSV: the same figures three times."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from importlib import resources
from typing import Any

from markupsafe import Markup

from auditor.answer.rates import Answers
from auditor.people import NO_TEAM, OTHER_TEAMS
from auditor.publish.back import Back, as_fields, days, names, rate_fields, whose_words
from auditor.publish.page import Stretch, stretches, team_name
from auditor.publish.rendering import environment
from auditor.publish.replies import replies
from auditor.statistics.figures import (
    ENOUGH_SENDS,
    Parts,
    Scale,
    Unit,
    handwritten_share,
    merge_failures,
    parts,
    teams,
)
from auditor.statistics.report import Basis, ReportFigures, all_messages, not_counted, weeks
from auditor.statistics.weeks import Week
from auditor.story.charts import weeks_chart
from auditor.story.picture import COLOURS, Tone
from auditor.story.svg import svg

REASONS: Mapping[str, str] = {
    "internal": "to colleagues only: it is not about what leaves the company",
    "automatic": "automatic answers and delivery reports: nobody wrote them",
    "calendar": "invitations without a text of their own",
    "brief": "under 15 words of their own: too short to tell what they are",
    "conversation": "answers to somebody else and forwards: a conversation, no outreach",
    "service": "service mail, such as a notice of maintenance: customers expect it",
}
"""Why a send is in no figure of the headline."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a report is told beside its figures. `targets` are mass ratios by team; "" is for everybody."""

    organisation: str
    zone: tzinfo
    basis: Basis
    targets: Mapping[str, float] = field(default_factory=dict)
    at: float = 0.0  # when it was written, seconds since the epoch
    min_recipients: int = 5
    min_organisations: int = 3
    tailored_share: float = 0.12
    back: Back = field(default_factory=Back)
    reviewed: bool = True  # whether `auditor review` can be asked about these mails

    def definitions(self) -> Mapping[str, str]:
        """What the words of the report mean."""
        share = f"{100 * self.tailored_share:.0f}%"
        return {
            "mass-sent": f"follows a template that reached at least {self.min_recipients} people in at least"
            f" {self.min_organisations} organisations within three months, with under {share} of its words"
            " written for the one recipient; or is one new mail to very many",
            "tailored by hand": f"follows such a template, with {share} or more of its words written for this"
            " recipient alone",
            "personal": "the rest: written for this recipient",
            "outreach": "new mails, and follow-ups to one's own; answers to somebody else are not outreach",
            "delivery": "one mail that reached one person; a mail to three people is three deliveries",
            "handwritten": "words that only this recipient received, of all words of the mail",
        }


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team in the report."""

    team: str
    name: str
    parts: Parts
    bar: tuple[Stretch, ...]
    handwritten: float | None
    merge_failures: int
    target: float | None

    @property
    def over(self) -> bool:
        """Whether more is mass-sent than the target allows; never told from a few sends."""
        ratio = self.parts.mass_ratio
        return (
            self.target is not None
            and ratio is not None
            and self.parts.total >= ENOUGH_SENDS
            and ratio > self.target
        )


def as_html(figures: ReportFigures, told: Told) -> str:
    """The report as one file: no script, nothing loaded; light, dark and on paper."""
    outreach = parts(figures.volumes, Scale.OUTREACH, Unit.DELIVERIES)
    by_week = [Week(week.begins, _shown(week.parts)) for week in weeks(figures.days)]
    pages = environment(told.organisation, told.zone, percent=_percent, day=_day_of(told.zone))
    return pages.get_template("report.html").render(
        told=told,
        figures=figures,
        outreach=outreach,
        enough=outreach.total >= ENOUGH_SENDS,
        handwritten=handwritten_share(figures.volumes, Scale.OUTREACH),
        failures=merge_failures(figures.volumes),
        bar=stretches(outreach),
        days=figures.days[-31:],
        weeks_picture=_picture(by_week, told.targets.get("")),
        teams=team_lines(figures, told.targets),
        aside=[(count, REASONS[reason]) for reason, count in not_counted(figures.volumes).items()],
        messages=all_messages(figures.volumes),
        definitions=told.definitions(),
        back=told.back,
        replies=None
        if told.back.answers is None
        else replies(told.back.answers, told.back.within, names=names(figures)),
        names=names(figures),
        words=whose_words(figures, told.organisation),
        findings=told.back.findings(days(figures)),
        style=Markup(resources.files(__package__).joinpath("pages", "page.css").read_text("utf-8")),  # noqa: S704  # our own file
        tones={tone: COLOURS[tone] for tone in Tone},
    )


def team_lines(figures: ReportFigures, targets: Mapping[str, float]) -> tuple[TeamLine, ...]:
    """The teams that sent outreach, the most mass-sent first; small ones and those without a team last."""
    lines = []
    for team in teams(figures.volumes):
        counted = parts(figures.volumes, Scale.OUTREACH, Unit.DELIVERIES, team)
        if counted.total:
            lines.append(
                TeamLine(
                    team,
                    team_name(team),
                    counted,
                    stretches(counted),
                    handwritten_share(figures.volumes, Scale.OUTREACH, team),
                    merge_failures(figures.volumes, team),
                    targets.get(team, targets.get("")),
                )
            )
    return tuple(
        sorted(
            lines,
            key=lambda one: (one.team in {NO_TEAM, OTHER_TEAMS}, -(one.parts.mass_ratio or 0), one.name),
        )
    )


def as_json(figures: ReportFigures, told: Told) -> str:
    """The report's figures as one JSON object; ratios 0 to 1, null where nothing was sent."""
    agreement = figures.agreement
    content = {
        "organisation": told.organisation,
        "from": _iso(figures.start),
        "to": _iso(figures.end),
        "written": _iso(told.at),
        "outreach": {unit: parts(figures.volumes, Scale.OUTREACH, unit).fields() for unit in Unit},
        "all": {unit: parts(figures.volumes, Scale.ALL, unit).fields() for unit in Unit},
        "handwritten_share": handwritten_share(figures.volumes, Scale.OUTREACH),
        "merge_failures": merge_failures(figures.volumes),
        "senders": figures.senders,
        "target": told.targets.get(""),
        "days": [{"date": day.date.isoformat(), **day.parts.fields()} for day in figures.days],
        "weeks": [{"begins": week.begins.isoformat(), **week.parts.fields()} for week in weeks(figures.days)],
        "teams": [
            {
                "team": line.team,
                **line.parts.fields(),
                "handwritten_share": line.handwritten,
                "merge_failures": line.merge_failures,
                "target": line.target,
            }
            for line in team_lines(figures, told.targets)
        ],
        "templates": [
            {
                "id": one.id,
                "name": one.name,
                "wording": one.wording,
                "messages": one.messages,
                "senders": one.senders,
                **one.deliveries.fields(),
                "handwritten_share": one.share,
            }
            for one in figures.templates
        ],
        "templates_used": figures.templates_used,
        "messages": all_messages(figures.volumes),
        "not_counted": not_counted(figures.volumes),
        "passed_over": dict(told.basis.passed_over),
        "unreadable": figures.unreadable,
        "coverage": {"sentence": told.basis.sentence, **told.basis.numbers},
        "agreement": None
        if agreement is None
        else {
            "at": _iso(agreement.at),
            "asked": agreement.asked,
            "agreed": agreement.agreed,
            "ratio": agreement.overall.value,
            "low": agreement.overall.low,
            "high": agreement.overall.high,
        },
        **as_fields(told.back, figures, told.organisation),
        "definitions": dict(told.definitions()),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


_COLUMNS = (
    "section", "item", "mass", "tailored", "personal", "deliveries", "mass_ratio", "handwritten_share",
    "messages", "merge_failures", "target", "people", "answered", "reply_ratio", "low", "high",
)  # fmt: skip


def as_csv(figures: ReportFigures, told: Told) -> str:
    """The report's figures as one table (RFC 4180): the organisation, weeks, days, teams, templates."""
    file = io.StringIO()
    table = csv.DictWriter(file, _COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    for row in _rows(figures, told):
        table.writerow({name: _cell(value) for name, value in row.items()})
    return file.getvalue()


def _rows(figures: ReportFigures, told: Told) -> Iterable[dict[str, Any]]:
    volumes = figures.volumes
    yield {
        "section": "organisation",
        "item": told.organisation,
        **_numbers(parts(volumes, Scale.OUTREACH, Unit.DELIVERIES)),
        "handwritten_share": handwritten_share(volumes, Scale.OUTREACH),
        "messages": parts(volumes, Scale.OUTREACH, Unit.MESSAGES).total,
        "merge_failures": merge_failures(volumes),
        "target": told.targets.get(""),
    }
    for week in weeks(figures.days):
        yield {"section": "week", "item": week.begins.isoformat(), **_numbers(week.parts)}
    for day in figures.days:
        yield {"section": "day", "item": day.date.isoformat(), **_numbers(day.parts)}
    for line in team_lines(figures, told.targets):
        yield {
            "section": "team",
            "item": line.team,
            **_numbers(line.parts),
            "handwritten_share": line.handwritten,
            "messages": parts(volumes, Scale.OUTREACH, Unit.MESSAGES, line.team).total,
            "merge_failures": line.merge_failures,
            "target": line.target,
        }
    for one in figures.templates:
        yield {
            "section": "template",
            "item": one.name or one.id,
            **_numbers(one.deliveries),
            "handwritten_share": one.share,
            "messages": one.messages,
        }
    for class_, rate in sorted((told.back.answers or Answers()).by_class.items()):
        yield {"section": "answered", "item": class_, **rate_fields(rate)}
    for reason, count in {**not_counted(volumes), **told.basis.passed_over}.items():
        yield {"section": "not_counted", "item": reason, "messages": count}


def _numbers(counted: Parts) -> dict[str, Any]:
    return {
        "mass": counted.mass,
        "tailored": counted.tailored,
        "personal": counted.personal,
        "deliveries": counted.total,
        "mass_ratio": counted.mass_ratio,
    }


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula; ratios with four digits."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return "" if value is None else value


def _picture(by_week: list[Week], target: float | None) -> Markup | None:
    """The three parts week by week; None where there is nothing to compare."""
    told = [place for place, week in enumerate(by_week) if week.parts.total]
    if len(told) < 2:
        return None
    shown = by_week[told[0] : told[-1] + 1][-26:]
    return Markup(svg(weeks_chart(shown, target)))  # noqa: S704  # made of numbers and dates, escaped there


def _shown(counted: Parts) -> Parts:
    """Nothing where too little was sent for a percentage."""
    return counted if counted.total >= ENOUGH_SENDS else Parts()


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None else f"{100 * ratio:.0f}%"


def _day_of(zone: tzinfo) -> Any:
    return lambda at: datetime.fromtimestamp(at, UTC).astimezone(zone).strftime("%-d %B %Y")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
