"""Servers that misbehave. Each test is one way in which a mail client hangs, bursts or loses messages."""

import asyncio
import logging
import time
import tracemalloc

import pytest

from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox.access.account import Account
from auditor.mailbox.protocol import connection, imap
from auditor.mailbox.session import Session
from tests.components.scripted import ScriptedServer

PASSWORD = 'hush "hush" \\ secret'


def account(server, password=PASSWORD):
    return Account("127.0.0.1", server.port, "ann", password, tls=False)


async def opened(server, seconds=2.0):
    session = await Session.connect(account(server), seconds=seconds)
    await session.examine("Sent")
    return session


def header(uid, text=b"Subject: x\r\n\r\n", extra=b""):
    date = b'"01-Nov-2026 10:00:00 +0000"'
    return b"* %d FETCH (%sUID %d INTERNALDATE %s RFC822.SIZE 9 BODY[HEADER]<0> {%d}\r\n%s)\r\n" % (
        uid,
        extra,
        uid,
        date,
        len(text),
        text,
    )


async def close_now(conversation, _tag):
    conversation.writer.transport.abort()


async def say_nothing(conversation, _tag):
    await conversation.line()


async def test_thousands_of_lines_in_one_chunk():
    noise = b"* 1 RECENT\r\n" * 5000
    async with (
        ScriptedServer({"UID SEARCH": noise + b"* SEARCH 1 2\r\nTAG OK done\r\n"}) as server,
        await opened(server) as session,
    ):
        assert list(await session.search()) == [1, 2]


async def test_an_open_bracket_in_a_quoted_string_garbles_nothing():
    extra = b'ENVELOPE ("x" ":(" NIL) FLAGS () '
    answer = header(1, extra=extra) + header(2, b"Subject: two\r\n\r\n") + b"TAG OK done\r\n"
    async with ScriptedServer({"UID FETCH": answer}) as server, await opened(server) as session:
        found = await session.fetch_headers([1, 2])
        assert [(f.uid, f.header) for f in found] == [
            (1, b"Subject: x\r\n\r\n"),
            (2, b"Subject: two\r\n\r\n"),
        ]


async def test_folder_names_keep_their_stars_quotes_and_letters():
    listed = (
        b'* LIST () "/" "My * Sent"\r\n* LIST () NIL {4}\r\nA"b \r\n'
        b'* LIST () "." &AMk-l&AOk-ments\r\nTAG OK done\r\n'
    )
    async with ScriptedServer({"LIST": listed}) as server, await Session.connect(account(server)) as session:
        folders = await session.list_folders()
        assert [folder.name for folder in folders] == ["My * Sent", 'A"b ', "Éléments"]
        for folder in folders:
            await session.examine(folder)
        await session.examine('Gesendete "Post" 送')
    assert server.heard[-5:-1] == [
        'EXAMINE "My * Sent"',
        'EXAMINE "A\\"b "',
        'EXAMINE "&AMk-l&AOk-ments"',
        'EXAMINE "Gesendete \\"Post\\" &kAE-"',
    ]


async def test_a_lost_connection_fails_the_pending_command():
    async with ScriptedServer({"UID SEARCH": close_now}) as server:
        session = await opened(server, seconds=30)
        start = time.monotonic()
        with pytest.raises(ConnectionLost):
            await session.search()
        assert time.monotonic() - start < 5
        assert session.lost


async def test_a_lost_connection_ends_idle():
    async def idle(conversation, _tag):
        await conversation.say(b"+ idling\r\n")
        await asyncio.sleep(0.2)
        conversation.writer.transport.abort()

    async with ScriptedServer({"IDLE": idle}) as server:
        session = await opened(server)
        await session.search()
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(session.idle(60), 5)


async def test_idle_whose_end_is_never_confirmed_is_given_up(monkeypatch):
    monkeypatch.setattr(connection, "_DONE_SECONDS", 0.3)

    async def idle(conversation, _tag):
        await conversation.say(b"+ idling\r\n")
        await conversation.line()
        await conversation.line()

    async with ScriptedServer({"IDLE": idle}) as server:
        session = await opened(server)
        await session.search()
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(session.idle(0.1), 5)


