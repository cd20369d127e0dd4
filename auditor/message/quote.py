"""What the sender wrote, and what was there before: quotes, forwarded parts, and who is quoted.

A quote needs an attribution line, a header block, or a true answer around it (RFC 5322 section 3.6.4);
`>` alone proves nothing in a message that answers nothing. Where a message that answers nothing shows
little but its quote, the quote is what its reader reads, and it stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.message.lines import Line, Mark
from auditor.message.mask import same_person
from auditor.message.values import Headers
from auditor.people import People
from auditor.vocabulary import Shape

MAX_OWN_LINES = 4_000
ENOUGH_WORDS = 15  # as much as makes a message more than brief
_LONGEST_ATTRIBUTION = 400

# "On Mon, 3 May 2027 at 10:00, Ann Lee <ann@example.org> wrote:" in many languages: how it begins and ends.
_OPENS = re.compile(
    r"\W{0,3}(?:On|At|In|Am|Le|El|Il|Em|A|O|Op|W|Dnia|Den|D\.|Dne|På|Pe|La|Στις|Em|Vào|Pada|Tarihinde|"
    r"\d{1,4}[-./年. ]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So|lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс)\b|"
    r"בתאריך|ב-|في|در|เมื่อ|ma|ti|ke|to|pe|la|su|[^\s<>]{1,40}[ @(<])",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"(?:wrote|writes|said|schrieb(?:\s.{1,120})?|a écrit|escribió|escreveu|ha scritto|schreef(?:\s.{1,120})?|"
    r"napisał(?:\(a\)|a)?|pisze|написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|а)?|написав(?:\(ла\))?|napsal(?:\(a\)|a)?|"
    r"skrev(?:\s.{1,120})?|kirjoitti|yazdı|şunları yazdı|a scris|írta|έγραψε|כתב(?:/ה|ה)?|כתבה|כתב/ה|كتب|نوشت|"
    r"(?:のメール|さんは書きました|は書きました|が書いた|wrote)|写道|寫道|写了|작성|님이 작성|đã viết|menulis|เขียนว่า|napisao|je napisal(?:\(a\))?|"
    r"rašė|rakstīja|пише|написа)\s*[:：]?\s*\Z",
    re.IGNORECASE,
)
_OPENS_WRAPPED = re.compile(
    r"(?:On|At|Am|Le|El|Il|Em|A|O|Op|W|Dnia|Den|D\.|Dne|På|Pe|La|Στις|Vào|Pada|בתאריך|ב-|في|\d)[\s\d]",
    re.IGNORECASE,
)
_LAST_WORDS = frozenset(
    "wrote writes said schrieb écrit escribió escreveu scritto schreef skrev написал пишет".split()
)
_DATED = re.compile(r"\d{1,4}\s*[-./:年月日. ]|\d{4}|<[^<>@\s]{1,64}@|[\w.+-]{1,64}@")
_SEPARATOR = re.compile(
    r"[-_=* ]{2,60}\s*(?:original message|original appointment|reply message|forwarded message|forwarded by [^-]{0,100}|begin forwarded message|"
    r"ursprüngliche nachricht|weitergeleitete nachricht|urspr\. nachricht|originalnachricht|originalmeldung|"
    r"message d'origine|message original|message transféré|message transmis|mensaje original|mensaje reenviado|"
    r"mensaje original|messaggio originale|messaggio inoltrato|messaggio originale|mensagem original|mensagem encaminhada|"
    r"oorspronkelijk bericht|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana|"
    r"исходное сообщение|пересылаемое сообщение|пересланное сообщение|ursprungligt meddelande|ursprungsmeddelande|vidarebefordrat meddelande|"
    r"oprindelig meddelelse|videresendt meddelelse|opprinnelig melding|videresendt melding|"
    r"alkuperäinen viesti|välitetty viesti|původní zpráva|přeposlaná zpráva|özgün ileti|orijinal mesaj|iletilen mesaj|"
    r"原始邮件|原始郵件|转发邮件|轉寄郵件|轉寄的郵件|转发的邮件|元のメッセージ|転送メッセージ|転送されたメッセージ|원본 메시지|전달된 메시지|원본 메일|"
    r"הודעה מקורית|הודעה שהועברה|الرسالة الأصلية|رسالة معاد توجيهها)\s*[-_=* :：]{0,60}\Z",
    re.IGNORECASE,
)
_BEGIN_FORWARDED = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado|"
    r"inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem (?:encaminhada|reencaminhada)|"
    r"początek przekazywanej wiadomości|начало переадресованного сообщения|vidarebefordrat brev|"
    r"videresendt besked|転送されたメッセージ|转发的邮件|下面是被转发的邮件|전달된 메시지 시작)\s*[:：]?\s*\Z",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"forward|weitergeleitet|transf|transmis|reexp|réexp|reenviad|inoltrat|encaminhad|doorgestuurd|przekazan|przekazywan|пересыла|пересла|переадрес|vidarebeford|"
    r"videresend|välitetty|přeposla|iletilen|转发|轉寄|転送|전달|הועבר|توجيه",
    re.IGNORECASE,
)
# The header block that Outlook and others put above what they answer or forward.
_FIELD = re.compile(
    r"[*_\s]{0,4}(?P<name>from|von|de|da|van|od|от|från|fra|lähettäjä|gönderen|kimden|feladó|από|发件人|寄件者|寄件人|差出人|送信元|보낸 사람|보낸사람|מאת|من|"
    r"sent|gesendet|envoyé|enviado(?: el| em)?|inviato|verzonden|wysłano|отправлено|skickat|sendt|lähetetty|gönderildi|odesláno|发送时间|寄件日期|送信日時|보낸 날짜|נשלח|"
    r"تاريخ الإرسال|date|datum|fecha|data|дата|dato|日期|日付|tarih|päiväys|"
    r"to|an|à|para|a|aan|do|кому|till|til|vastaanottaja|kime|komu|收件人|宛先|받는 사람|אל|إلى|"
    r"subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|тема|ämne|emne|aihe|konu|předmět|主题|主旨|件名|제목|נושא|الموضوع|"
    r"cc|kopie|reply-to|importance)[*_\s]{0,4}[:：][*_]{0,2}(?:\s|\Z)",
    re.IGNORECASE,
)
_FROM_NAMES = frozenset(
    "from von de da van od от från fra lähettäjä gönderen kimden feladó από 发件人 寄件者 寄件人 差出人 送信元 מאת من".split()
) | {"보낸 사람", "보낸사람"}
_SUBJECT_OR_DATE = frozenset(
    "sent gesendet envoyé enviado inviato verzonden wysłano отправлено skickat sendt lähetetty gönderildi odesláno"
    " 发送时间 寄件日期 送信日時 נשלח date datum fecha data дата dato 日期 日付 tarih päiväys"
    " subject betreff objet asunto oggetto assunto onderwerp temat тема ämne emne aihe konu předmět 主题 主旨 件名 제목 נושא الموضوع".split()
) | {"enviado el", "enviado em", "보낸 날짜", "تاريخ الإرسال"}
_ADDRESS = re.compile(r"([\w.+'-]{1,64}+)@([\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8})")


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines of a mail by who wrote them."""

    own: tuple[Line, ...]
    quoted: bool
    forwarded: bool
    quotes_other: bool


