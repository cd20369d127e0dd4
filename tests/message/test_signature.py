"""Sign-offs, signatures, disclaimers, footers, and the cap on what they take away."""

import pytest

from tests.message.letters import shown, shown_html

TEXT = "Shall we look at the press line together next week?"
READ = ["shall we look at the press line together next week"]


@pytest.mark.parametrize(
    "ending",
    [
        "Best regards,\nMira Holt\nSales Lead | Northwind Tools\n+49 30 1234567",
        "Best,\nMira",
        "Thanks!\n\n-- \nMira Holt\nNorthwind Tools",
        "-- \nMira Holt\nhttps://northwind-tools.test",
        "Mit freundlichen Grüßen\n\nMira Holt",
        "Viele Grüße, Mira",
        "Cordialement,\nMira Holt",
        "Un saludo,\nMira",
        "Cordiali saluti\nMira Holt",
        "Com os melhores cumprimentos,\nMira",
        "Met vriendelijke groet,\nMira Holt",
        "Pozdrawiam,\nMira",
        "С уважением,\nМира Хольт",
        "よろしくお願いいたします。\nホルト",
        "此致敬礼\n霍尔特",
        "감사합니다.\n홀트",
        "בברכה,\nמירה",
        "مع أطيب التحيات،\nميرا",
        "Med vänliga hälsningar\nMira Holt",
        "Ystävällisin terveisin\nMira",
        "Saygılarımla,\nMira Holt",
        "Mira",
        "Mira Holt\nSales Lead\nNorthwind Tools GmbH",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS<https://aka.test/x>",
        "Best regards,\nMira\n\nUnsubscribe: https://u.test/1",
        "Best regards,\nMira\n\nP.S. Not for you? Opt out here: https://u.test/1",
        "Best,\nMira\n\nThis message is confidential and intended solely for the addressee. If you received"
        " it in error, please delete it and tell the sender.",
        "Grüße\nMira\n\nDiese E-Mail ist vertraulich. Falls Sie sie irrtümlich erhalten haben, löschen Sie"
        " sie bitte.\nSitz der Gesellschaft: Berlin, Amtsgericht Berlin HRB 1, Geschäftsführer: Jo Adler",
    ],
)
def test_endings_come_off(ending):
    found = shown(f"{TEXT}\n\n{ending}")
    assert [line for line in found if line != "thanks"] == READ


def test_thanks_above_another_sign_off_is_still_the_message():
    assert shown(f"{TEXT}\n\nThanks a lot.\n\nBest regards,\nMira") == [*READ, "thanks a lot"]


def test_a_mail_that_only_says_thanks_says_that():
    assert shown("Thank you!") == ["thank you"]
    assert shown("Best,\nMira") == []


def test_a_postscript_is_part_of_the_message():
    assert shown(f"{TEXT}\n\nBest,\nMira\n\nP.S. Your stand at the fair was the best of all.") == [
        *READ,
        "p s your stand at the fair was the best of all",
    ]


@pytest.mark.parametrize("mark", ["-- ", "Best regards,", "________", "Mira Holt"])
def test_a_pitch_below_a_mark_is_read(mark):
    pitch = "\n\n".join(
        f"Reason {n} for our press is that it saves a plant like yours a whole shift in each and every week."
        for n in range(4)
    )
    assert len(shown(f"Hello Otto,\n\n{mark}\n{pitch}")) >= 5


def test_a_pitch_of_short_lines_below_a_mark_is_read():
    pitch = "\n".join(f"our press saves your plant one shift ({n})" for n in range(12))
    assert len(shown(f"Hello Otto,\n\n-- \n{pitch}")) >= 13


def test_words_of_footers_inside_a_message_stay():
    text = (
        "Your readers unsubscribe because the mails are dull.\n\nOur tool keeps confidential reports short."
    )
    assert len(shown(f"{text}\n\nShall I show you?\n\nBest,\nMira")) == 3


def test_greetings_stay():
    assert shown("Hi Otto,\n\nAre you in?\n\nBest,\nMira") == ["hi ‹name›", "are you in"]


def test_html_footers():
    html = (
        f"<p>{TEXT}</p><p>Best,</p><p>Mira Holt<br>Sales Lead</p><p style='font-size:9px'>"
        "You are receiving this email"
        " because you asked for it. <a href='https://u.test'>Unsubscribe</a></p>"
        "<img src='https://t.test/o.gif' width=1 height=1>"
    )
    assert shown_html(html) == READ
