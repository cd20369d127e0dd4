"""What stands below every mail of a sender: sign-off, signature, disclaimer, footer.

Recognised by form alone; what a sender always writes is learned later, from many mails. A cut is capped:
prose below a signature mark stays, because a reader reads it and a pitch may hide there.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from auditor.message.lines import Line, Mark
from auditor.message.values import Address

MAX_BLOCK_LINES = 15
MAX_BLOCK_WORDS = 60  # more words than that below a mark are not a signature alone
PROSE_WORDS = 12  # a line of more words than that is a sentence, not a contact line
MAX_PROSE_WORDS = 40  # of such sentences together: a motto or two
MAX_CONTACT_WORDS = 25
MAX_SEARCHED_LINES = 40
MAX_FOOTER_WORDS = 60
MAX_DISCLAIMER_WORDS = 400

_DELIMITER = re.compile(r"-- ?\Z|[_=—–-]{3,80}\Z")
_NAME_PARTS = re.compile(r"[^\W\d_]+")
_SIGN_OFFS = frozenset(
    """
    best|best regards|kind regards|warm regards|warmest regards|regards|many thanks|thanks|thanks again|thank you|thx|thanks so much|
    thanks a lot|thanks in advance|thank you in advance|thanks and regards|thanks and best regards|thanks best|with thanks|
    thank you and regards|cheers|sincerely|sincerely yours|yours sincerely|yours truly|yours faithfully|yours|respectfully|
    warmly|all the best|all best|take care|talk soon|speak soon|talk to you soon|see you soon|best wishes|with best wishes|with kind regards|
    with best regards|with warm regards|with regards|kindest regards|very best|very best regards|best personal regards|cordially|to your success|
    have a great day|have a good day|have a nice day|have a great week|have a great weekend|have a good weekend|looking forward|onwards|br|rgds|kr|brgds|love|
    with gratitude|in gratitude|your friend|until then|until next time|appreciatively|stay safe|stay well|be well|
    mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|
    beste grüße|beste grüsse|liebe grüße|liebe grüsse|herzliche grüße|herzliche grüsse|schöne grüße|mit besten grüßen|mit besten grüssen|grüße|
    gruß|lg|vg|mfg|bg|hochachtungsvoll|vielen dank|vielen dank und viele grüße|danke|danke und gruß|besten dank|herzlichst|bis bald|bis dann|
    mit herzlichen grüßen|mit vielen grüßen|sonnige grüße|viele liebe grüße|
    cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|sincèrement|salutations|meilleures salutations|merci|merci d'avance|
    merci beaucoup|à bientôt|amicalement|respectueusement|cdlt|bonne journée|belle journée|excellente journée|avec mes salutations|
    saludos|un saludo|saludos cordiales|un cordial saludo|cordialmente|atentamente|atte|gracias|muchas gracias|un abrazo|abrazos|
    hasta pronto|saludos atentos|reciba un cordial saludo|quedo atento|quedo a la espera|feliz día|
    cordiali saluti|distinti saluti|saluti|un saluto|un caro saluto|grazie|grazie mille|a presto|i migliori saluti|cari saluti|buona giornata|
    atenciosamente|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|abraço|um abraço|abraços|obrigado|obrigada|att|até breve|
    muito obrigado|muito obrigada|cordiais cumprimentos|atentamente|
    met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groet|groeten|hartelijke groet|hartelijke groeten|mvg|
    bedankt|alvast bedankt|dank je wel|dank u wel|fijne dag|met hartelijke groet|
    pozdrawiam|z poważaniem|z wyrazami szacunku|serdecznie pozdrawiam|pozdrowienia|dziękuję|dzięki|miłego dnia|
    с уважением|с наилучшими пожеланиями|всего доброго|спасибо|с приветом|хорошего дня|заранее спасибо|
    з повагою|дякую|
    vänliga hälsningar|med vänliga hälsningar|med vänlig hälsning|hälsningar|bästa hälsningar|mvh|tack|tack på förhand|
    med venlig hilsen|venlig hilsen|de bedste hilsner|hilsen|tak|vh|med vennlig hilsen|vennlig hilsen|beste hilsen|takk|mange takk|hilsner|
    ystävällisin terveisin|terveisin|parhain terveisin|kiitos|kiittäen|t|
    s pozdravem|s přátelským pozdravem|děkuji|hezký den|zdravím|s úctou|s pozdravom|ďakujem|
    üdvözlettel|tisztelettel|köszönettel|köszönöm|cu stimă|cu respect|mulțumesc|o zi bună|
    saygılarımla|saygılar|iyi çalışmalar|teşekkürler|teşekkür ederim|iyi günler|selamlar|
    με εκτίμηση|ευχαριστώ|φιλικά|χαιρετισμούς|
    בברכה|תודה|תודה רבה|בתודה|מיטב הברכות|بالتوفيق|مع أطيب التحيات|مع التحية|تحياتي|شكرا|شكراً|مع خالص التحية|
    よろしくお願いします|よろしくお願いいたします|宜しくお願い致します|どうぞよろしくお願いいたします|宜しくお願いいたします|敬具|以上|
    此致|敬礼|祝好|谢谢|謝謝|顺祝商祺|顺颂商祺|此致敬礼|祝商祺|敬祝商祺|
    감사합니다|드림|올림|고맙습니다|안부를 전하며
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_TRIM = " \t,.!;:~–—-*_❤♥🙂😊👋🙏✨"
_MOBILE = re.compile(
    r"(?:sent|gesendet|envoyé|enviado|inviato|verzonden|wysłane|wysłano|отправлено|skickat|skickades|sendt|lähetetty|gönderildi|odesláno)"
    r" (?:from|with|via|by|using|von|mit|aus|depuis|de|desde|da|do|dal|vanaf|met|van|z|с|från|fra|iphone'?dan)\b.{0,60}\Z"
    r"|get outlook for (?:ios|android).{0,60}\Z|outlook für (?:ios|android).{0,40}\Z"
    r"|von (?:meinem|meiner) .{1,30} gesendet\.?\Z|iPhoneから送信|iPadから送信|发自我的.{1,20}\Z|從我的.{1,20}傳送\Z|나의 iPhone에서 보냄|"
    r"lähetetty .{1,30}\Z|iphone'umdan gönderildi|נשלח מה.{1,20}\Z|أرسلت من .{1,20}\Z",
    re.IGNORECASE,
)
# Phrases of footers, in lower case; one is enough in a short paragraph.
_FOOTER = tuple(
    """
    unsubscri|opt out|opt-out|optout|opt me out|manage preferences|manage your preferences|manage your email preferences|email preferences|
    update your preferences|update preferences|stop receiving|no longer wish to receive|don't want to receive|don't want to hear|
    do not want to receive|are receiving this email|are receiving this message|received this email because|received this message because|
    receiving this because|email was sent to|email was sent by|message was sent to|in your browser|in a browser|in the browser|
    in your web browser|view online|all rights reserved|©|powered by|click here to stop|remove me from|
    abmelden|abbestellen|abmeldelink|keine weiteren e-mails|keine weiteren nachrichten|alle rechte vorbehalten|désabonner|désinscri|
    tous droits réservés|darse de baja|cancelar la suscripci|cancelar tu suscripci|no desea recibir|no deseas recibir|disiscri|
    annullare l'iscrizione|annulla l'iscrizione|cancellarti dalla|cancellarsi dalla|descadastr|cancelar inscrição|cancelar a inscrição|
    cancelar a subscrição|afmelden|uitschrijven|wypisać się|wypisz się|отписаться|avregistrera|avprenumerera|afmeld|avmeld|meld deg av|
    peruuta tilaus|odhlásit|abonelikten|配信停止|配信解除|退订|取消订阅|取消訂閱|수신거부|수신 거부|להסרה|إلغاء الاشتراك
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
# Words of disclaimers, in lower case; it takes several of them.
_DISCLAIMER = tuple(
    """
    intended for|intended to|intended solely|intended only|intended exclusively|intended recipient|addressee|confidential|privileged|
    disclos|disseminat|unauthorized|unauthorised|in error|no liability|no responsibility|virus|registered in|registered office|
    company no|company number|company registration|legally binding|delete it|delete this|consider the environment|before printing|
    before you print|do not print|solely for|
    vertraulich|bestimmungsgemäß|irrtümlich|unbefugt|nicht der richtige|nicht der beabsichtigte|handelsregister|amtsgericht|
    geschäftsführer|sitz der gesellschaft|hrb |ust-id|ustid|umwelt|
    confidentiel|destinataire|strictement|par erreur|imprimer|confidencial|destinatari|por error|privilegiad|imprimir|riservat|
    per errore|d.lgs|stampare|destinatário|por engano|vertrouwelijk|geadresseerde|abusievelijk|ten onrechte|poufn|adresat|
    конфиденциальн|konfidentiell|fortrolig|luottamuksel|důvěrn|gizli|機密|机密|保密|기밀|חסוי|سري
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s().x/-]{5,}\d|[\w.+-]{1,64}@[\w-]{1,63}\.|https?://|www\.|linkedin|twitter|facebook|instagram|\b(?:tel|phone|mobile|mob|fax|cell|direct|office|telefon|mobil|tél|móvil)\b\s*[.:]?"
    r"|\s[|•·]\s|\b(?:inc|ltd|llc|gmbh|corp|s\.a\.|b\.v\.)\b",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"p\.?\s?(?:p\.?\s?)?s\b[.:\s]|ps\s*[-–—:]|nb[:.]\s|n\.b\.", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.!?。！？]\s*\Z")


