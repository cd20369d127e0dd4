"""One account read once, and what is fetched of large messages."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from auditor.errors import ConnectionLost, MailboxError, UsageError
from auditor.mailbox import once
from auditor.mailbox.access.account import Account, account_at
from auditor.mailbox.once import scan_account
from auditor.mailbox.prefix import shows_its_text
from auditor.mailbox.session import Session
from tests.components.dovecot import mail
from tests.components.proxy import FaultProxy


def account(dovecot, **changes):
    settings = {"host": "127.0.0.1", "port": dovecot.port, "username": "ann", "password": dovecot.password}
    return Account(**{**settings, "ca_file": dovecot.ca_file, **changes})


def with_attachment(size, text="Dear Bob,\nsee attached.\n"):
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = (
        "ann@ours.example",
        "bob@x.example",
        "<big@ours.example>",
    )
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    message.add_attachment(b"\0" * size, maintype="application", subtype="pdf", filename="offer(1.pdf")
    return message.as_bytes().replace(b"\n", b"\r\n")


async def test_every_message_once_with_progress(dovecot):
    dovecot.deliver("ann", *(mail(number) for number in range(120)))
    told = []
    read = [m async for m in scan_account(account(dovecot), progress=lambda *numbers: told.append(numbers))]
    assert len({message.raw for message in read}) == 120
    assert told == [(50, 120), (100, 120), (120, 120)]
    assert read[0].source.startswith("imaps://ann@127.0.0.1")
    assert dovecot.password not in read[0].source


async def test_since_and_a_named_folder(dovecot):
    dovecot.deliver("ann", mail(1), received=1_600_000_000)
    dovecot.deliver("ann", mail(2))
    dovecot.deliver("ann", mail(3), folder="Offers")
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    assert [b"<2@" in m.raw async for m in scan_account(account(dovecot), since=day)] == [True]
    assert [b"<3@" in m.raw async for m in scan_account(account(dovecot), "Offers")] == [True]


async def test_a_lost_connection_goes_on_where_it_was(dovecot, monkeypatch):
    monkeypatch.setattr(once, "_FIRST_PAUSE", 0.05)
    dovecot.deliver("ann", *(mail(number) for number in range(120)))
    async with FaultProxy(dovecot.port) as proxy:
        read = []
        async for message in scan_account(account(dovecot, port=proxy.port)):
            read.append(message.raw)
            if len(read) == 60:
                proxy.reset()
        assert len(read) == len(set(read)) == 120
        assert proxy.connections == 2
        dovecot.kill()
        with pytest.raises(ConnectionLost):
            await anext(scan_account(account(dovecot, port=proxy.port)))


async def test_errors_a_person_must_mend_are_raised_at_once(dovecot):
    with pytest.raises(MailboxError, match="login refused"):
        await anext(scan_account(account(dovecot, password="wrong")))


async def test_of_large_messages_the_text_is_fetched_and_the_attachment_is_not(dovecot):
    size = 5_300_000
    dovecot.deliver(
        "ann", with_attachment(size), with_attachment(size, "long line of text\n" * 4000), mail(3)
    )
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        texts = await session.fetch_texts([1, 2, 3], 262_144)
    assert len(texts[1]) == 32_768
    assert len(texts[2]) == 262_144
    assert texts[3] == mail(3)
    assert b"see attached" in texts[1]


async def test_what_a_check_asks_for(start_dovecot):
    more = "mail_plugins = acl\nprotocol imap {\n mail_plugins = acl imap_acl\n}\nplugin {\n acl = vfile\n}\n"
    dovecot = start_dovecot(more=more)
    async with await Session.connect(account(dovecot)) as session:
        assert {"l", "r", "w", "i"} <= await session.rights("Sent")
        assert timedelta(days=80) < session.certificate_expiry - datetime.now(UTC) < timedelta(days=91)
    async with await Session.connect(account(dovecot, port=dovecot.plain_port, tls=False)) as session:
        assert session.certificate_expiry is None
    dovecot = start_dovecot()
    async with await Session.connect(account(dovecot)) as session:
        assert await session.rights("Sent") is None


def test_imap_addresses():
    at = account_at("imaps://ann@ours.example@imap.example.com:9993/", "secret")
    assert (at.host, at.port, at.username, at.tls) == ("imap.example.com", 9993, "ann@ours.example", True)
    assert account_at("imaps://ann%40x@h", "secret").username == "ann@x"
    assert account_at("imap://ann@localhost", "secret").port == 143
    wrong = [
        "imaps://host/",
        "ann@host",
        "imaps://ann:pw@host/",
        "imap://ann@host",
        "imaps://a@h:x",
        "imaps://[/",
    ]
    for url in wrong:
        with pytest.raises(UsageError) as raised:
            account_at(url, "secret")
        assert "pw" not in str(raised.value)


def test_a_beginning_shows_its_text_once_another_part_follows():
    assert shows_its_text(with_attachment(100_000)[:5000])
    assert not shows_its_text(with_attachment(100_000, "long text\n" * 2000)[:5000])
    assert not shows_its_text(mail(1))
    first = b"--b\r\nContent-Type: application/pdf\r\n\r\nxxx\r\n"
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    assert not shows_its_text(b"Subject: x\r\n\r\n" + first + b"xxxx")
    assert not shows_its_text(b"Subject: x\r\n\r\n" + first + text)
    assert shows_its_text(b"Subject: x\r\n\r\n" + text + first)
