"""Fields that were not filled."""

import pytest

from auditor.message.merge import has_failure
from tests.message.letters import ANSWERS, letter, read_letter


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


@pytest.mark.parametrize(
    "line",
    [
        "Hi Otto,",
        "Hi, how are you?",
        "Dear all,",
        "Dear Nullmeier,",
        "set {x} to {y: 1}",
        "%configure --dir=%{name}/%{_libdir}",
        "grew by 20% and then 30% more",
        "see [1] and [2]",
        "[EXTERNAL] please read",
        "a << b and b >> c",
        "the <title> of the page",
        "the value is null, undefined or None",
        "if (a) { return name; }",
        "a {name: 'x'} object",
        "100%OFF%",
    ],
)
def test_ordinary_text(line):
    assert not has_failure(["Hello there,", line])


def test_the_subject_counts_and_a_quote_does_not():
    assert read_letter(letter("Hello", subject="A word for {{company}}")).authored.merge_failure
    quoted = "No, thanks.\n\nOn 3 May 2027 Otto <o@orchard.test> wrote:\n> Hi {{first_name}},"
    assert not read_letter(letter(quoted, **ANSWERS)).authored.merge_failure
