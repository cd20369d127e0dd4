"""What stands below every mail of a sender: sign-off, signature, disclaimer, footer.

Recognised by form alone; what a sender always writes is learned later, from many mails. A cut is capped:
prose below a signature mark stays, because a reader reads it and a pitch may hide there.
"""

import re
from collections.abc import Sequence

from auditor.message.lines import Line, Mark
from auditor.message.values import Address

MAX_BLOCK_LINES = 15
MAX_BLOCK_WORDS = 60  # more words than that below a mark are not a signature alone
PROSE_WORDS = 12  # a line of more words than that is a sentence, not a contact line
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
    gratefully|with gratitude|in gratitude|your friend|best of luck|good luck|until then|until next time|appreciatively|stay safe|stay well|be well|
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
_FOOTER = re.compile(
    r"unsubscri|opt[ -]?out|opt me out|manage (?:your )?(?:email )?preferences|email preferences|update (?:your )?preferences|stop receiving"
    r"|no longer wish to receive|don't want to (?:receive|hear)|not the right person\? |you (?:are receiving|received) this (?:e-?mail|message|because)|this e?-?mail was sent (?:to|by|from)"
    r"|view (?:this (?:email )?)?(?:in|it in) (?:your |a )?(?:web ?)?browser|view online|all rights reserved|(?:^|\s)(?:©|\(c\)) ?\d{4}|©|powered by|click here to (?:stop|remove)"
    r"|remove me from|abmelden|abbestellen|abmeldelink|keine weiteren (?:e-?mails|nachrichten)|désabonner|désinscri|se désinscrire|darse de baja|cancelar (?:la |tu )?suscripci"
    r"|no desea recibir|disiscri|annulla(?:re)? l'iscrizione|cancellar(?:e|ti|si) dalla|descadastr|cancelar (?:a )?(?:inscrição|subscrição)|afmelden|uitschrijven|wypisać się|wypisz się"
    r"|отписаться|avregistrera|avprenumerera|afmeld|avmeld|meld deg av|peruuta tilaus|odhlásit|abonelikten|配信停止|配信解除|退订|取消订阅|取消訂閱|수신거부|수신 거부|להסרה|إلغاء الاشتراك",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"intended (?:solely |only |exclusively )?(?:for|to)|intended recipient|addressee|confidential|privileged|disclos|disseminat|unauthori[sz]ed|"
    r"received (?:this|it) (?:e-?mail|message|communication|transmission)?.{0,20}in error|accepts? no (?:liability|responsibility)|virus|registered (?:in|office)|company (?:no|number|registration)"
    r"|legally binding|delete (?:it|this)|consider the environment|before printing|think before you print|do not print"
    r"|vertraulich|bestimmungsgemäß|irrtümlich|unbefugt|nicht der (?:richtige|beabsichtigte)|handelsregister|amtsgericht|geschäftsführer|sitz der gesellschaft|hrb \d|ust-?id"
    r"|confidentiel|destinataire|strictement|par erreur|imprimer|confidencial|destinatari|por error|privilegiad|imprimir|riservat|per errore|d\.lgs|stampare|destinatário|por engano"
    r"|vertrouwelijk|geadresseerde|abusievelijk|ten onrechte|poufn|adresat|конфиденциальн|konfidentiell|fortrolig|luottamuksel|důvěrn|gizli|機密|机密|保密|기밀|חסוי|سري",
    re.IGNORECASE,
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
    names = frozenset(
        part.lower() for part in _NAME_PARTS.findall(f"{sender.name} {sender.address.rpartition('@')[0]}")
    )
    end = _strip_footers(lines, len(texts))
    start = _signature_start(lines, end, names)
    kept = texts[:start]
    kept += _prose_below(texts[start:end])
    kept += [text for text in texts[end:] if _is_postscript(text)]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


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


def is_footer(text: str) -> bool:
    """Whether one paragraph is a disclaimer, a footer or a mobile mark by its wording."""
    words = text.count(" ") + 1
    if words <= 12 and _MOBILE.match(text):
        return True
    if words <= MAX_FOOTER_WORDS and _FOOTER.search(text):
        return words <= 30 or bool(_CONTACT.search(text))
    if words > MAX_DISCLAIMER_WORDS:
        return False
    found = {match[0].lower() for match in _DISCLAIMER.finditer(text[:6_000])}
    return len(found) >= (2 if words < 60 else 3)


def _signature_start(lines: Sequence[Line], end: int, names: frozenset[str]) -> int:
    first = max(0, end - 40)
    for at in range(first, end):
        line = lines[at]
        if (
            line.mark is Mark.SIGNATURE
            or _DELIMITER.match(line.text)
            and _is_signature_block(lines, at + 1, end, names)
        ):
            return _with_sign_off(lines, at, names)
    for at in range(first, end):
        if _is_sign_off(lines[at].text, names) and _is_signature_block(lines, at + 1, end, names):
            return at
    for at in range(first, end):
        if at and _is_own_name(lines[at].text, names) and _is_signature_block(lines, at + 1, end, names):
            return _with_sign_off(lines, at, names)
    return end


def _with_sign_off(lines: Sequence[Line], at: int, names: frozenset[str]) -> int:
    """Move up over the name and the sign-off that stand above a signature."""
    start = at
    for _ in range(8):
        above = start - 1
        while above >= 0 and not lines[above].text.strip():
            above -= 1
        if above > 0 and (
            _is_sign_off(lines[above].text, names)
            or _is_own_name(lines[above].text, names)
            or _DELIMITER.match(lines[above].text)
        ):
            start = above
        else:
            break
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


def _is_signature_block(lines: Sequence[Line], at: int, end: int, names: frozenset[str]) -> bool:
    """Whether what stands from `at` to `end` is short lines of contact rather than sentences."""
    texts = [line.text for line in lines[at:end] if line.text.strip()]
    if len(texts) > MAX_BLOCK_LINES + 10:
        return False
    sentences = [
        text
        for text in texts
        if text.count(" ") >= PROSE_WORDS - 1
        and not is_footer(text)
        and not _is_postscript(text)
        and not (_CONTACT.search(text) and text.count(" ") < 25)
    ]
    words = sum(text.count(" ") + 1 for text in sentences)
    if not texts:
        return True
    lead = texts[0]
    return words <= 40 and not (len(lead) > 120 and lead in sentences)


def _prose_below(texts: Sequence[str]) -> list[str]:
    """Of a signature, what is no signature: postscripts, and sentences beyond what a signature holds."""
    kept: list[str] = []
    prose = [
        text
        for text in texts
        if text.count(" ") >= PROSE_WORDS - 1 and not is_footer(text) and not _CONTACT.search(text)
    ]
    keeps_prose = sum(text.count(" ") + 1 for text in prose) > 40
    for text in texts:
        if _is_postscript(text) or (keeps_prose and text in prose):
            kept.append(text)
    return kept


def _is_postscript(text: str) -> bool:
    return bool(_POSTSCRIPT.match(text)) and not is_footer(text) and text.count(" ") >= 2
