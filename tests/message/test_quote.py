"""Quotes, forwarded parts, and who is quoted."""

import pytest

from tests.message.letters import ANSWERS, letter, read_letter, shown, shown_html

OLD = "> We would need the figures by Friday.\n> Otto"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, May 3, 2027 at 9:12 AM Otto Brenner <otto.brenner@orchard.test> wrote:",
        "On 5/3/27 09:12, Otto Brenner wrote:",
        "Am 03.05.2027 um 09:12 schrieb Otto Brenner <otto.brenner@orchard.test>:",
        "Am Mo., 3. Mai 2027 um 09:12 Uhr schrieb Otto Brenner:",
        "Le lun. 3 mai 2027 à 09:12, Otto Brenner <otto.brenner@orchard.test> a écrit :",
        "El lun, 3 may 2027 a las 9:12, Otto Brenner (<otto.brenner@orchard.test>) escribió:",
        "Il giorno lun 3 mag 2027 alle ore 09:12 Otto Brenner <otto.brenner@orchard.test> ha scritto:",
        "Em seg., 3 de mai. de 2027 às 09:12, Otto Brenner <otto.brenner@orchard.test> escreveu:",
        "Op ma 3 mei 2027 om 09:12 schreef Otto Brenner <otto.brenner@orchard.test>:",
        "pon., 3 maj 2027 o 09:12 Otto Brenner <otto.brenner@orchard.test> napisał(a):",
        "W dniu 3.05.2027 o 09:12, Otto Brenner pisze:",
        "пн, 3 мая 2027 г. в 09:12, Otto Brenner <otto.brenner@orchard.test>:",
        "03.05.2027 09:12, Otto Brenner пишет:",
        "2027年5月3日(月) 9:12 Otto Brenner <otto.brenner@orchard.test>:",
        "Otto Brenner <otto.brenner@orchard.test> 于2027年5月3日周一 09:12写道：",
        "2027년 5월 3일 (월) 오전 9:12, Otto Brenner <otto.brenner@orchard.test>님이 작성:",
        "בתאריך יום ב׳, 3 במאי 2027 ב-9:12 מאת Otto Brenner <otto.brenner@orchard.test>:",
        "في الاثنين، 3 مايو 2027 9:12 ص Otto Brenner <otto.brenner@orchard.test> كتب:",
        "Den mån 3 maj 2027 kl 09:12 skrev Otto Brenner <otto.brenner@orchard.test>:",
        "Den 3. maj 2027 kl. 09.12 skrev Otto Brenner <otto.brenner@orchard.test>:",
        "man. 3. mai 2027 kl. 09:12 skrev Otto Brenner <otto.brenner@orchard.test>:",
        "ma 3. toukok. 2027 klo 9.12 Otto Brenner (otto.brenner@orchard.test) kirjoitti:",
        "po 3. 5. 2027 v 9:12 odesílatel Otto Brenner <otto.brenner@orchard.test> napsal:",
        "Otto Brenner <otto.brenner@orchard.test>, 3 May 2027 Pzt, 09:12 tarihinde şunları yazdı:",
        "On Mon, May 3, 2027 at 9:12 AM Otto Brenner\n<otto.brenner@orchard.test> wrote:",
        "On Monday, the third of May 2027, early,\nOtto Brenner of the Orchard\n<o@orchard.test> wrote:",
    ],
)
def test_attributions(attribution):
    raw = letter(f"Thursday suits me.\n\n{attribution}\n{OLD}", **ANSWERS)
    send = read_letter(raw)
    assert [" ".join(line) for line in send.authored.lines] == ["thursday suits me"]
    assert send.authored.quotes_other


