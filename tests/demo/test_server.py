"""The demo's mail server, read by the standard library's client."""

import asyncio
import imaplib
from datetime import UTC, datetime, timedelta

import pytest

from auditor.demo.server import Folder, MailServer

PLAIN = (
    b"From: mia@lark.example\r\nTo: tom@reed.example\r\nSubject: One\r\nContent-Type: text/plain\r\n\r\n"
    b"Good morning\r\n"
)
MIXED = (
    b"From: mia@lark.example\r\nSubject: Two :(\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b1"\r\n\r\n'
    b'--b1\r\nContent-Type: multipart/alternative; boundary="b2"\r\n\r\n'
    b"--b2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nwords\r\n"
    b"--b2\r\nContent-Type: text/html\r\n\r\n<p>words</p>\r\n--b2--\r\n"
    b'--b1\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="offer(1.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b1--\r\n"
)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def server():
    sent = Folder("Sent", "\\Sent", uidvalidity=7)
    for day, raw in enumerate((PLAIN, MIXED)):
        sent.deliver(raw, START + timedelta(days=day))
    async with MailServer({"mia": (Folder("INBOX"), sent)}, "secret").listening() as server:
        yield server


def session(port):
    client = imaplib.IMAP4("127.0.0.1", port, timeout=10)
    client.login("mia", "secret")
    client.select("Sent", readonly=True)
    return client


def everything(port):
    """What a reader asks for, in one go, off the event loop."""
    client = session(port)
    answers = {
        "list": client.list()[1],
        "uidvalidity": client.response("UIDVALIDITY")[1],
        "all": client.uid("SEARCH", "ALL")[1],
        "since": client.uid("SEARCH", "SINCE", "3-Mar-2026")[1],
        "set": client.uid("SEARCH", "UID", "2:*")[1],
        "header": client.uid("FETCH", "1", "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])")[1],
        "fields": client.uid("FETCH", "1", "(BODY.PEEK[HEADER.FIELDS (Subject)])")[1],
        "structure": client.uid("FETCH", "2", "(BODYSTRUCTURE)")[1],
        "text": client.uid("FETCH", "2", "(BODY.PEEK[1.1]<1.3>)")[1],
        "absent": client.uid("FETCH", "2", "(BODY.PEEK[9])")[1],
        "whole": client.uid("FETCH", "1:2", "(BODY.PEEK[])")[1],
        "vanished": client.uid("FETCH", "40", "(UID)")[1],
    }
    client.logout()
    return answers


async def test_a_reader_gets_what_it_asks_for(server):
    answers = await asyncio.to_thread(everything, server.port)
    assert b'(\\HasNoChildren \\Sent) "/" "Sent"' in answers["list"]
    assert answers["uidvalidity"] == [b"7"]
    assert (answers["all"], answers["since"], answers["set"]) == ([b"1 2"], [b"2"], [b"2"])
    header = answers["header"][0]
    assert b"RFC822.SIZE %d" % len(PLAIN) in header[0]
    assert b'INTERNALDATE "02-Mar-2026 09:00:00 +0000"' in header[0]
    assert header[1] == PLAIN.partition(b"Good")[0]
    assert answers["fields"][0][1] == b"Subject: One\r\n\r\n"
    assert answers["text"][0][1] == b"ord"
    assert answers["absent"] == [b"2 (UID 2 BODY[9] NIL)"]
    assert [item[1] for item in answers["whole"] if isinstance(item, tuple)] == [PLAIN, MIXED]
    assert answers["vanished"] == [None]
    assert (
        b'("APPLICATION" "PDF" NIL NIL NIL "BASE64" 4 NIL ("ATTACHMENT" ("FILENAME" "offer(1.pdf")))'
        in (answers["structure"][0])
    )


async def test_idle_says_what_arrives(server):
    def watch():
        client = session(server.port)
        client.send(b"i1 IDLE\r\n")
        assert client.readline().startswith(b"+")
        arrived = client.readline()
        client.send(b"DONE\r\n")
        ended = client.readline()
        client.logout()
        return arrived, ended

    watching = asyncio.create_task(asyncio.to_thread(watch))
    await asyncio.sleep(0.2)
    server.accounts["mia"][1].deliver(PLAIN, START)
    arrived, ended = await watching
    assert arrived == b"* 3 EXISTS\r\n"
    assert ended.startswith(b"i1 OK")


async def test_commands_that_change_something_do_not_exist(server):
    def attempt():
        client = session(server.port)
        refused = []
        for command in (
            b"SELECT Sent",
            b"UID STORE 1 +FLAGS (\\Deleted)",
            b"EXPUNGE",
            b"DELETE Sent",
            b"IDLE2",
        ):
            client.send(b"x " + command + b"\r\n")
            refused.append(client.readline())
        client.logout()
        return refused

    assert all(line.startswith(b"x BAD") for line in await asyncio.to_thread(attempt))


async def test_a_wrong_password_is_refused_and_a_right_one_is_taken_in_every_form(server):
    async def talk(*lines):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await reader.readline()
        answers = []
        for line in lines:
            writer.write(line)
            answers.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answers

    assert b"NO [AUTHENTICATIONFAILED]" in (await talk(b"a LOGIN mia wrong\r\n"))[-1]
    assert b"a OK" in (await talk(b"a AUTHENTICATE PLAIN AG1pYQBzZWNyZXQ=\r\n"))[-1]
    assert b"a OK" in (await talk(b"a AUTHENTICATE PLAIN\r\n", b"AG1pYQBzZWNyZXQ=\r\n"))[-1]
    assert b"a OK" in (await talk(b"a LOGIN {3}\r\n", b"mia {6}\r\n", b"secret\r\n"))[-1]
    assert b"a OK" in (await talk(b"a LOGIN {3+}\r\nmia {6+}\r\nsecret\r\n"))[-1]
    assert b"a BAD" in (await talk(b"a UID FETCH 1 (UID)\r\n"))[-1]
