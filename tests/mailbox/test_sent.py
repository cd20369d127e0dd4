"""Which folder holds sent mail, in the languages and layouts that servers use."""

import pytest

from auditor.errors import MailboxError
from auditor.mailbox.sent import How, sent_folder, within
from auditor.mailbox.session import Folder

NAMES = """
    Sent | Sent Items | SENT ITEMS | Sent Mail | Gesendet | Gesendete Objekte |
    Gesendete Elemente | Envoyés | Éléments envoyés | Enviados | Elementos enviados
    | Itens Enviados | Posta inviata | Verzonden items | Wysłane | Elementy wysłane
    | Отправленные | 送信済み | 送信済みアイテム | 已发送 | 已发送邮件 | 寄件備份 | 보낸편지함
    | Skickat | Sendt
    | Sendte elementer | Lähetetyt | Odeslaná pošta | Odoslaná pošta | Elküldött |
    Trimise | Poslano | Изпратени | Надіслані | Išsiųsti | Nosūtītie | Saadetud |
    Απεσταλμένα | Gönderilmiş Öğeler | נשלחו | البريد المرسل | भेजे गए | ส่งแล้ว |
    Đã gửi | Terkirim | Elements enviats
"""


def folders(*names, delimiter="/"):
    return tuple(Folder(name, delimiter=delimiter) for name in names)


@pytest.mark.parametrize("name", [name.strip() for name in NAMES.replace("\n", " ").split("|")])
@pytest.mark.parametrize("above", ["", "INBOX", "[Gmail]", "[Google Mail]"])
def test_names_in_many_languages(name, above):
    for delimiter in "/.":
        full = f"{above}{delimiter}{name}" if above else name
        chosen = sent_folder(folders("INBOX", "Drafts", "Archive", full, delimiter=delimiter))
        assert (chosen.folder.name, chosen.how) == (full, How.NAME)


def test_a_decomposed_name_is_the_same_name():
    assert sent_folder(folders("INBOX", "Envoye\u0301s")).how == How.NAME


def test_the_servers_mark_wins_over_names_and_the_configured_name_over_all():
    marked = Folder("Outbox", frozenset({"\\sent"}))
    listed = (*folders("Sent", "Proposals"), marked)
    assert sent_folder(listed).folder == marked
    assert sent_folder(listed).how == How.SPECIAL_USE
    chosen = sent_folder(listed, "Proposals")
    assert (chosen.folder, chosen.how) == (listed[1], How.CONFIGURED)
    assert sent_folder(listed, "Hidden").folder == Folder("Hidden")


def test_of_several_marked_the_one_nearest_to_the_top():
    deep = Folder("Users/bob/Sent", frozenset({"\\sent"}))
    assert sent_folder((deep, Folder("Sent", frozenset({"\\sent"})))).folder.name == "Sent"


def test_folders_without_messages_and_deep_namesakes_do_not_count():
    useless = Folder("Sent", frozenset({"\\sent", "\\noselect"}))
    assert sent_folder((useless, Folder("Sent Items"))).folder.name == "Sent Items"
    with pytest.raises(MailboxError):
        sent_folder((useless, *folders("Archive/2019/Sent")))


def test_none_found_lists_what_there_is_and_names_the_key():
    with pytest.raises(MailboxError, match=r'`folder`.*"INBOX", "Offers"'):
        sent_folder(folders("INBOX", "Offers"))
    with pytest.raises(MailboxError, match="none"):
        sent_folder(())


@pytest.mark.parametrize(
    ("name", "delimiter", "inside"),
    [
        ("Sent/HR", "/", True),
        ("sent/hr/2026", "/", True),
        ("Sent", "/", False),
        ("Sent/HRM", "/", False),
        ("Legal", None, True),
    ],
)
def test_private_folders_and_what_lies_under_them(name, delimiter, inside):
    assert within(Folder(name, delimiter=delimiter), {"Sent/HR", "Legal"}) is inside
