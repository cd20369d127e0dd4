"""The report: the same figures as HTML, JSON and CSV, and nothing in it that could run or be loaded."""

import csv
import json
import re
import time
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, insert, update
from sqlalchemy.pool import StaticPool

from auditor.answer.contacts import Contacts, Spread
from auditor.answer.focus import Sides
from auditor.answer.rates import Answers, Rate
from auditor.command import report as reporting
from auditor.command.options import write_out
from auditor.config import load
from auditor.config.company import company_of
from auditor.errors import AuditorError, UsageError
from auditor.pseudonyms import Pseudonyms, load_or_make_key
from auditor.publish.back import Back
from auditor.publish.report import Told, as_csv, as_html, as_json
from auditor.question.reporting import basis
from auditor.statistics.figures import Day, Parts
from auditor.statistics.report import Basis, ReportFigures, start_of, weeks
from auditor.statistics.tally import Counted
from auditor.store import reviews
from auditor.store.database.schema import mailbox, metadata, template
from auditor.store.engine import open_store
from auditor.store.reading.report import read_report
from auditor.vocabulary import Class, Direction, Kind
from tests.publish.invented import NOW, fill

ZONE = ZoneInfo("Europe/Brussels")
HOSTILE = '</p><script>document.title="ran"</script><img src=x onerror=alert(1)>{{ 7*7 }}'
TOLD = Told("Hollin Air", ZONE, Basis("Based on 9 of 12 people."), {"": 0.5, "North": 0.3}, NOW)


def sent(team="North", class_=Class.MASS, days=1.0, **changes):
    """One send of the invented company."""
    share = {Class.MASS: 0.02, Class.TAILORED: 0.3, Class.PERSONAL: 1.0}.get(class_)
    fields = {
        "sender": f"mia@{team}.example",
        "team": team,
        "template": "t0" if class_ in (Class.MASS, Class.TAILORED) else None,
        "sent_at": NOW - days * 86_400,
        "direction": Direction.EXTERNAL,
        "kind": Kind.NEW,
        "class_": class_,
        "deliveries": 1,
        "words": 100,
        "share": share,
        "merge_failure": False,
    }
    return Counted(**(fields | changes))


SENDS = [
    *[sent() for _ in range(30)],
    *[sent(class_=Class.TAILORED, days=9) for _ in range(10)],
    *[sent("South", Class.PERSONAL, days=9, deliveries=2) for _ in range(30)],
    *[sent("South", Class.BRIEF) for _ in range(3)],
    *[sent(direction=Direction.INTERNAL, class_=Class.BRIEF) for _ in range(4)],
    *[sent(kind=Kind.REPLY, class_=Class.PERSONAL) for _ in range(5)],
    *[sent(kind=Kind.AUTO, class_=Class.EXCLUDED) for _ in range(2)],
    *[sent(days=40) for _ in range(100)],
    sent(merge_failure=True),
]


@pytest.fixture
def figures():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connection:
        fill(connection, [(one, number) for number, one in enumerate(SENDS, 1)], NOW)
        connection.execute(update(template).values(name="=Spring", wording=f"hi ‹name›, {HOSTILE}"))
        said = {Class.MASS: {Class.MASS: 18, Class.PERSONAL: 2}}
        reviews.keep(connection, "root", said, {Class.MASS: 31}, NOW)
        yield read_report(connection, start_of(30 * 86_400, NOW), NOW, ZONE)
    engine.dispose()


def test_json_says_what_was_sent(figures):
    told = json.loads(as_json(figures, TOLD))
    deliveries = told["outreach"]["deliveries"]
    assert (deliveries["mass"], deliveries["tailored"], deliveries["personal"]) == (31, 10, 60)
    assert told["outreach"]["messages"]["personal"] == 30
    assert deliveries["mass_ratio"] == pytest.approx(31 / 101)
    assert told["handwritten_share"] == pytest.approx((31 * 2 + 10 * 30 + 30 * 100) / 7100)
    assert told["not_counted"] == {"internal": 4, "automatic": 2, "brief": 3, "conversation": 5}
    assert (told["messages"], told["merge_failures"], told["senders"]) == (85, 1, 2)
    assert sum(day["mass"] for day in told["days"]) == sum(week["mass"] for week in told["weeks"]) == 31
    assert {team["team"]: (team["mass"], team["target"]) for team in told["teams"]} == {
        "North": (31, 0.3),
        "South": (0, 0.5),
    }
    (one,) = told["templates"]
    assert (one["name"], one["messages"], one["mass"], one["tailored"]) == ("=Spring", 41, 31, 10)
    assert told["agreement"]["ratio"] == pytest.approx(0.9)


def test_csv_has_the_same_figures_and_no_formula(figures):
    rows = list(csv.DictReader(as_csv(figures, TOLD).splitlines()))
    by_name = {(row["section"], row["item"]): row for row in rows}
    assert by_name["organisation", "Hollin Air"]["mass_ratio"] == str(round(31 / 101, 4))
    assert by_name["team", "North"]["deliveries"] == "41"
    assert by_name["template", "'=Spring"]["messages"] == "41"
    assert by_name["not_counted", "brief"]["messages"] == "3"
    assert sum(int(row["mass"]) for row in rows if row["section"] == "day") == 31


