"""The letter: the sentence, what it shows of people, and what a hostile word can do (nothing)."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from auditor.alert.extent import Extent, TeamPart, TemplatePart
from auditor.alert.incident import Incident, Occasion, Reason, State
from auditor.post.envelope import compose
from auditor.statistics.plans import Plan
from auditor.statistics.series import HOUR, Series, Unit
from auditor.statistics.spikes import Cause
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Band
from auditor.story.charts import DayCount
from auditor.story.letter import Coverage, House, Letter
from auditor.story.missed import Missed, write_missed_letter
from auditor.story.operator import write_operator_letter
from auditor.story.spike import write_spike_letter
from auditor.story.words import bars, count, listed, plain, plain_lines

UNTIL = datetime(2026, 11, 17, 10, 0, tzinfo=UTC).timestamp()  # Tuesday, 11:00 in Berlin
HOUSE = House("Example Ltd", "Europe/Berlin", "https://audit.example.org/")
WORDING = "hello ‹name›\nwe looked at ‹number› companies like yours and found something"
INCIDENT = Incident(
    id=7,
    series=Series(Scope.TEMPLATE, "t7c1"),
    unit=Unit.SENDS,
    state=State.OPEN,
    cause=Cause.ABOVE_USUAL,
    reason=Reason.LASTED,
    first_seen=UNTIL,
    updated_at=UNTIL,
    window=HOUR,
    until=UNTIL,
    observed=412,
    usual=35.2,
    low=12,
    high=70,
    touches=frozenset(),
)
EXTENT = Extent(
    messages=412,
    deliveries=420,
    people=398,
    merge_failures=0,
    first_sent=UNTIL - 3500,
    last_sent=UNTIL - 60,
    teams=(TeamPart("North", 3, 300), TeamPart("none", 1, 112)),
    templates=(TemplatePart("t7c1", None, WORDING, 412),),
)
DAYS = tuple(
    DayCount(date(2026, 11, 4) + timedelta(days=n), sent, Band(6, 0, 15))
    for n, sent in enumerate([3, 0, 5, 8, 0, 0, 4, 6, 5, 9, 0, 0, 12, 412])
)


def letter(**changes: object) -> Letter:
    return write_spike_letter(Occasion.OPENED, INCIDENT, replace(EXTENT, **changes), HOUSE, DAYS)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_sentence() -> None:
    sentence = (
        "412 templated sends to 398 people in the last hour; "
        "usual for Tuesday 10:00 is 35 (95% range 12 to 70)"
    )
    written = letter()
    assert sentence in flat(written.text)
    assert sentence in flat(LexborHTMLParser(written.html).text())


def test_it_names_teams_wording_times_reason_and_links() -> None:
    text = letter().text
    assert "3 people of Team North and 1 person without a team" in flat(text)
    assert "hello ‹name›" in text
    assert "Tuesday 17 Nov 2026, 10:01" in text
    assert "Tuesday 17 Nov 2026, 10:59 (Europe/Berlin)" in text
    assert "more than chance explains" in flat(text)
    assert "https://audit.example.org/templates/t7c1" in text
    assert "the highest bar is 412" in text


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (
            Coverage(287, 300),
            "Based on 287 of 300 people; mail that platforms send without filing it in Sent",
        ),
        (None, "Mail that platforms send without filing it in Sent is not included."),
    ],
)
def test_it_says_what_it_is_based_on(coverage: Coverage | None, said: str) -> None:
    written = write_spike_letter(Occasion.OPENED, INCIDENT, EXTENT, replace(HOUSE, coverage=coverage))
    assert said in flat(written.text)
    assert said in flat(LexborHTMLParser(written.html).text())


def test_text_fits_a_narrow_window() -> None:
    long = "word " * 200
    text = letter(templates=(TemplatePart("t7c1", None, long, 9),)).text
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 72


def test_wording_is_withheld_until_enough_people_received_it() -> None:
    text = letter(templates=(TemplatePart("t7c1", None, None, 412),)).text
    assert "wording is shown once 5 people outside received the same words" in flat(text)


def test_a_given_name_is_used() -> None:
    written = letter(templates=(TemplatePart("t7c1", "Autumn offer", WORDING, 412),))
    assert "template “Autumn offer”" in written.subject
    assert "“Autumn offer”, 412 sends" in written.text


def test_a_person_is_never_named() -> None:
    one = replace(INCIDENT, series=Series(Scope.SENDER, "ann.lee@example.org"))
    written = write_spike_letter(Occasion.OPENED, one, EXTENT, HOUSE)
    assert "ann.lee" not in (written.subject + written.text + written.html).lower()
    assert "3 people of Team North" in written.subject


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (("Ann Lee", "Bob Ray", "Cy Poe"), "3 people of Team North (Ann Lee, Bob Ray and Cy Poe)"),
        (("trainee", "lead", "trainee"), "3 people of Team North (2 × trainee and lead)"),
    ],
)
def test_people_are_named_where_that_is_switched_on(named: tuple[str, ...], said: str) -> None:
    written = write_spike_letter(
        Occasion.OPENED,
        INCIDENT,
        replace(EXTENT, teams=(TeamPart("North", 3, 300, named),)),
        replace(HOUSE, names_people=True),
    )
    assert said in flat(written.text)
    assert "People are named, as privacy.name_senders says" in flat(written.text)


def test_the_picture_is_told_to_those_who_do_not_see_it() -> None:
    written = letter()
    (picture,) = LexborHTMLParser(written.html).css("img")
    assert picture.attributes["alt"] == (
        "Sends a day, 4 Nov to 17 Nov: 3, 0, 5, 8, 0, 0, 4, 6, 5, 9, 0, 0, 12, 412. "
        "Usual for the last day: 6 (0 to 15)"
    )
    assert "usual on the last day 0 to 15" in flat(written.text)
    assert "in blue what is usual (95% range)" in written.html


def test_one_blast_counts_deliveries() -> None:
    blast = replace(
        INCIDENT,
        unit=Unit.DELIVERIES,
        cause=Cause.SINGLE_SEND,
        window=300,
        observed=500,
        usual=1,
        low=0,
        high=4,
    )
    text = flat(
        write_spike_letter(Occasion.OPENED, blast, replace(EXTENT, messages=1, people=500), HOUSE).text
    )
    assert "1 templated send to 500 people within five minutes; usual for Tuesday" in text
    assert "is 1 delivery (95% range 0 to 4)" in text


@pytest.mark.parametrize(
    "occasion", [one for one in Occasion if one not in (Occasion.OPERATOR, Occasion.MISSED)]
)
@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("scope", list(Scope))
def test_every_occasion_can_be_written(occasion: Occasion, cause: Cause, scope: Scope) -> None:
    one = replace(INCIDENT, cause=cause, series=Series(scope, ""))
    nothing = Extent(0, 0, 0, 0, None, None, (), ())
    for extent in (EXTENT, nothing):
        written = write_spike_letter(occasion, one, extent, House("Example Ltd"))
        assert written.subject
        assert "What to do" in written.text


@pytest.mark.parametrize(
    ("cause", "observed", "said"),
    [
        (
            Cause.ABOVE_USUAL,
            412,
            "At its height 412 templated sends within an hour; usual for Tuesday 10:00 is 35",
        ),
        (
            Cause.BELOW_USUAL,
            1,
            "At its lowest 1 templated send within an hour; usual for Tuesday 10:00 is 35",
        ),
    ],
)
def test_what_is_over_is_told_of_as_over(cause: Cause, observed: int, said: str) -> None:
    over = replace(INCIDENT, cause=cause, observed=observed, updated_at=UNTIL + 3 * HOUR)
    written = write_spike_letter(
        Occasion.RESOLVED, over, replace(EXTENT, messages=960, people=801), HOUSE, DAYS
    )
    text = flat(written.text)
    assert said in text
    assert "In all 960 templated sends to 801 people" in text
    assert "back to what is usual" in text
    assert "last hour" not in text + written.subject
    assert written.subject.startswith(f"Over: at its {said.split()[2]} ")


def test_what_was_read_late_is_not_of_the_last_hour() -> None:
    late = write_spike_letter(Occasion.OPENED, replace(INCIDENT, updated_at=UNTIL + 4 * HOUR), EXTENT, HOUSE)
    assert "412 templated sends to 398 people within an hour; usual" in flat(late.text)


def test_a_silence_has_nobody() -> None:
    silent = replace(INCIDENT, cause=Cause.BELOW_USUAL, series=Series(Scope.TEAM, "North"), observed=0)
    text = flat(
        write_spike_letter(Occasion.OPENED, silent, Extent(0, 0, 0, 0, None, None, (), ()), HOUSE).text
    )
    assert "Who nobody Why" in text


@pytest.mark.parametrize(
    ("cause", "scope", "said"),
    [
        (Cause.BELOW_USUAL, Scope.ORGANISATION, "It is the whole organisation now, not one team"),
        (Cause.SUSTAINED, Scope.TEAM, "It is the whole team now, not one person"),
    ],
)
def test_an_update_says_that_it_is_more_than_was_told(cause: Cause, scope: Scope, said: str) -> None:
    wider = replace(INCIDENT, cause=cause, series=Series(scope, "North"), reason=Reason.WIDENED)
    written = write_spike_letter(Occasion.UPDATED, wider, EXTENT, HOUSE)
    assert said in written.text
    assert "twice" not in written.subject
    assert said not in write_spike_letter(Occasion.RESOLVED, wider, EXTENT, HOUSE).text


def test_what_was_planned_is_said() -> None:
    plan = Plan(3, INCIDENT.series, UNTIL - HOUR, UNTIL + 8 * HOUR, 200)
    text = flat(write_spike_letter(Occasion.OPENED, INCIDENT, EXTENT, HOUSE, DAYS, [plan]).text)
    assert "Planned plan 3: 200 mails until Tuesday 17 Nov 2026, 19:00; counted as usual here" in text


def test_a_time_that_is_over_is_told_of_in_order() -> None:
    later = replace(INCIDENT, id=8, until=UNTIL + 9 * HOUR, observed=90)
    written = write_missed_letter([Missed(later, EXTENT), Missed(INCIDENT, EXTENT)], HOUSE)
    assert written.subject == "While we were not watching: 2 spikes"
    text = flat(written.text)
    assert "from Tuesday 17 Nov 2026, 10:00 to Tuesday 17 Nov 2026, 20:00 (Europe/Berlin)" in text
    assert text.index("412 templated sends to 398 people") < text.index("90 templated sends")
    many = write_missed_letter([Missed(INCIDENT, EXTENT)] * 40, HOUSE)
    assert "20 more; the page has all of them" in many.text


def test_the_operator_letter() -> None:
    written = write_operator_letter(
        "A mailbox refuses its login",
        "Mailbox 12 has refused its login for an hour.",
        ["Run: auditor check"],
        HOUSE,
    )
    assert written.subject == "A mailbox refuses its login"
    assert "- Run: auditor check" in written.text
    assert "<li>Run: auditor check</li>" in written.html


HOSTILE = '</p><script>alert(1)</script><img src="https://evil.example/x.png">'


def test_html_in_names_and_wording_stays_text() -> None:
    written = write_spike_letter(
        Occasion.OPENED,
        replace(INCIDENT, series=Series(Scope.TEAM, HOSTILE)),
        replace(
            EXTENT,
            teams=(TeamPart(HOSTILE, 3, 9),),
            templates=(TemplatePart('"><script>', HOSTILE, HOSTILE, 9),),
        ),
        replace(HOUSE, organisation=HOSTILE),
        DAYS,
    )
    tree = LexborHTMLParser(written.html)
    assert tree.css("script, iframe, object, link, form") == []
    assert [node.attributes["src"] for node in tree.css("img")] == ["cid:days"]
    assert HOSTILE in tree.text()
    assert [node.attributes["href"] for node in tree.css("a")] == [
        "https://audit.example.org/templates/%22%3E%3Cscript%3E",
        "https://audit.example.org/",
    ]


def test_a_public_url_that_is_no_page_makes_no_link() -> None:
    written = write_spike_letter(
        Occasion.OPENED, INCIDENT, EXTENT, replace(HOUSE, public_url="javascript:alert(1)")
    )
    assert "javascript" not in written.html + written.text


texts = st.text(max_size=60)


@settings(deadline=None, max_examples=60)
@given(name=texts, wording=texts, team=texts, person=texts, house=texts)
def test_nothing_that_a_mail_or_a_people_file_says_injects_anything(
    name: str, wording: str, team: str, person: str, house: str
) -> None:
    """Hostile words in every place at once: no header, no element, no attribute, no picture beyond ours."""
    attack = HOSTILE + '\r\nBcc: everybody@example.org\r\n\r\n--auditor- \u202egnp.exe src="cid:days"'
    written = write_spike_letter(
        Occasion.OPENED,
        replace(INCIDENT, series=Series(Scope.SENDER, attack)),
        replace(
            EXTENT,
            teams=(TeamPart(team + attack, 3, 300, (person + attack, person, attack)),),
            templates=(TemplatePart("t7c1", name + attack, wording + attack, 9),),
        ),
        replace(HOUSE, organisation=house + attack, names_people=True),
        DAYS,
    )
    mail = compose(
        sender="auditor@example.org",
        recipients=["ops@example.org"],
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id="<x.1@example.org>",
        written_at=UNTIL,
        pictures={one.name: b"PNG" for one in written.pictures},
    )
    parsed = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    assert sorted(parsed.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
         "MIME-Version", "Content-Type"]
    )  # fmt: skip
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"
    ]  # fmt: skip
    assert "412 templated sends" in parsed.get_body(("plain",)).get_content()
    assert "\u202e" not in parsed.get_body(("plain",)).get_content() + parsed["Subject"]
    tree = LexborHTMLParser(parsed.get_body(("html",)).get_content())
    assert len(tree.css("img")) == 1
    assert tree.css("script, iframe, object, form, svg, base") == []
    assert {node.tag for node in tree.css("dd > *")} <= {"br", "a"}


@given(st.text())
def test_plain_is_one_line_of_bounded_length(text: str) -> None:
    line = plain(text, 50)
    assert len(line) <= 50
    assert line.splitlines() in ([line], [])
    assert not set(line) & set("\r\n\t\x00\u2028\u202e\u200b")
    assert len(plain_lines(text, 60)) <= 60


def test_small_words() -> None:
    assert count(1, "send", "sends") == "1 send"
    assert count(1200, "send", "sends") == "1,200 sends"
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert bars([0, 1, 8]) == "·▁█"
    assert bars([]) == ""