def without_signature(lines: Sequence[Line], sender: Address) -> list[str]:
    """The texts of `lines` that are the message itself, in order, blank lines kept."""
    texts = [line.text for line in lines]
    names = _names(sender)
    end = _strip_footers(lines, len(texts))
    start = _signature_start(lines, end, names)
    kept = texts[:start]
    kept += _prose_below(texts[start:end])
    kept += [text for text in texts[end:] if _is_postscript(text)]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept or _thanks_alone(texts, names)


@lru_cache(maxsize=5_000)
def _names(sender: Address) -> frozenset[str]:
    return frozenset(
        part.lower() for part in _NAME_PARTS.findall(f"{sender.name} {sender.address.rpartition('@')[0]}")
    )


def _thanks_alone(texts: Sequence[str], names: frozenset[str]) -> list[str]:
    """A mail that says "Thank you!" and nothing else says that."""
    first = next((text for text in texts if text), "")
    return [first] if first.endswith(("!", ".", "！", "。")) and _is_sign_off(first, names) else []


def _strip_footers(lines: Sequence[Line], end: int) -> int:
    """The end of the text once trailing disclaimers, footers and mobile marks are gone."""
    at = end
    while at > 0:
        text = lines[at - 1].text
        if not text or text.isspace() or is_footer(text) or _DELIMITER.match(text):
            at -= 1
        else:
            break
    return at