@pytest.mark.parametrize(
    "answer", [b"TAG NO not now\r\n", b"TAG BAD what\r\n", b"+ idling\r\nTAG OK enough\r\n"]
)
async def test_a_server_that_refuses_to_idle_is_polled_instead(answer):
    async with ScriptedServer({"IDLE": answer}) as server, await opened(server) as session:
        await session.search()
        assert session.can_idle
        assert await session.idle(30) is False
        assert not session.can_idle


async def test_an_announced_literal_of_2_gb_is_refused_at_once():
    async with ScriptedServer(
        {"UID FETCH": b"* 1 FETCH (UID 1 BODY[]<0> {2147483648}\r\n" + b"x" * 100_000}
    ) as server:
        session = await opened(server, seconds=30)
        with pytest.raises(ConnectionLost, match="announced 2147483648 bytes"):
            await session.fetch_texts([1], 1000)


@pytest.mark.parametrize("piece", [b"x" * 65536, b"* 1 FETCH (FLAGS ())\r\n" * 3000])
async def test_an_endless_answer_is_given_up_with_bounded_memory(piece):
    async def pour(conversation, _tag):
        while True:
            await conversation.say(piece)

    async with ScriptedServer({"UID FETCH": pour}) as server:
        session = await opened(server, seconds=30)
        tracemalloc.start()
        with pytest.raises(ConnectionLost, match="the server sent"):
            await session.fetch_texts([1], 1000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 32 << 20


async def test_a_slow_drip_ends_at_the_deadline():
    async def drip(conversation, _tag):
        await conversation.say(b"* 1 FETCH (UID 1 BODY[]<0> {1000}\r\n")
        for _ in range(1000):
            await conversation.say(b"x")
            await asyncio.sleep(0.05)

    async with ScriptedServer({"UID FETCH": drip}) as server:
        session = await opened(server, seconds=0.5)
        start = time.monotonic()
        with pytest.raises(ConnectionLost, match="time allowed"):
            await session.fetch_texts([1], 1000)
        assert time.monotonic() - start < 3


async def test_a_slow_line_may_take_longer_than_the_deadline(monkeypatch):
    monkeypatch.setattr(imap, "MIN_RATE", 1000)

    async def slowly(conversation, tag):
        await conversation.say(b"* 1 FETCH (UID 1 BODY[]<0> {5000}\r\n")
        for _ in range(10):
            await conversation.say(b"x" * 500)
            await asyncio.sleep(0.1)
        await conversation.say(b")\r\n%s OK done\r\n" % tag.encode())

    async with ScriptedServer({"UID FETCH": slowly}) as server, await opened(server, seconds=0.5) as session:
        assert len((await session.fetch_texts([1], 5000))[1]) == 5000


async def test_a_vanished_message_is_asked_for_twice_and_then_absent():
    async with (
        ScriptedServer({"UID FETCH": header(1) + b"TAG OK done\r\n"}) as server,
        await opened(server) as session,
    ):
        assert [found.uid for found in await session.fetch_headers([1, 2])] == [1]
    asked = [line.split()[2] for line in server.heard if line.startswith("UID FETCH")]
    assert asked == ["1:2", "2"]


async def test_one_unreadable_message_does_not_hide_the_others():
    async def fetch(conversation, tag):
        uids = server.heard[-1].split()[2]
        if uids in {"1", "3"}:
            await conversation.say(header(int(uids)) + f"{tag} OK done\r\n".encode())
        else:
            await conversation.say(f"{tag} NO [SERVERBUG] cannot read it\r\n".encode())

    async with ScriptedServer({"UID FETCH": fetch}) as server, await opened(server) as session:
        assert [found.uid for found in await session.fetch_headers([1, 2, 3])] == [1, 3]


async def test_a_server_that_can_fetch_nothing_is_not_a_mailbox_of_vanished_messages():
    async with ScriptedServer({"UID FETCH": b"TAG NO [UNAVAILABLE] later\r\n"}) as server:
        session = await opened(server)
        with pytest.raises(ConnectionLost, match="later"):
            await session.fetch_headers([1, 2])


async def test_a_broken_date_does_not_hold_up_the_mailbox():
    answer = header(1).replace(b"01-Nov", b"99-Foo") + b"TAG OK done\r\n"
    async with ScriptedServer({"UID FETCH": answer}) as server, await opened(server) as session:
        assert (await session.fetch_headers([1]))[0].received_at.year == 1970


async def test_flags_that_others_change_meanwhile_are_not_messages():
    answer = b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n" + header(2) + b"TAG OK done\r\n"
    async with ScriptedServer({"UID FETCH": answer}) as server, await opened(server) as session:
        assert [found.uid for found in await session.fetch_headers([1, 2])] == [2]


async def test_capabilities_in_lower_case_count_and_are_asked_for_again_after_the_login():
    replies = iter(
        [b"* CAPABILITY imap4rev1\r\nTAG OK x\r\n", b"* capability imap4rev1 idle\r\nTAG ok x\r\n"]
    )

    async def capability(conversation, tag):
        await conversation.say(next(replies).replace(b"TAG", tag.encode()))

    async with (
        ScriptedServer({"CAPABILITY": capability}) as server,
        await Session.connect(account(server)) as session,
    ):
        assert session.can_idle


async def test_four_callers_at_once_are_served_one_after_another():
    async def fetch(conversation, tag):
        uid = int(server.heard[-1].split()[2])
        await asyncio.sleep(0.05)
        await conversation.say(header(uid) + f"{tag} OK done\r\n".encode())

    async with ScriptedServer({"UID FETCH": fetch}) as server, await opened(server) as session:
        answers = await asyncio.gather(*(session.fetch_headers([uid]) for uid in (1, 2, 3, 4)))
        assert [[found.uid for found in answer] for answer in answers] == [[1], [2], [3], [4]]


async def test_no_to_a_search_is_not_an_empty_mailbox():
    async with ScriptedServer({"UID SEARCH": b"TAG NO cannot search\r\n"}) as server:
        session = await opened(server)
        with pytest.raises(ConnectionLost, match="cannot search"):
            await session.search()


async def test_a_folder_that_is_missing_or_not_read_only_is_refused():
    answers = {"EXAMINE": b"TAG NO [NONEXISTENT] Mailbox does not exist\r\n"}
    async with ScriptedServer(answers) as server, await Session.connect(account(server)) as session:
        with pytest.raises(MailboxError, match=r"Mailbox does not exist.*check `folder`"):
            await session.examine("Sent")
    answers = {"EXAMINE": b"* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-WRITE] done\r\n"}
    async with ScriptedServer(answers) as server, await Session.connect(account(server)) as session:
        with pytest.raises(MailboxError, match="read-only"):
            await session.examine("Sent")


async def test_a_timed_out_command_poisons_the_session_not_the_next_answer():
    async with ScriptedServer({"UID SEARCH": say_nothing}) as server:
        session = await opened(server, seconds=0.3)
        with pytest.raises(ConnectionLost, match="time allowed"):
            await session.search()
        with pytest.raises(ConnectionLost):
            await session.noop()


async def test_a_cancelled_command_poisons_the_session():
    async with ScriptedServer({"UID SEARCH": say_nothing}) as server:
        session = await opened(server)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.search(), 0.2)
        with pytest.raises(ConnectionLost):
            await session.noop()


