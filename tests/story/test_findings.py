"""Findings in sentences: each with its number and interval, none without enough data."""

from dataclasses import replace

from auditor.answer.rates import AnswerFigures, Answers, Rate, difference
from auditor.statistics.figures import Window
from auditor.story import findings
from auditor.vocabulary import Class


def answers(mass: Rate, personal: Rate, deliveries: int = 1000) -> Answers:
    together = Rate(mass.people + personal.people, mass.answered + personal.answered)
    return Answers(
        by_class={Class.MASS: mass, Class.PERSONAL: personal}, everybody=together, deliveries=deliveries
    )


def test_what_is_answered_is_said_with_its_interval():
    said = findings.of_answers(answers(Rate(1000, 30), Rate(200, 50)))
    assert said == (
        "Of 100 people reached by mass-sent mail, 3.0 answered (2.1 to 4.3 with 95% confidence; "
        "30 of 1,000).",
        "Of 100 people reached by mail written for them, 25 answered (20 to 31 with 95% confidence; "
        "50 of 200).",
        "Of 100 people, 22 more answered mail written for them than mass-sent mail (16 to 28).",
    )


def test_what_cannot_be_told_apart_is_not():
    (_, _, compared) = findings.of_answers(answers(Rate(40, 3), Rate(35, 4)))
    assert "too close to tell apart" in compared


def test_nothing_is_said_of_a_few():
    assert findings.of_answers(answers(Rate(29, 20), Rate(12, 12))) == ()
    assert findings.of_change(answers(Rate(20, 1), Rate(5, 1)), Answers(), "30 days") == ()
    assert findings.of_figures(None) == ()


def test_volume_up_while_replies_fall():
    before, now = answers(Rate(2000, 200), Rate(400, 100)), answers(Rate(4000, 160), Rate(300, 60), 1500)
    (changed, named) = findings.of_change(now, before, "30 days")
    assert changed.startswith("Outreach was answered less often than in the 30 days before: 5.1 of 100")
    assert named.startswith("Volume up while replies fall: 1,500 deliveries of outreach, 50% more than")
    assert "fewer of 100 people answered" in named


def test_no_such_finding_where_one_of_the_two_is_not_so():
    before = answers(Rate(2000, 200), Rate(400, 100))
    steady = answers(Rate(4000, 160), Rate(300, 60), 1000)
    assert findings.volume_up_while_replies_fall(steady, before, "30 days") is None
    as_before = replace(before, deliveries=2000)
    assert findings.volume_up_while_replies_fall(as_before, before, "30 days") is None


def test_no_sentence_says_why():
    figures = AnswerFigures(
        0, 0, {Window.MONTH: answers(Rate(4000, 160), Rate(300, 60), 1500)},
        {Window.MONTH: answers(Rate(2000, 200), Rate(400, 100))},
    )  # fmt: skip
    said = " ".join(findings.of_figures(figures)).lower()
    assert said
    assert not any(word in said for word in ("because", "due to", "thanks to", "therefore", "caused"))


def test_the_interval_of_a_difference_is_newcombes():
    """The example of his table II: 56 of 70 against 48 of 80."""
    apart = difference(Rate(70, 56), Rate(80, 48))
    assert apart is not None
    assert [round(one, 4) for one in (apart.value, apart.low, apart.high)] == [0.2, 0.0524, 0.3339]
