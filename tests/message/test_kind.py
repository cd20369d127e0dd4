"""Kind by form."""

import pytest

from auditor.vocabulary import Shape
from tests.message.letters import ANSWERS, letter, read_letter

CALENDAR = (
    b"From: Mira Holt <mira.holt@northwind-tools.test>\r\nTo: otto@orchard.test\r\n"
    b"Date: Mon, 03 May 2027 12:00:00 +0000\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n"
    b"--bb\r\nContent-Type: text/plain\r\n\r\n%s\r\n"
    b"--bb\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--bb--\r\n"
)


def shape(text="Just a few words.", **named):
    return read_letter(letter(text, **named)).authored.shape


def test_re_without_references_proves_nothing():
    assert shape(subject="Re: our offer") is Shape.NEW
    assert shape(subject="Re: our offer", **ANSWERS) is Shape.ANSWER
    assert shape(subject="no prefix", **ANSWERS) is Shape.ANSWER


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Autoreply": "yes"},
        {"subject": "Automatic reply: your offer", **ANSWERS},
        {"subject": "Abwesenheitsnotiz: Angebot", "Auto_Submitted": "auto-generated"},
        {"subject": "自动回复: 报价", **ANSWERS},
    ],
)
def test_automatic_answers(fields):
    assert shape(**fields) is Shape.AUTO


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk", "List_Unsubscribe": "<https://u.test/1>", "List_Id": "<x.test>"},
        {"Auto_Submitted": "no"},
        {"subject": "Out of office furniture"},
    ],
)
def test_campaign_headers_are_not_automatic_answers(fields):
    assert shape(**fields) is Shape.NEW


def test_notifications_are_automatic():
    report = letter("x").replace(
        b"Content-Type: text/plain; charset=utf-8", b'Content-Type: multipart/report; boundary="r"'
    )
    assert read_letter(report).authored.shape is Shape.AUTO


def test_an_invitation_without_words_of_its_own():
    assert read_letter(CALENDAR % b"").authored.shape is Shape.CALENDAR
    own = b"Otto, I would like to walk you through the new press line and hear what your team needs."
    assert read_letter(CALENDAR % own).authored.shape is Shape.NEW


@pytest.mark.parametrize("prefix", ["Fwd", "FW", "WG", "TR", "RV", "転送", "轉寄"])
def test_a_forward_needs_a_forwarded_part(prefix):
    forwarded = (
        "Worth a look.\n\n---------- Forwarded message ---------\nFrom: Ida Lund <ida@lake.test>\n"
        "Date: Mon, 3 May 2027\nSubject: Plans\n\nThe plans are attached to this mail."
    )
    assert shape(forwarded, subject=f"{prefix}: Plans") is Shape.FORWARD
    assert shape("No forwarded part stands here.", subject=f"{prefix}: Plans") is Shape.NEW


def test_a_forwarded_part_without_a_prefix():
    text = (
        "Otto, this came in yesterday and I think that you should know before the meeting.\n\n"
        "Begin forwarded message:\n\nFrom: Ida Lund <ida@lake.test>\nSubject: P\nDate: 3 May\n\nThe plans."
    )
    assert shape(text) is Shape.FORWARD
