"""Whose words a text is made of, in five languages."""

import pytest

from auditor.answer.focus import focus, language_of
from auditor.answer.lexicons import LEXICONS

OURS = (
    "hi ‹name› we are the leading maker of ramps and our award-winning team is proud of our innovative "
    "product\n"
    "companies like yours trust us and our customers save a quarter of their time in the first year"
)
THEIRS = (
    "hi ‹name› you said that your drivers wait at the ramp in the morning and that it costs you an hour\n"
    "what would help you most and is there somebody in your team who plans the routes for the day"
)


def test_a_text_about_ourselves():
    told = focus(OURS)
    assert told is not None
    assert told.language == "en"
    assert told.on_reader == 0.0 or told.on_reader < 0.3
    assert dict(told.own) == {"our": 3, "we": 1, "us": 1}
    assert set(told.claims) == {"leading", "award-winning", "innovative"}
    assert "our customers" in told.proof
    assert told.questions == 0


def test_a_text_about_the_reader():
    told = focus(THEIRS)
    assert told is not None
    assert told.on_reader == 1.0
    assert dict(told.reader) == {"you": 3, "your": 2}
    assert told.claims == told.proof == ()
    assert told.questions == 2


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [
        (
            "de",
            "wir sind der führende anbieter und unsere kunden sind mit unserem produkt auf "
            "dem markt zufrieden und wir auch",
            "wie sieht es bei ihnen aus haben sie schon eine lösung für ihre fahrer und was "
            "ist für sie das wichtigste im alltag",
        ),
        (
            "fr",
            "nous sommes le leader de la logistique et nos clients sont satisfaits de notre "
            "produit dans toute la france",
            "avez vous une solution pour vos chauffeurs et que pensez vous de la situation de"
            " votre équipe sur le quai",
        ),
        (
            "es",
            "nosotros somos el líder de la logística y nuestros clientes confían en nuestro "
            "producto en todo el país",
            "cómo es la situación de su equipo y qué es lo más importante para usted en el "
            "trabajo de sus conductores",
        ),
        (
            "it",
            "noi siamo il leader della logistica e i nostri clienti si fidano di noi e del "
            "nostro prodotto in italia",
            "come va con i vostri autisti e che cosa è più importante per voi nel lavoro "
            "della vostra squadra di oggi",
        ),
    ],
)
def test_every_language_knows_both_sides(language, ours, theirs):
    first, second = focus(ours), focus(theirs)
    assert first is not None
    assert second is not None
    assert first.language == second.language == language
    assert first.on_reader is not None
    assert second.on_reader is not None
    assert first.on_reader < 0.35
    assert second.on_reader > 0.65
    assert first.proof
    assert first.claims
    assert second.questions


def test_our_own_name_is_about_us():
    text = THEIRS + "\nnorthvans northvans northvans"
    told = focus(text, "Northvans Ltd")
    assert told is not None
    assert dict(told.own) == {"northvans": 3}


def test_nothing_is_said_of_a_few_words_or_of_another_language():
    assert focus("hi ‹name› thank you") is None
    assert focus("мы рады сообщить вам что наша компания открыла новый склад в вашем городе") is None
    assert language_of([]) is None


def test_no_word_is_about_both_sides():
    for name, one in LEXICONS.items():
        assert not one.reader & one.own, name