@lru_cache(maxsize=2_000)
def is_footer(text: str) -> bool:
    """Whether one paragraph is a disclaimer, a footer or a mobile mark by its wording."""
    words = text.count(" ") + 1
    if words <= 12 and _MOBILE.match(text):
        return True
    if words > MAX_DISCLAIMER_WORDS:
        return False
    lower = text[:6_000].lower().replace("’", "'")
    if words <= MAX_FOOTER_WORDS and any(phrase in lower for phrase in _FOOTER):
        return words <= 30 or bool(_CONTACT.search(text))
    return sum(phrase in lower for phrase in _DISCLAIMER) >= (2 if words < 60 else 3)


def _signature_start(lines: Sequence[Line], end: int, names: frozenset[str]) -> int:
    """Where the sign-off or signature begins: by the mail program's mark, a sign-off, or the sender's name."""
    places = range(max(0, end - MAX_SEARCHED_LINES), end)
    for at in places:
        marked = lines[at].mark is Mark.SIGNATURE
        if marked or (_DELIMITER.match(lines[at].text) and _is_signature_block(lines, at + 1, end)):
            return _with_sign_off(lines, at, names)
    signed = [
        at for at in places if _is_sign_off(lines[at].text, names) and _is_signature_block(lines, at + 1, end)
    ]
    if signed:  # "Thanks!" above "Best regards," is still the message
        return next((at for at in signed if not _CLAUSE_END.search(lines[at].text)), signed[-1])
    for at in places:
        if at and _is_own_name(lines[at].text, names) and _is_signature_block(lines, at + 1, end):
            return _with_sign_off(lines, at, names)
    return end


