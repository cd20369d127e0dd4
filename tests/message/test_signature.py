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


@pytest.mark.parametrize(
    "line",
    [
        "当社の新しい印刷機は工場の作業時間を毎週一交代分ほど短くし、残業も電気代も目に見えて減らします。",
        "我们的新型印刷机每周可为贵厂节省整整一个班次的时间，同时明显降低加班费用和电费支出，欢迎来电。",
    ],
)
def test_a_pitch_below_a_mark_is_read_without_spaces_too(line):
    pitch = "\n".join([line] * 4)
    assert len(shown(f"お世話になっております。\n\n-- \n{pitch}")) == 5


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


@pytest.mark.parametrize(
    "notice",
    [
        "This message is confidential and meant for its addressee alone; unauthorised copying is forbidden.",
        "Diese Nachricht ist vertraulich und nur für den bestimmungsgemäßen Empfänger; unbefugte Weitergabe"
        " ist untersagt.",
        "Ce message est confidentiel et réservé à son destinataire. Reçu par erreur, merci de le détruire.",
        "Este mensaje es confidencial y va dirigido a su destinatario. Si lo recibe por error, bórrelo.",
        "Questo messaggio è riservato al solo destinatario. Se ricevuto per errore, si prega di cancellarlo.",
        "Esta mensagem é confidencial e destina-se ao destinatário. Se a recebeu por engano, apague-a.",
        "Dit bericht is vertrouwelijk en alleen voor de geadresseerde. Ten onrechte ontvangen? Wis het.",
        "Ta wiadomość jest poufna i przeznaczona wyłącznie dla adresata. Otrzymaną omyłkowo prosimy usunąć.",
        "Это сообщение конфиденциально и предназначено только адресату. Получили по ошибке? Удалите его.",
        "このメールは機密情報を含み、宛先以外の方の閲覧を禁じます。誤って受信された場合は削除してください。",
        "本邮件属机密信息，仅供收件人使用。如误收，请立即删除。",
        "이 메일은 기밀 정보를 담고 있으며 수신인만 볼 수 있습니다. 잘못 받으셨다면 삭제해 주십시오.",
        "هذه الرسالة سرية وموجهة إلى المرسل إليه وحده. إذا وصلتك بالخطأ فاحذفها.",
        "הודעה זו חסויה ומיועדת לנמען בלבד. אם קיבלת אותה בטעות, נא למחוק אותה.",
    ],
)
def test_disclaimers(notice):
    assert shown(f"{TEXT}\n\nBest,\nMira\n\n{notice}") == READ
    assert shown(f"{TEXT}\n\n{notice}") == READ


@pytest.mark.parametrize(
    "line",
    [
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Verzonden vanaf mijn iPhone",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "أُرسلت من iPhone",
        "נשלח מה-iPhone שלי",
    ],
)
def test_marks_of_telephones(line):
    assert shown(f"{TEXT}\n\n{line}") == READ


def test_nothing_is_read_a_screenful_below_the_message():
    below = "The gulls sat on the crane as if somebody had told them to wait there for the morning boat."
    long = f"{TEXT} It takes an hour, and you would see all three of them at work."
    assert len(shown(f"{long}\n" + "\n" * 40 + below)) == 1
    assert len(shown(f"{long}\n" + "\n" * 10 + below)) == 2
    assert len(shown("Hello.\n" + "\n" * 40 + below)) == 2


def test_where_the_line_below_a_signature_is_drawn():
    """Padding of a few lines goes with the signature; what is long enough to be a message is one."""
    lines = "\n".join(f"the {word} stood by the gate" for word in ("gull", "crane", "boat", "mill", "barn"))
    assert shown(f"{TEXT}\n\n-- \nMira Holt\n{lines}") == READ
    assert len(shown(f"{TEXT}\n\n-- \nMira Holt\n{lines}\n{lines}\n{lines}")) > 10