def separate(lines: Sequence[Line], headers: Headers, people: People) -> Parts:
    """Cut quotes and forwarded parts from `lines`; says whether someone outside is quoted."""
    lines = lines[:MAX_OWN_LINES]
    answers = bool(headers.references)
    own: list[Line] = []
    cut: list[Line] = []
    forwarded = proven = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.mark is Mark.REPLIED and _has_text(lines, at + 1):
            cut += lines[at:]
            proven = True
            break
        if line.mark is Mark.QUOTED:
            (cut if answers or proven or headers.shape is Shape.FORWARD else own).append(line)
            at += 1
            continue
        if _SEPARATOR.match(line.text) or _BEGIN_FORWARDED.match(line.text):
            forwarded |= bool(_FORWARDED.search(line.text))
            if _is_header_block(lines, at + 1) or _quote_follows(lines, at + 1) or answers:
                cut += lines[at:]
                proven = True
                break
        if (length := _attribution(lines, at)) and (answers or _quote_follows(lines, at + length)):
            proven = True
            cut += lines[at : at + length]
            at += length
            if not _quote_follows(lines, at):  # the answered text stands without marks to the end
                cut += lines[at:]
                break
            continue
        if _is_header_block(lines, at):
            cut += lines[at:]
            proven = True
            break
        own.append(line)
        at += 1
    if not answers and headers.shape is not Shape.FORWARD and cut and not _enough(own, cut):
        return Parts(tuple(line for line in lines if line.mark is not Mark.REPLIED), False, False, False)
    shown_forwarded = forwarded or (headers.shape is Shape.FORWARD and bool(cut))
    return Parts(tuple(own), bool(cut), shown_forwarded, _quotes_other(cut, headers, people))