@pytest.mark.parametrize(
    "block",
    [
        "From: Otto <o@orchard.test>\nSent: Monday, May 3, 2027 9:12 AM\nTo: Mira\nSubject: Figures",
        "Von: Otto <o@orchard.test>\nGesendet: Montag, 3. Mai 2027\nAn: Mira\nBetreff: Zahlen",
        "De : Otto <o@orchard.test>\nEnvoyé : lundi 3 mai 2027\nÀ : Mira\nObjet : Chiffres",
        "De: Otto <o@orchard.test>\nEnviado: lunes, 3 de mayo de 2027\nPara: Mira\nAsunto: Cifras",
        "Da: Otto <o@orchard.test>\nInviato: lunedì 3 maggio 2027\nA: Mira\nOggetto: Cifre",
        "Van: Otto <o@orchard.test>\nVerzonden: maandag 3 mei 2027\nAan: Mira\nOnderwerp: Cijfers",
        "Od: Otto <o@orchard.test>\nWysłano: 3 maja 2027\nDo: Mira\nTemat: Dane",
        "От: Otto <o@orchard.test>\nОтправлено: 3 мая 2027\nКому: Mira\nТема: Цифры",
        "Från: Otto <o@orchard.test>\nSkickat: den 3 maj 2027\nTill: Mira\nÄmne: Siffror",
        "发件人: Otto <o@orchard.test>\n发送时间: 2027年5月3日\n收件人: Mira\n主题: 数字",
        "差出人: Otto <o@orchard.test>\n送信日時: 2027年5月3日\n宛先: Mira\n件名: 数字",
        "보낸 사람: Otto <o@orchard.test>\n보낸 날짜: 2027년 5월 3일\n받는 사람: Mira\n제목: 숫자",
        "מאת: Otto <o@orchard.test>\nנשלח: יום שני 3 מאי 2027\nאל: Mira\nנושא: נתונים",
        "*From:* Otto <o@orchard.test>\n*Sent:* Monday\n*To:* Mira\n*Subject:* Figures",
        "-----Original Message-----\nFrom: Otto <o@orchard.test>\nSent: Monday\nTo: Mira\nSubject: Figures",
        "-----Ursprüngliche Nachricht-----\nVon: o@orchard.test\nGesendet: Montag\nAn: Mira\nBetreff: Zahlen",
        "____________________________\nFrom: Otto <o@orchard.test>\nSent: Monday\nTo: Mira\nSubject: Figures",
    ],
)
def test_header_blocks(block):
    send = read_letter(
        letter(f"Thursday suits me.\n\n{block}\n\nWe would need the figures by Friday.", **ANSWERS)
    )
    assert [" ".join(line) for line in send.authored.lines] == ["thursday suits me"]
    assert send.authored.quotes_other


def test_answers_between_quoted_lines_are_kept():
    text = "On 3 May 2027 Otto <o@orchard.test> wrote:\n> When?\n\nThursday.\n\n> Where?\n\nAt your plant."
    assert shown(text, **ANSWERS) == ["thursday", "at your plant"]


def test_marks_alone_prove_nothing():
    pitch = "> Our presses save a shift a week.\n> Ask me for the figures of your plant."
    assert shown(pitch) == ["our presses save a shift a week", "ask me for the figures of your plant"]
    assert shown(f"Thursday.\n\n{pitch}", **ANSWERS) == ["thursday"]


def test_a_pitch_in_a_made_up_quote_is_read():
    pitch = "\n".join(
        f"> Reason {n} to buy a press from us is that it saves your plant a shift." for n in range(5)
    )
    lines = shown(
        f"See below.\n\nOn 3 May 2027 Mira Holt <mira.holt@northwind-tools.test> wrote:\n{pitch}",
        subject="Re: press",
    )
    assert " ".join(lines).count("to buy a press") == 5


def test_padding_above_a_made_up_quote_does_not_hide_it():
    padding = "The harbour was grey this morning and the gulls sat on the crane as if told to wait."
    pitch = "\n>\n".join(
        f"> Reason {n} to buy a press from us is that it saves your plant a shift." for n in range(5)
    )
    attribution = "On 3 May 2027 Ida Lund <ida@lake.test> wrote:"
    assert len(shown(f"{padding}\n\n{attribution}\n{pitch}", subject="Re: press")) == 7