def test_html_tells_the_story_and_loads_nothing(figures):
    text = as_html(figures, TOLD)
    for said in (
        "59&nbsp;were written for that person",
        "10&nbsp;were a template tailored by hand",
        "31&nbsp;were mass-sent",
        "Based on 9 of 12 people.",
        "Teams against target",
        "under 15 words of their own",
        "A person read 20 random mails",
        "90% (between",
        "What the words mean",
    ):
        assert said in text
    assert "<script" not in text
    assert "<img" not in text
    assert not re.findall(
        r"""(?:src|href|action)\s*=|url\(|@import|\son\w+\s*=""", text.replace("&lt;img src=x onerror=", "")
    )
    assert "{{ 7*7 }}" in text


def test_too_few_sends_are_counts_and_none_are_said(figures):
    few = ReportFigures(figures.start, NOW, {}, agreement=None)
    text = as_html(few, TOLD)
    assert "No new mail reached a person outside" in text
    assert "Nobody has compared" in text
    assert "Week by week" not in text


def test_weeks_begin_on_mondays(figures):
    found = weeks(figures.days)
    assert all(week.begins.weekday() == 0 for week in found)
    one = Day(figures.days[0].date, Parts(1, 2, 3))
    assert weeks([one, one])[0].parts == Parts(2, 4, 6)


def test_the_command_reads_beside_the_daemon_and_says_whose_mail(tmp_path):
    path = tmp_path / "auditor.toml"
    people = [f"p{n}@own.example,P {n},,North" for n in range(6)]
    (tmp_path / "people.csv").write_text("address,name,aliases,team\n" + "\n".join(people) + "\n")
    path.write_text(
        '[organisation]\nname = "Own Ltd"\ndomains = ["own.example"]\npeople_file = "people.csv"\n'
        '[store]\npath = "auditor.db"\n[targets]\nmass_ratio = 0.4\n'
        + "".join(
            f'[[mailboxes]]\nhost = "imap.own.example"\nusername = "p{n}@own.example"\npassword_file = "p"\n'
            for n in range(3)
        )
    )
    (tmp_path / "p").write_text("invented\n")
    config = load(path)
    store = open_store(config.store.path, Pseudonyms(load_or_make_key(config.store.key_path)))
    try:
        key = "p{}@own.example@imap.own.example:993/\\Sent"
        for number, state in enumerate(["watching", "refused"]):
            row = {"key": key.format(number), "state": state}
            store.run_here(lambda one, row=row: one.execute(insert(mailbox).values(row)))
        now = time.time()
        moved = [(sent(sent_at=now - 3600.0 * (number % 40 + 1)), number + 1) for number in range(50)]
        store.run_here(lambda one: fill(one, moved, now))
        told = json.loads(reporting.report(config, 30 * 86_400, "json"))
    finally:
        store.close()
    assert told["outreach"]["deliveries"]["mass"] == 50
    assert told["coverage"]["sentence"].startswith("Based on 1 of 6 people; ")
    assert told["coverage"]["people_watched"] == 1
    assert told["target"] == 0.4
    with pytest.raises(UsageError, match="--window"):
        reporting.report(config, 60, "json")
    with pytest.raises(AuditorError, match="choose another --output"):
        write_out("", tmp_path / "missing" / "r.html")
    assert basis(config, company_of(config), {}).numbers["mailboxes_read"] == 0


def answered():
    """A month in which mail by hand was answered more often, and 60 people were written to."""
    rates = {Class.MASS: Rate(900, 27), Class.PERSONAL: Rate(200, 50)}
    answers = Answers(
        by_class=rates, by_template={"t0": Rate(400, 9)}, everybody=Rate(1100, 77), deliveries=2000
    )
    people = Contacts(contacts=60, both_ways=12, personal_this_week=9, unanswered=Spread(3.2, 5.0))
    return Back(14 * 86_400, answers, None, people, Sides(80, 300, 100))


def test_what_is_answered_and_whose_words_it_is(figures):
    told = replace(TOLD, back=answered())
    ours = "we are proud of our ramps and our customers say that we are the best in the world of ramps"
    shown = replace(figures, templates=tuple(replace(one, wording=ours) for one in figures.templates))
    html = as_html(shown, told)
    assert "Of 100 people reached by mass-sent mail, 3.0 answered (2.1 to 4.3 with 95% confidence" in html
    assert "Of 100 people, 22 more answered mail written for them than mass-sent mail" in html
    assert "60 people outside were written to; with 12 of them (20%)" in html
    assert "Who answered nothing got 3.2 mails of outreach on average" in html
    assert "we ×2, our ×2" in html
    assert "our customers" in html
    assert "Of 80 mails written for one person, together: 75%" in html
    content = json.loads(as_json(shown, told))
    assert content["answers"]["classes"]["mass"]["answered"] == 27
    assert content["answers"]["classes"]["mass"]["low"] < 0.03 < content["answers"]["classes"]["mass"]["high"]
    assert len(content["findings"]) == 3
    rows = list(csv.DictReader(as_csv(shown, told).splitlines()))
    assert [(row["item"], row["people"]) for row in rows if row["section"] == "answered"] == [
        ("mass", "900"), ("personal", "200")
    ]  # fmt: skip


def test_nothing_is_said_of_answers_that_are_not_read(figures):
    html = as_html(figures, TOLD)
    assert "What is answered" not in html
    assert json.loads(as_json(figures, TOLD))["answers"] is None
