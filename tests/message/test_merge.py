"""Fields that were not filled."""

import pytest

from auditor.message.merge import has_failure
from tests.message.letters import ANSWERS, letter, read_letter
from tests.message.unfilled import ORDINARY, TEXTS, failures, ordinary


@pytest.mark.parametrize(
    "line",
    [
        "Hi {{first_name}},",
        "Hi {{ contact.firstname | default }},",
        "Hi {first_name},",
        "Hi {FirstName},",
        "Hi %FIRSTNAME%,",
        "Hi %%First Name%%,",
        "Hi *|FNAME|*,",
        "Hi <<First Name>>,",
        "Hi «Vorname»,",
        "Hi ${firstName},",
        "Hi [First Name],",
        "how [Company] grows",
        "how [Your Company] grows",
        "Hi [[name]],",
        "Hi {!Contact.FirstName},",
        "Hi <%= first_name %>,",
        "Hi <first name>,",
        "Hi ,",
        "Dear null,",
        "Hi None,",
        "Hello undefined,",
        "Sehr geehrter Herr null",
        "Dear null null, we",
        "Hola ,",
    ],
)
def test_unfilled_fields(line):
    assert has_failure([line])


@pytest.mark.parametrize("line", [*ORDINARY, *TEXTS])
def test_ordinary_text(line):
    assert not has_failure(["Hello there,", line])


def test_the_subject_counts_and_a_quote_does_not():
    assert read_letter(letter("Hello", subject="A word for {{company}}")).authored.merge_failure
    quoted = "No, thanks.\n\nOn 3 May 2027 Otto <o@orchard.test> wrote:\n> Hi {{first_name}},"
    assert not read_letter(letter(quoted, **ANSWERS)).authored.merge_failure


def test_precision_and_recall_on_labelled_mail():
    """Precision of 99%, recall of 95%; here nothing is wrong and nothing is missed but what is named."""
    missed = [text for subject, text in failures() if not has_failure(text.splitlines(), subject)]
    wrong = [text for subject, text in ordinary() if has_failure(text.splitlines(), subject)]
    found = sum(1 for _ in failures()) - len(missed)
    assert not wrong
    assert found / (found + len(missed)) >= 0.95, missed


@pytest.mark.parametrize(
    ("to", "greeting"),
    [
        ("Karin Holt <karin.holt@orchard.test>", "Hi Frederik,"),
        ("Karin Holt <kholt@orchard.test>", "Dear SUSANNE,"),
        ('"Holt, Karin" <holt.karin@orchard.test>', "Guten Tag Otto,"),
    ],
)
def test_somebody_elses_name(to, greeting):
    assert read_letter(letter(f"{greeting}\n\nA word about your ramp.", To=to)).authored.merge_failure


@pytest.mark.parametrize(
    ("to", "greeting"),
    [
        ("Karin Holt <karin.holt@orchard.test>", "Hi Karin,"),
        ("Karin Holt <karin.holt@orchard.test>", "Dear Holt,"),
        ("Karin Holt <karin.holt@orchard.test>", "Hi all,"),
        ("Karin Holt <karin.holt@orchard.test>", "Hallo zusammen,"),
        ("Katharina Holt <katharina.holt@orchard.test>", "Hi Trina,"),
        ("William Holt <william.holt@orchard.test>", "Hi Bill,"),
        ("Robert Holt <rholt@orchard.test>", "Hi Bob,"),
        ("Karin Holt <office@orchard.test>", "Hi Frederik,"),
        ("office@orchard.test", "Hi Frederik,"),
        ("Karin M. Frederik Holt <karin.holt@orchard.test>", "Hi Frederik,"),
        ("Karin Holt <karin.holt@orchard.test>, Frederik Lund <frederik.lund@orchard.test>", "Hi Frederik,"),
        ("Karin Holt <karin.holt@frederik.test>", "Hi Frederik,"),
        ("Stéphane Holt <stephane.holt@orchard.test>", "Bonjour Stephane,"),
    ],
)
def test_names_that_are_theirs_or_not_sure(to, greeting):
    assert not read_letter(letter(f"{greeting}\n\nA word about your ramp.", To=to)).authored.merge_failure


def test_an_answer_may_greet_whom_it_likes():
    raw = letter("Hi Frederik,\n\nthank you.", To="Karin Holt <karin.holt@orchard.test>", **ANSWERS)
    assert not read_letter(raw).authored.merge_failure
