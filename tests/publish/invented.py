"""An invented company's figures and store, for tests and for looking at the pages."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert

from auditor.answer.arrival import Sort
from auditor.answer.rates import AnswerFigures, Answers, Rate, Returned
from auditor.publish.snapshot import ConfigFigure, MailboxFigure, Snapshot
from auditor.statistics.figures import (
    Cell,
    Day,
    Figures,
    IncidentFigure,
    Overview,
    Parts,
    TeamUse,
    TemplateFigure,
    TemplateStory,
    Volume,
    Window,
)
from auditor.statistics.tally import FINE_FOR_SECONDS, Counted, changes
from auditor.statistics.usual import Band
from auditor.store.database.schema import send, tally, template
from auditor.vocabulary import Class, Direction, Kind

NOW = datetime(2026, 3, 17, 10, 42, tzinfo=UTC).timestamp()  # a Tuesday
TEAMS = ("Benelux", "Iberia", "Nordics", "none")
_HABITS = {"Benelux": (70, 8, 22), "Iberia": (38, 24, 38), "Nordics": (12, 15, 73), "none": (2, 1, 9)}


def volumes(scale: float) -> dict[Cell, Volume]:
    """What four teams with different habits sent; `scale` times a usual day."""
    made: dict[Cell, Volume] = {}
    for team, habits in _HABITS.items():
        for class_, amount in zip((Class.MASS, Class.TAILORED, Class.PERSONAL), habits, strict=True):
            for kind, part in ((Kind.NEW, 0.6), (Kind.FOLLOW_UP, 0.3), (Kind.REPLY, 0.1)):
                messages = round(amount * part * scale)
                own = {Class.MASS: 2, Class.TAILORED: 30, Class.PERSONAL: 110}[class_]
                made[Cell(team, Direction.EXTERNAL, kind, class_)] = Volume(
                    messages, round(messages * 1.2), messages * own, messages * 110, round(messages * 0.02)
                )
        made[Cell(team, Direction.INTERNAL, Kind.NEW, Class.BRIEF)] = Volume(
            round(9 * scale), round(20 * scale)
        )
    return made


def figures(now: float = NOW) -> Figures:
    """Figures of the invented company at `now`."""
    scales = {Window.HOUR: 0.12, Window.DAY: 1.0, Window.WEEK: 5.1, Window.MONTH: 22.0}
    return Figures(
        at=now,
        windows={window: volumes(scale) for window, scale in scales.items()},
        templates={"reached": 14, "not_reached": 37},
        top_templates={
            window: (("t4f1c09aa", round(60 * s)), ("t77d0", round(18 * s))) for window, s in scales.items()
        },
        template_names={"t4f1c09aa": "Spring webinar"},
        template_births={"t4f1c09aa": now - 40 * 86_400, "t77d0": now - 3 * 86_400},
        templates_born={Window.HOUR: 0, Window.DAY: 0, Window.WEEK: 1, Window.MONTH: 6},
        open_incidents={"template": 1},
        letters_waiting=1,
        oldest_letter_at=now - 90,
    )


def mailboxes(now: float = NOW) -> tuple[MailboxFigure, ...]:
    """Twelve mailboxes, most of them well."""
    well = [MailboxFigure(f"m{n:02}", "watching", now - 20 - n, 0) for n in range(1, 10)]
    return (
        *well,
        MailboxFigure("m10", "refused", now - 7200, 0, "the server refused the login: renew the password"),
        MailboxFigure("m11", "catching_up", now - 300, 1240, "reading what was filed while nobody watched"),
        MailboxFigure("m12", "failing", now - 1200, 12, "the server went away; trying again soon"),
    )


def snapshot(now: float = NOW) -> Snapshot:
    """Everything at once."""
    return Snapshot(
        at=now,
        figures=figures(now),
        mailboxes=mailboxes(now),
        people={
            ("Benelux", "watched"): 5,
            ("Iberia", "watched"): 4,
            ("Nordics", "failing"): 1,
            ("none", "unwatched"): 2,
        },
        expiries={"microsoft": now + 90 * 86400},
        usual={
            "Benelux": Band(6, 2, 14),
            "Iberia": Band(4, 1, 9),
            "Nordics": Band(2, 0, 6),
            "none": Band(0, 0, 2),
        },
        usual_of_all=Band(12, 5, 24),
        usual_today=Band(61, 30, 104),
        template_senders={"t4f1c09aa": 9, "t77d0": 4},
        answers=answer_figures(now),
        target=0.6,
        targets={"Benelux": 0.6, "Iberia": 0.4, "Nordics": 0.6, "none": 0.6},
        page_url="https://auditor.example.com",
        backfill_progress=0.83,
        config=ConfigFigure(True, now - 86_400, "9f86d081884c7d65"),
    )


def answer_figures(now: float = NOW) -> AnswerFigures:
    """A month in which everything was answered now and then."""
    rates = {Class.MASS: Rate(2210, 66), Class.TAILORED: Rate(310, 40), Class.PERSONAL: Rate(480, 120)}
    answers = Answers(
        by_class=rates,
        by_team={
            ("Iberia", class_): Rate(rate.people // 3, rate.answered // 3) for class_, rate in rates.items()
        },
        by_kind={("Iberia", Kind.NEW, Class.MASS): Rate(700, 21)},
        by_band={"under 12%": Rate(2210, 66), "12 to 40%": Rate(310, 40)},
        everybody=Rate(3000, 226),
        returned=(
            Returned(Sort.BOUNCE, "Iberia", Class.MASS, 31),
            Returned(Sort.AUTO, "Iberia", Class.MASS, 90),
        ),
        deliveries=9000,
    )
    before = Answers(everybody=Rate(2000, 260), deliveries=6000)
    return AnswerFigures(
        now, 14 * 86_400, {Window.WEEK: answers, Window.MONTH: answers}, {Window.MONTH: before}
    )


def overview(now: float = NOW, wording: str | None = None) -> Overview:
    """Fourteen days, three templates, two incidents."""
    numbers = random.Random(4)
    today = datetime.fromtimestamp(now, UTC).date()
    days = []
    for ago in reversed(range(14)):
        day = today - timedelta(days=ago)
        busy = 0.08 if day.weekday() >= 5 else 1.0
        mass, tailored, personal = (round(numbers.uniform(0.6, 1.4) * n * busy) for n in (120, 48, 140))
        days.append(Day(day, Parts(mass * (3 if ago == 5 else 1), tailored, personal)))
    return Overview(tuple(days), templates(now, wording), incidents(now), templated_today=118)


def templates(now: float, wording: str | None = None) -> tuple[TemplateFigure, ...]:
    """Three templates; the last has no wording in clear."""
    spring = (
        wording or "Hello ‹name›, on ‹number› April we open our warehouse in Ghent to … and would show you …"
    )
    return (
        TemplateFigure(
            "t4f1c09aa", "Spring webinar", spring, 2210, 1320, 1504, 9, now - 40 * 86400, now - 60, True
        ),
        TemplateFigure(
            "t77d0",
            None,
            "Good morning ‹name›, did my note about … reach you?",
            410,
            396,
            396,
            4,
            now - 9 * 86400,
            now - 7200,
            True,
        ),
        TemplateFigure("t9b2e", None, None, 37, 31, 52, 2, now - 3 * 86400, now - 90000, True),
    )


def incidents(now: float) -> tuple[IncidentFigure, ...]:
    """One open, one resolved."""
    cause = "many_senders_new_template"
    blast = {"cause": cause, "window": 3600, "observed": 412, "usual": 35.0, "low": 12, "high": 70}
    push = {"cause": "above_usual", "window": 14400, "observed": 198, "usual": 61.0, "low": 20, "high": 110}
    then = now - 3 * 86400
    return (
        IncidentFigure(
            7, "template", "t4f1c09aa", "sends", "open", name="Spring webinar", opened_at=now - 1500,
            updated_at=now - 60, resolved_at=None, **blast,
        ),
        IncidentFigure(
            6, "team", "Iberia", "deliveries", "resolved", opened_at=then, updated_at=then + 17280,
            resolved_at=then + 17280, **push,
        ),
    )  # fmt: skip


def story(now: float = NOW, wording: str | None = None) -> TemplateStory:
    """The page of the first template."""
    uses = (TeamUse("Benelux", 1800, 2040, 6), TeamUse("Iberia", 410, 470, 3))
    return TemplateStory(
        templates(now, wording)[0], overview(now).days, uses, {"new": 1700, "follow_up": 510}, 0.04
    )


def fill(connection: Connection, sends: Iterable[tuple[Counted, int]], now: float) -> None:
    """Store sends with their tally, and a row for each template; the numbers are the sends' ids."""
    kept = list(sends)
    for counted, number in kept:
        connection.execute(insert(send).values(_row(counted, number)))
    for key, amounts in changes(((None, counted) for counted, _ in kept), now - FINE_FOR_SECONDS).items():
        row = {"scope": key.scope, "series": key.series, "bucket": key.bucket, "width": key.width}
        row |= {"direction": key.direction, "kind": key.kind, "class": key.class_}
        connection.execute(
            insert(tally).values(row | {name: getattr(amounts, name) for name in amounts.__slots__})
        )
    by_template: dict[str, list[Counted]] = {}
    for counted, _ in kept:
        if counted.template is not None:
            by_template.setdefault(counted.template, []).append(counted)
    for id_, users in by_template.items():
        times = [counted.sent_at for counted in users]
        connection.execute(
            insert(template).values(
                id=id_, founded_by=1, first_sent=min(times), last_sent=max(times), sends=len(users),
                reached=len(users) >= 5, fixed=b"", state=b"", name=f"Name of {id_}" if id_ == "t0" else None,
            )
        )  # fmt: skip


def _row(counted: Counted, number: int) -> dict[str, object]:
    return {
        "id": number,
        "identity": number.to_bytes(16, "big"),
        "sender": counted.sender,
        "team": counted.team,
        "sent_at": counted.sent_at,
        "stored_at": counted.sent_at,
        "live": True,
        "direction": counted.direction,
        "shape": "new",
        "quotes_other": False,
        "bcc": 0,
        "deliveries": counted.deliveries,
        "words": b"",
        "word_count": counted.words,
        "short": False,
        "merge_failure": counted.merge_failure,
        "judged_seq": number,
        "kind": counted.kind,
        "class": counted.class_,
        "template": counted.template,
        "share": counted.share,
    }