def _has_text(lines: Sequence[Line], at: int) -> bool:
    return any(line.text for line in lines[at : at + 20])


def _quote_follows(lines: Sequence[Line], at: int) -> bool:
    for line in lines[at : at + 4]:
        if line.mark in {Mark.QUOTED, Mark.REPLIED}:
            return True
        if line.text:
            return False
    return False


def _attribution(lines: Sequence[Line], at: int) -> int:
    """How many lines (1 to 3) from `at` on form an attribution; 0 for none."""
    text = lines[at].text
    if not 4 <= len(text) <= _LONGEST_ATTRIBUTION:
        return 0
    if not _may_close(text) and not _OPENS_WRAPPED.match(text):
        return 0
    if not _OPENS.match(text):
        return 0
    for length in (1, 2, 3):
        if _may_close(text):
            if _CLOSES.search(text[-160:]) and _DATED.search(text):
                return length
            if text[-1] in ":：":
                dated = _DATED.search(text) and _ADDRESS.search(text)
                return length if dated and _quote_follows(lines, at + length) else 0
        following = lines[at + length] if at + length < len(lines) else None
        if following is None or following.mark is Mark.QUOTED or not following.text:
            return 0
        text = f"{text} {following.text}"
        if len(text) > _LONGEST_ATTRIBUTION:
            return 0
    return 0


def _may_close(text: str) -> bool:
    return text[-1] in ":：" or text[-9:].rpartition(" ")[2].lower() in _LAST_WORDS or text[-1] > "\u0400"


def _is_header_block(lines: Sequence[Line], at: int) -> bool:
    """From:, and Sent: or Subject: within the next lines, each at the beginning of a line."""
    names: list[str] = []
    blank = 0
    for line in lines[at : at + 9]:
        if not line.text:
            blank += 1
            if blank > 2:
                break
            continue
        field = _FIELD.match(line.text)
        if not field:
            if not names:
                return False
            continue
        names.append(field["name"].lower())
    return (
        len(names) >= 3
        and bool(_FROM_NAMES.intersection(names[:3]))
        and bool(_SUBJECT_OR_DATE.intersection(names))
    )


def _enough(own: Sequence[Line], cut: Sequence[Line]) -> bool:
    written = sum(len(line.text.split()) for line in own)
    return written >= ENOUGH_WORDS or written >= sum(len(line.text.split()) for line in cut)


def _quotes_other(cut: Sequence[Line], headers: Headers, people: People) -> bool:
    """Whether an attribution or a From: line of what was cut names someone outside."""
    for at, line in enumerate(cut[:2_000]):
        field = _FIELD.match(line.text)
        if field and field["name"].lower() in _FROM_NAMES:
            named = line.text
        elif length := _attribution(cut, at) if line.mark is not Mark.QUOTED else int(_is_inner(line)):
            named = " ".join(part.text for part in cut[at : at + length])
        else:
            continue
        found = _ADDRESS.findall(named)
        if found:
            if not all(people.is_ours(f"{local}@{domain}".lower()) for local, domain in found):
                return True
        elif not same_person(named, headers.sender):
            return True
    return False


def _is_inner(line: Line) -> bool:
    text = line.text
    return (
        4 <= len(text) <= _LONGEST_ATTRIBUTION
        and _may_close(text)
        and bool(_CLOSES.search(text[-160:]) and _OPENS.match(text) and _DATED.search(text))
    )