def _with_sign_off(lines: Sequence[Line], at: int, names: frozenset[str]) -> int:
    """Move up over the name and the sign-off that stand above a signature."""
    start = at
    for _ in range(4):
        above = start - 1
        while above >= 0 and not lines[above].text.strip():
            above -= 1
        if above < 0:
            break
        text = lines[above].text
        if _is_sign_off(text, names):
            return above
        if not (above and _is_own_name(text, names)) and not _DELIMITER.match(text):
            break
        start = above
    return start


def _is_sign_off(text: str, names: frozenset[str]) -> bool:
    if not text or len(text) > 60:
        return False
    plain = text.lower().replace("’", "'").replace(" & ", " and ").strip(_TRIM)
    if plain in _SIGN_OFFS:
        return True
    head, comma, tail = plain.partition(",")
    if comma and head.strip(_TRIM) in _SIGN_OFFS:
        tail = tail.strip(_TRIM)
        return tail in _SIGN_OFFS or _is_own_name(tail, names)
    for dash in (" - ", " – ", " — "):
        head, found, tail = plain.partition(dash)
        if found and head.strip(_TRIM) in _SIGN_OFFS and _is_own_name(tail, names):
            return True
    return False


def _is_own_name(text: str, names: frozenset[str]) -> bool:
    if len(text) > 50 or not text:
        return False
    parts = _NAME_PARTS.findall(text.lower())
    return (
        0 < len(parts) <= 4
        and any(part in names for part in parts)
        and all(part in names or len(part) == 1 for part in parts)
    )


def _is_signature_block(lines: Sequence[Line], at: int, end: int) -> bool:
    """Whether what stands from `at` to `end` is short lines of contact rather than a message."""
    if end - at > MAX_BLOCK_LINES * 2:
        return False
    texts = [line.text for line in lines[at:end] if line.text.strip()]
    return len(texts) <= MAX_BLOCK_LINES and not _reads_as_message(texts)


def _reads_as_message(texts: Sequence[str]) -> bool:
    """Whether a block holds more words, or more sentences, than a signature does."""
    words = prose = 0
    for text in texts:
        if is_footer(text) or _is_postscript(text):
            continue
        count = text.count(" ") + 1
        if _CONTACT.search(text) and count < MAX_CONTACT_WORDS:
            continue
        words += count
        if count >= PROSE_WORDS:
            prose += count
    return words > MAX_BLOCK_WORDS or prose > MAX_PROSE_WORDS


def _prose_below(texts: Sequence[str]) -> list[str]:
    """Of a marked signature, what is none: postscripts, and everything that reads as a message."""
    if not texts:
        return []
    message = _reads_as_message(texts)
    return [
        text
        for text in texts
        if _is_postscript(text) or (message and text.count(" ") >= 5 and not is_footer(text))
    ]


def _is_postscript(text: str) -> bool:
    return bool(_POSTSCRIPT.match(text)) and not is_footer(text) and text.count(" ") >= 2
