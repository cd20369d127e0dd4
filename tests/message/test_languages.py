"""What is left of a mail in each of the languages: the text that its sender wrote, and nothing around it."""

import random
from datetime import UTC, datetime

import pytest

from auditor.message import reading
from auditor.message.values import Authored, Outgoing
from auditor.people import People
from tests.benchmarks.corpus_languages import LANGUAGES, Language
from tests.benchmarks.corpus_mail import Letter, written

US = ("Tove Marlow", "tove.marlow@fernhill.example")
THEM = ("Nadia Kern", "nadia.kern@lindo.example")
COMPANY = People.of(("fernhill.example",), ())


def read(*paragraphs: str, as_html: bool = False, **more: str) -> Authored:
    """The authored text of one mail of ours."""
    body = "\n\n".join(paragraphs)
    at = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    letter = Letter(US, [THEM], "lifts", at, "<1@fernhill.example>", body, as_html=as_html, **more)  # type: ignore[arg-type]  # text fields
    sent = reading.outgoing(written(letter, random.Random(1)), None, COMPANY, archive=True)
    assert isinstance(sent, Outgoing)
    return sent.authored


def greeting(language: Language) -> str:
    return language.greeting.format(name="Nadia")


@pytest.mark.parametrize("as_html", [False, True])
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_sign_off_and_signature_go(language: Language, as_html: bool) -> None:
    bare = read(greeting(language), *language.pitch)
    signed = read(
        greeting(language),
        *language.pitch,
        f"{language.sign_off}\nTove",
        signature="Tove Marlow\nFernhill\nTel. +44 20 5550 1234",
        as_html=as_html,
    )
    assert [word for line in signed.lines for word in line] == [word for line in bare.lines for word in line]
    assert not signed.short


@pytest.mark.parametrize("as_html", [False, True])
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_what_is_answered_goes(language: Language, as_html: bool) -> None:
    bare = read(greeting(language), language.notes[0])
    quoted = [language.attribution.format(who="Nadia Kern <nadia.kern@lindo.example>")]
    answer = read(
        greeting(language),
        language.notes[0],
        f"{language.sign_off}\nTove",
        quoted="\n".join(quoted + [f"> {line}" for line in language.pitch]),
        answers="<q@lindo.example>",
        as_html=as_html,
    )
    assert [word for line in answer.lines for word in line] == [word for line in bare.lines for word in line]