def test_a_small_quote_in_a_mail_without_references_is_one():
    text = "We met at the fair and you asked which of our presses would fit a hall as low as yours."
    assert len(shown(f"{text}\n\nOn 3 May 2027 Ida Lund <ida@lake.test> wrote:\n> Which?")) == 1


def test_answers_inside_a_gmail_quote_are_kept():
    html = (
        "<div class='gmail_quote'><div class='gmail_attr'>On May 3, 2027 Otto wrote:</div>"
        "<blockquote>When?</blockquote><div>Thursday.</div><blockquote>Where?</blockquote>"
        "<div>At noon.</div></div>"
    )
    assert shown_html(html, **ANSWERS) == ["thursday", "at noon"]


def test_one_s_own_earlier_mail_quotes_nobody_else():
    own = "On 1 May 2027 Mira Holt <mira.holt@northwind-tools.test> wrote:\n> Did you see the offer?"
    assert not read_letter(letter(f"Any news?\n\n{own}", **ANSWERS)).authored.quotes_other
    named = "On 1 May 2027 Mira Holt wrote:\n> Did you see the offer?"
    assert not read_letter(letter(f"Any news?\n\n{named}", **ANSWERS)).authored.quotes_other


def test_someone_quoted_deeper_is_quoted():
    text = (
        "Any news?\n\nOn 2 May 2027 Mira Holt <mira.holt@northwind-tools.test> wrote:\n> Here it is.\n>\n"
        "> On 1 May 2027 Otto <o@orchard.test> wrote:\n>> Send it, please."
    )
    assert read_letter(letter(text, **ANSWERS)).authored.quotes_other


@pytest.mark.parametrize(
    "text",
    [
        "On Thursday I wrote: nothing is as good as a press that runs by itself.",
        "From: our side there is nothing to add, and the offer stands as it was.",
        "To: the point, Subject: to your approval, the press arrives in June.",
        "He said: on Monday it ran, on Tuesday it did not, and nobody wrote anything down.",
        "One outstanding question that I had about your plant: which shift runs the press?",
    ],
)
def test_ordinary_sentences_are_no_quotes(text):
    more = "Below that stands a second paragraph of the very same mail."
    assert len(shown(f"{text}\n\n{more}", **ANSWERS)) == 2
    assert len(shown(f"{text}\n\n{more}")) == 2


@pytest.mark.parametrize(
    "text",
    [
        # a program that leaves In-Reply-To out: answers between the parts of the quote
        "> Which press would fit a low hall?\nThe small one.\n\n> And by when?\nBy June, I think.",
        # a quote that holds another one
        "The small one, as I said.\n\nOtto Brenner wrote:\n> On Monday Mira wrote:\n> > Which hall?\n> Ours.",
    ],
)
def test_answers_whose_program_says_nothing_of_it(text):
    read = " ".join(shown(text))
    assert "the small one" in read
    assert not {"low", "hall", "ours", "which"} & set(read.split())


def test_quote_marks_in_html_are_quote_marks():
    html = (
        "<div>The small one.</div><div><br></div><div>On Monday Otto Brenner wrote:</div>"
        "<div>&gt; Which press</div><div>&gt;&gt; for our hall</div><div>would fit?</div>"
    )
    assert shown_html(html, **ANSWERS) == ["the small one", "would fit"]


