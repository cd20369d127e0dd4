"""Which folder holds what a login has sent. Pure functions over the list of folders."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import MailboxError
from auditor.mailbox.session import Folder


class How(StrEnum):
    """How the Sent folder was found, surest first."""

    CONFIGURED = "configured"
    SPECIAL_USE = "special_use"  # RFC 6154: the server says so
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Sent:
    """The folder to watch, and how it was found."""

    folder: Folder
    how: How


_NAMES = """
    Sent | Sent Items | Sent Mail | Sent Messages | Sent-Mail | sent_mail | Sent Mails | Gesendet
    Gesendete Objekte | Gesendete Elemente | Gesendete Nachrichten | Gesendete Mails | Envoyés
    Éléments envoyés | Messages envoyés | Courrier envoyé | Objets envoyés | Envoyé | Enviados
    Elementos enviados | Mensajes enviados | Correo enviado | Correos enviados | Enviado
    Itens enviados | Mensagens enviadas | E-mails enviados | Itens Enviadas | E-mail enviado
    Correio enviado | Elements enviats | Enviats | Missatges enviats | Correu enviat | Bidalitakoak
    Bidaliak | Inviata | Inviati | Posta inviata | Elementi inviati | Messaggi inviati | Verzonden
    Verzonden items | Verzonden berichten | Verzonden e-mail | Sendt | Sendte elementer
    Sendte meldinger | Sendt post | Sendte beskeder | Sendt e-post | Sendte mails | Skickat
    Skickade | Skickade objekt | Skickade meddelanden | Skickat e-post | Lähetetyt
    Lähetetyt viestit | Lähetetyt kohteet | Wysłane | Elementy wysłane | Wiadomości wysłane
    Odeslaná pošta | Odeslané | Odeslané položky | Odeslaná | Odoslané | Odoslaná pošta
    Odoslané položky | Odoslaná | Elküldött | Elküldött elemek | Elküldött levelek | Trimise
    Elemente trimise | Mesaje trimise | Poslano | Poslani elementi | Poslane stavke | Poslane poruke
    Poslato | Poslate stavke | Послато | Послате ставке | Изпратени | Изпратени елементи
    Изпратена поща | Отправленные | Отправленное | Надіслані | Надіслані елементи | Відправлені
    Адпраўленыя | Išsiųsti | Išsiųsta | Išsiųsti elementai | Nosūtītie | Nosūtītās
    Nosūtītie vienumi | Saadetud | Saadetud üksused | Saadetud kirjad | Απεσταλμένα
    Απεσταλμένα στοιχεία | Gönderilmiş | Gönderilmiş Öğeler | Gönderilenler | Gönderilmiş Postalar
    Të dërguara | Dërguar | Испратени | Göndərilmiş | გაგზავნილი | Ուղարկված | פריטים שנשלחו | נשלחו
    דואר יוצא שנשלח | דואר שנשלח | البريد المرسل | العناصر المرسلة | المرسلة | الرسائل المرسلة
    موارد ارسالی | ارسال‌شده | ارسال شده | भेजे गए | भेजी गई मेल | भेजे गए आइटम | প্রেরিত | பம்பியவை
    அனுப்பியவை | 送信済み | 送信済みアイテム | 送信済みメール | 送信済みメッセージ | 已发送
    已发送邮件 | 已傳送 | 寄件備份 | 已寄出 | 已发送的邮件 | 已发邮件 | 已傳送的郵件 | 보낸편지함
    보낸 편지함 | 보낸 메일함 | 보낸메일함 | ส่งแล้ว | จดหมายที่ส่งแล้ว | รายการที่ส่ง | Đã gửi
    Thư đã gửi | Mục đã gửi | Terkirim | Item Terkirim | Pesan Terkirim | Dihantar | Item Dihantar
    Iliyotumwa | Verstuur | Gestuurde items
"""


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


_RANKS = {
    _plain(name): rank for rank, name in reversed(list(enumerate(_NAMES.replace("\n", "|").split("|"))))
}
del _RANKS[""]
_ABOVE = {"inbox", "[gmail]", "[google mail]"}  # folders under these count as top folders


def sent_folder(folders: Sequence[Folder], configured: str | None = None) -> Sent:
    """Choose the Sent folder.

    The configured name wins, even over a list that lacks it. Else the folder the server marks \\Sent,
    whatever its capabilities say; else one of the names that mail programs give it, at the top or under
    INBOX or [Gmail]. Among several the one nearest to the top, then the one whose name comes first above.

    Raises:
        MailboxError: none is found; the message lists the folders there are.
    """
    if configured is not None:
        listed = (folder for folder in folders if configured in {folder.name, folder.wire})
        return Sent(next(listed, Folder(configured)), How.CONFIGURED)
    usable = [folder for folder in folders if folder.selectable]
    marked = [folder for folder in usable if "\\sent" in folder.attributes]
    if marked:
        return Sent(min(marked, key=_nearness), How.SPECIAL_USE)
    named = [folder for folder in usable if _rank(folder) is not None]
    if named:
        return Sent(min(named, key=lambda folder: (_rank(folder) or 0, folder.name)), How.NAME)
    shown = ", ".join(f'"{folder.name}"' for folder in sorted(usable, key=_nearness)[:20]) or "none"
    raise MailboxError(f"no Sent folder is found: set `folder` to one of the folders there are: {shown}")


def within(folder: Folder, names: Collection[str]) -> bool:
    """Whether a folder is one of those named, or lies under one; the case of letters does not matter."""
    parts = folder.name.split(folder.delimiter) if folder.delimiter else [folder.name]
    mark = folder.delimiter or "/"
    above = {_plain(mark.join(parts[:n])) for n in range(1, len(parts) + 1)}
    return any(_plain(name) in above for name in names)


def is_sent(folder: Folder) -> bool:
    """Whether a folder of this name holds sent mail, in any of the languages known."""
    return _rank(folder) is not None


def _rank(folder: Folder) -> int | None:
    """The place of the folder's name among the names known; None if it has none of them."""
    parts = (
        [_plain(part) for part in folder.name.split(folder.delimiter)]
        if folder.delimiter
        else [_plain(folder.name)]
    )
    if len(parts) > 1 and parts[0] in _ABOVE:
        del parts[0]
    return _RANKS.get(parts[0]) if len(parts) == 1 else None


def _nearness(folder: Folder) -> tuple[int, str]:
    return (folder.name.count(folder.delimiter) if folder.delimiter else 0, folder.name)