async def test_answers_nobody_asked_for_end_the_connection():
    for nonsense in (b"XYZ OK hm\r\n", b"+ your turn\r\n", b"\x00\xff\r\n"):
        async with ScriptedServer({"NOOP": nonsense}) as server:
            session = await opened(server, seconds=5)
            with pytest.raises(ConnectionLost):
                await session.noop()


async def test_the_servers_last_words_are_kept():
    bye = b"* BYE Maintenance until noon\r\n"

    async def leave(conversation, _tag):
        await conversation.say(bye)
        conversation.writer.close()

    async with ScriptedServer({"NOOP": leave}) as server:
        session = await opened(server)
        with pytest.raises(ConnectionLost, match="Maintenance until noon"):
            await session.noop()
    async with ScriptedServer(greeting=b"* BYE too many connections\r\n") as server:
        with pytest.raises(ConnectionLost, match="too many connections"):
            await Session.connect(account(server))


@pytest.mark.parametrize(
    "greeting", [b"", b"220 smtp.example ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"* PREAUTH\r\n"]
)
async def test_what_is_no_imap_server_is_a_lost_connection(greeting):
    async with ScriptedServer(greeting=greeting) as server:
        with pytest.raises(ConnectionLost):
            await Session.connect(account(server), seconds=0.5)


async def test_news_that_arrive_during_a_command_are_not_forgotten():
    answers = {"NOOP": b"* 4 EXISTS\r\nTAG OK done\r\n", "UID SEARCH": b"* SEARCH 1\r\nTAG OK done\r\n"}
    async with ScriptedServer(answers) as server, await opened(server) as session:
        await session.search()
        await session.noop()
        assert await asyncio.wait_for(session.idle(30), 1) is True


async def test_the_last_message_is_not_new_again():
    async with (
        ScriptedServer({"UID SEARCH": b"* SEARCH 9\r\nTAG OK done\r\n"}) as server,
        await opened(server) as session,
    ):
        assert list(await session.search_after(9)) == []
    assert "UID SEARCH UID 10:*" in server.heard


def leaking():
    echo = f"TAG NO wrong: {PASSWORD}\r\n".encode()
    yield {"LOGIN": echo}
    yield {"LOGIN": echo.replace(b"NO wrong", b"BAD cannot parse")}
    yield {"LOGIN": b"XX OK mismatch " + echo}
    yield {"LOGIN": f"* BYE {PASSWORD}\r\n".encode() + b"garbage\r\n"}
    yield {"LOGIN": say_nothing}
    yield {"LOGIN": close_now}


@pytest.mark.parametrize("answers", list(leaking()))
async def test_no_error_and_no_log_line_holds_the_password(answers, caplog):
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    async with ScriptedServer(answers) as server:
        with pytest.raises((MailboxError, ConnectionLost)) as raised:
            await Session.connect(account(server), seconds=0.5)
    error = raised.value
    while error is not None:
        assert "hush" not in repr(error)
        error = error.__cause__ or error.__context__
    assert "hush" not in caplog.text
    assert "hush" not in repr(account(server))


async def test_nothing_of_a_mail_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    answer = b"* garbage Subject: x\r\n" + header(1) + b"TAG OK done\r\n"
    async with ScriptedServer({"UID FETCH": answer}) as server, await opened(server) as session:
        await session.fetch_headers([1])
    assert "Subject" not in caplog.text


async def test_a_password_outside_ascii_goes_out_as_utf8():
    async def authenticate(conversation, tag):
        await conversation.say(b"+ \r\n")
        server.heard.append(await conversation.line())
        await conversation.say(f"{tag} OK\r\n".encode())

    answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n", "AUTHENTICATE": authenticate}
    async with ScriptedServer(answers) as server, await Session.connect(account(server, "pässword")):
        assert server.heard[1:3] == ["AUTHENTICATE PLAIN", "AGFubgBww6Rzc3dvcmQ="]


async def test_logins_that_cannot_work_say_what_to_do():
    answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK\r\n"}
    async with ScriptedServer(answers) as server:
        with pytest.raises(MailboxError, match="use TLS"):
            await Session.connect(account(server))
        assert not any(line.startswith("LOGIN") for line in server.heard)
        with pytest.raises(MailboxError, match="line break"):
            await Session.connect(account(server, "two\r\nlines"))
    async with ScriptedServer({"LOGIN": b"TAG NO [UNAVAILABLE] directory is down\r\n"}) as server:
        with pytest.raises(ConnectionLost, match="directory is down"):
            await Session.connect(account(server))