def test_a_pitch_in_a_made_up_quote_stays_with_an_attribution_of_any_form():
    pitch = "\n".join(f"> Reason {n} to buy is that a press saves your plant a shift." for n in range(5))
    for attribution in ("Ida wrote:", "So Ida Lund <ida@lake.test> says:", "On Monday Ida wrote:"):
        assert len(shown(f"Look at this.\n\n{attribution}\n{pitch}")) == 7


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "---------- Weitergeleitete Nachricht ---------",
        "---------- Message transféré ---------",
        "---------- Mensaje reenviado ---------",
        "---------- Messaggio inoltrato ---------",
        "---------- Mensagem encaminhada ---------",
        "---------- Doorgestuurd bericht ---------",
        "---------- Wiadomość przekazana ---------",
        "---------- Пересылаемое сообщение ---------",
        "---------- 転送メッセージ ---------",
        "---------- 转发邮件 ---------",
        "---------- 전달된 메시지 ---------",
        "---------- رسالة معاد توجيهها ---------",
        "---------- הודעה שהועברה ---------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "Début du message transféré :",
        "Inicio del mensaje reenviado:",
        "Inizio messaggio inoltrato:",
        "Início da mensagem encaminhada:",
        "Begin doorgestuurd bericht:",
        "Początek przekazywanej wiadomości:",
    ],
)
def test_forwards(mark):
    block = "From: Otto <o@orchard.test>\nDate: Monday\nSubject: Figures\nTo: Mira"
    send = read_letter(letter(f"For you to look at.\n\n{mark}\n{block}\n\nHere they are.", subject="Fwd: x"))
    assert [" ".join(line) for line in send.authored.lines] == ["for you to look at"]
    assert send.authored.shape == "forward"


@pytest.mark.parametrize(
    "block",
    [
        "De: Otto <o@orchard.test>\nEnviada em: segunda-feira, 3 de maio de 2027\nPara: Mira\nAssunto: Dados",
        "寄件者: Otto <o@orchard.test>\n寄件日期: 2027年5月3日\n收件人: Mira\n主旨: 數字",
        "من: Otto <o@orchard.test>\nتاريخ الإرسال: 3 مايو 2027\nإلى: Mira\nالموضوع: أرقام",
        "Von: Otto <o@orchard.test>\nDatum: Montag, 3. Mai 2027 um 09:12\nAn: Mira\nBetreff: Zahlen",
        "De : Otto <o@orchard.test>\nDate : lundi 3 mai 2027\nÀ : Mira\nObjet : Chiffres",
    ],
)
def test_more_header_blocks(block):
    assert shown(f"Thursday suits me.\n\n{block}\n\nThe figures by Friday.", **ANSWERS) == [
        "thursday suits me"
    ]


@pytest.mark.parametrize(
    "attribution",
    [
        "Am 3. Mai 2027 um 09:12 schrieb o.brenner@orchard.test:",
        "Otto Brenner <otto.brenner@orchard.test> schrieb am Mo., 3. Mai 2027, 09:12:",
        "Le 03/05/2027 à 09:12, Otto Brenner a écrit :",
        "El 3/5/27 a las 9:12, Otto Brenner escribió:",
        "Il 03/05/2027 09:12, Otto Brenner ha scritto:",
        "Em 03/05/2027 09:12, Otto Brenner escreveu:",
        "A segunda, 3/05/2027, 09:12, Otto Brenner <otto.brenner@orchard.test> escreveu:",
        "Op 03-05-2027 om 09:12 schreef Otto Brenner:",
        "Dnia 3 maja 2027 09:12 Otto Brenner <otto.brenner@orchard.test> napisał(a):",
        "3 мая 2027 г., в 09:12, Otto Brenner <otto.brenner@orchard.test> написал(а):",
        "Понедельник, 3 мая 2027, 9:12 +03:00 от Otto Brenner <otto.brenner@orchard.test>:",
        "2027/05/03 9:12、Otto Brenner <otto.brenner@orchard.test>のメール:",
        "2027年5月3日(月) 9:12、Otto Brenner さんは書きました:",
        "在 2027年5月3日，上午9:12，Otto Brenner <otto.brenner@orchard.test> 写道：",
        "2027. 5. 3. 오전 9:12, Otto Brenner <otto.brenner@orchard.test> 작성:",
        "بتاريخ الاثنين، 3 مايو 2027 في 9:12 ص كتب Otto Brenner <otto.brenner@orchard.test>:",
        "ב-3 במאי 2027, בשעה 9:12, Otto Brenner <otto.brenner@orchard.test> כתב/ה:",
    ],
)
def test_more_attributions(attribution):
    assert shown(f"Thursday suits me.\n\n{attribution}\n{OLD}", **ANSWERS) == ["thursday suits me"]
