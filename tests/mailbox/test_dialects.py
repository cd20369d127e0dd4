"""How Exchange Online and Gmail really speak, and servers that can do less, from scripts."""

import asyncio
from contextlib import aclosing

import pytest

from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox import watch
from auditor.mailbox.sent import How
from auditor.mailbox.session import Session
from auditor.mailbox.status import State
from tests.components.dovecot import mail
from tests.components.scripted import ScriptedServer
from tests.components.scripted_fetch import Fetching
from tests.mailbox.test_faults import account
from tests.mailbox.test_watch import until_caught_up, wait_for, watched  # noqa: F401  # a fixture

EXCHANGE = {
    "CAPABILITY": b"* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT"
    b" CHILDREN IDLE NAMESPACE LITERAL+\r\nTAG OK CAPABILITY completed.\r\n",
    "LOGIN": b"TAG OK LOGIN completed.\r\n",
    "LIST": b'* LIST (\\HasNoChildren) "/" Archive\r\n* LIST (\\HasNoChildren) "/" Calendar\r\n'
    b'* LIST (\\HasNoChildren \\Drafts) "/" Drafts\r\n* LIST (\\Marked \\HasChildren) "/" INBOX\r\n'
    b'* LIST (\\HasNoChildren) "/" "Sync Issues/Conflicts"\r\n'
    b'* LIST (\\HasNoChildren \\Sent) "/" "Gesendete Elemente"\r\nTAG OK LIST completed.\r\n',
    "EXAMINE": b"* 2 EXISTS\r\n* 0 RECENT\r\n"
    b"* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)\r\n"
    b"* OK [PERMANENTFLAGS ()] Permanent flags\r\n* OK [UIDVALIDITY 14] UIDVALIDITY value\r\n"
    b"* OK [UIDNEXT 3] The next unique identifier value\r\nTAG OK [READ-ONLY] EXAMINE completed.\r\n",
    "UID SEARCH": b"* SEARCH 1 2\r\nTAG OK SEARCH completed.\r\n",
    "NOOP": b"TAG OK NOOP completed.\r\n",
}
EXCHANGE_GREETING = b"* OK The Microsoft Exchange IMAP4 service is ready. [TQBXADIAUABSADIA]\r\n"

GMAIL = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS"
    b" COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL-"
    b" SPECIAL-USE APPENDLIMIT=35651584 AUTH=XOAUTH2 AUTH=PLAIN\r\nTAG OK Thats all she wrote! d2mb1\r\n",
    "LOGIN": b"* CAPABILITY IMAP4rev1 UNSELECT IDLE SPECIAL-USE\r\n"
    b"TAG OK ann@x.example authenticated (Success)\r\n",
    "LIST": b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\r\n'
    b'* LIST (\\All \\HasNoChildren) "/" "[Gmail]/Alle Nachrichten"\r\n'
    b'* LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/Gesendet"\r\n'
    b'* LIST (\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"\r\nTAG OK Success\r\n',
    "EXAMINE": b"* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing)\r\n"
    b"* OK [PERMANENTFLAGS ()] Flags permitted.\r\n* OK [UIDVALIDITY 5] UIDs valid.\r\n* 2 EXISTS\r\n"
    b"* 0 RECENT\r\n* OK [UIDNEXT 3] Predicted next UID.\r\n* OK [HIGHESTMODSEQ 90125]\r\n"
    b"TAG OK [READ-ONLY] [Gmail]/Gesendet selected. (Success)\r\n",
    "UID SEARCH": b"* SEARCH 1 2\r\nTAG OK SEARCH completed (Success)\r\n",
    "NOOP": b"TAG OK Success\r\n",
}
GMAIL_GREETING = b"* OK Gimap ready for requests from 192.0.2.7 d2mb158239lgg\r\n"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.1, 0.5))
    monkeypatch.setattr(watch, "REFUSED_PAUSES", (0.2, 0.5))


def stored(count):
    """Messages by UID, from 1."""
    return lambda uid: mail(uid) if 1 <= uid <= count else None


def backwards(uid, items):
    """A FETCH response with its items in another order, the UID last."""
    return b"* %d FETCH (%s)\r\n" % (uid, b" ".join([*items[1:], items[0]]))


def server_of(answers, greeting=b"* OK ready\r\n", *, messages=2, **how):
    fetching = Fetching(stored(messages), **how)
    server = ScriptedServer({**answers, "UID FETCH": fetching}, greeting)
    fetching.server = server
    return server


async def idle_then_news(conversation, tag):
    await conversation.say(b"+ IDLE accepted, awaiting DONE command.\r\n")
    await conversation.line()
    await conversation.say(f"{tag} OK IDLE completed.\r\n".encode())


async def read_whole(server, watched, **changes):  # noqa: F811
    """Everything a watched mailbox brings until it is caught up: texts by UID, and how it is then."""
    mailbox = watched(port=server.port, tls="no", ca_file=None, **changes)
    texts = {}
    async with aclosing(mailbox.batches()) as batches, asyncio.timeout(20):
        async for batch in batches:
            if not batch.found:
                return texts, mailbox.status
            texts |= await batch.texts([found.uid for found in batch.found])
    raise AssertionError


@pytest.mark.parametrize(
    ("answers", "greeting", "folder"),
    [
        (EXCHANGE, EXCHANGE_GREETING, "Gesendete Elemente"),
        (GMAIL, GMAIL_GREETING, "[Gmail]/Gesendet"),
    ],
    ids=["exchange", "gmail"],
)
async def test_a_whole_mailbox_is_read_and_then_watched(watched, answers, greeting, folder):  # noqa: F811
    async with server_of({**answers, "IDLE": idle_then_news}, greeting, told=backwards) as server:
        texts, status = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]
    assert all(b"here is our offer" in text for text in texts.values())
    assert (status.state, status.folder, status.found_how) == (State.WATCHING, folder, How.SPECIAL_USE)


async def test_exchange_without_the_mailbox_permission_says_what_the_server_said():
    answers = {**EXCHANGE, "LIST": b"TAG BAD User is authenticated but not connected.\r\n"}
    answers["EXAMINE"] = answers["CAPABILITY2"] = answers["LIST"]
    async with ScriptedServer(answers, EXCHANGE_GREETING) as server:
        with pytest.raises((ConnectionLost, MailboxError), match=r"(?i)not connected|permission"):
            async with await Session.connect(account(server), seconds=2) as session:
                await session.list_folders()


async def test_exchange_that_throttles_is_asked_again_later(watched):  # noqa: F811
    slow = b"TAG BAD Request is throttled. Suggested Backoff Time: 900 milliseconds\r\n"
    replies = iter([slow])

    async def search(conversation, tag):
        reply = next(replies, EXCHANGE["UID SEARCH"])
        await conversation.say(reply.replace(b"TAG", tag.encode()))

    async with server_of({**EXCHANGE, "UID SEARCH": search, "IDLE": idle_then_news}) as server:
        texts, status = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]
    assert sum(status.reconnects.values()) == 1


async def test_a_token_that_expires_in_the_middle_of_a_fetch_loses_no_message(watched):  # noqa: F811
    whole = Fetching(stored(2))
    failed = []

    async def fetch(conversation, tag):
        if len(failed) < 2:
            failed.append(tag)
            await conversation.say(b"* 1 FETCH (UID 1 BODY[HEADER]<0> {4096}\r\nSubject: half of i")
            await conversation.say(b"* BYE Session invalidated - AccessTokenExpired\r\n")
            conversation.writer.close()
        else:
            await whole(conversation, tag)

    async with ScriptedServer({**EXCHANGE, "UID FETCH": fetch, "IDLE": idle_then_news}) as server:
        whole.server = server
        texts, status = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]
    assert status.reconnects == {"lost": 2}


async def test_the_bye_of_an_expired_token_is_told(watched):  # noqa: F811
    async def fetch(conversation, _tag):
        await conversation.say(b"* BYE Session invalidated - AccessTokenExpired\r\n")
        conversation.writer.close()

    async with ScriptedServer({**EXCHANGE, "UID FETCH": fetch}) as server:
        mailbox = watched(port=server.port, tls="no", ca_file=None)
        async with aclosing(mailbox.batches()) as batches:
            waiting = asyncio.create_task(anext(batches))
            await wait_for(lambda: mailbox.status.reason)
            assert "AccessTokenExpired" in mailbox.status.reason
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


async def test_gmail_whose_sent_folder_is_hidden_from_imap_lists_what_there_is(watched):  # noqa: F811
    listed = b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\r\n'
    listed += b'* LIST (\\All \\HasNoChildren) "/" "[Gmail]/All Mail"\r\nTAG OK Success\r\n'
    async with server_of({**GMAIL, "LIST": listed}) as server:
        mailbox = watched(port=server.port, tls="no", ca_file=None)
        async with aclosing(mailbox.batches()) as batches:
            waiting = asyncio.create_task(anext(batches))
            await wait_for(lambda: mailbox.status.state == State.REFUSED)
            assert '"[Gmail]/All Mail"' in mailbox.status.reason
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


async def test_gmail_that_refuses_the_login_is_a_matter_for_a_person():
    refusal = b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"
    async with ScriptedServer({**GMAIL, "LOGIN": refusal}, GMAIL_GREETING) as server:
        with pytest.raises(MailboxError, match="Invalid credentials"):
            await Session.connect(account(server), seconds=2)


@pytest.mark.parametrize("code", [b"LIMIT", b"UNAVAILABLE", b"INUSE"])
async def test_a_login_refused_for_now_is_tried_again(watched, code):  # noqa: F811
    replies = iter([b"TAG NO [%s] Too many connections\r\n" % code])

    async def login(conversation, tag):
        await conversation.say(next(replies, b"TAG OK in\r\n").replace(b"TAG", tag.encode()))

    async with server_of({"LOGIN": login, "UID SEARCH": EXCHANGE["UID SEARCH"]}) as server:
        texts, status = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]
    assert status.state == State.WATCHING


async def test_bye_in_place_of_the_consent_to_idle(watched):  # noqa: F811
    byes = iter([b"* BYE Server shutting down\r\n"])

    async def idle(conversation, tag):
        if (bye := next(byes, None)) is not None:
            await conversation.say(bye)
            conversation.writer.close()
        else:
            await idle_then_news(conversation, tag)

    async with server_of({**EXCHANGE, "IDLE": idle}) as server:
        mailbox = watched(port=server.port, tls="no", ca_file=None)
        async with aclosing(mailbox.batches()) as batches, asyncio.timeout(10):
            uids, _ = await until_caught_up(batches)
            waiting = asyncio.create_task(anext(batches))
            await wait_for(lambda: mailbox.status.reconnects.get("lost") == 1)
            assert not (await waiting).found
    assert uids == [1, 2]


async def test_eight_bit_garbage_in_every_place_where_text_stands(watched):  # noqa: F811
    garbage = bytes(range(0x80, 0x100))
    raw = b"From: ann@x.example\r\nSubject: " + garbage + b"\r\nTo: b@y.example\r\n\r\n" + garbage + b"\r\n"
    listed = b'* LIST () "/" "' + garbage + b'"\r\n* LIST (\\Sent) "/" "Gesendet ' + garbage + b'"\r\n'
    answers = {
        "LIST": listed + b"TAG OK " + garbage + b"\r\n",
        "UID SEARCH": b"* OK " + garbage + b"\r\n* SEARCH 1\r\nTAG OK " + garbage + b"\r\n",
        "EXAMINE": b"* OK [UIDVALIDITY 7] " + garbage + b"\r\n* OK [UIDNEXT 2] x\r\nTAG OK [READ-ONLY]\r\n",
        "IDLE": idle_then_news,
    }
    fetching = Fetching(lambda uid: raw if uid == 1 else None)
    async with ScriptedServer({**answers, "UID FETCH": fetching}, b"* OK " + garbage + b"\r\n") as server:
        fetching.server = server
        texts, _ = await read_whole(server, watched)
    assert texts[1].count(garbage) == 2


@pytest.mark.parametrize("name", ["5* hotel", "My * Sent", "Gesendet * 2", "* ", "Sent (old", "a{3}"])
async def test_folder_names_that_look_like_protocol(watched, name):  # noqa: F811
    answers = {**EXCHANGE, "LIST": f'* LIST (\\Sent) "/" "{name}"\r\nTAG OK done\r\n'.encode()}
    async with server_of({**answers, "IDLE": idle_then_news}) as server:
        texts, status = await read_whole(server, watched)
        assert f'EXAMINE "{name}"' in server.heard
    assert (sorted(texts), status.folder) == ([1, 2], name)


async def test_an_attachment_called_5_star_hotel_and_an_encoding_that_is_nil(watched):  # noqa: F811
    structure = (
        b'("TEXT" "PLAIN" ("CHARSET" "us-ascii" "NAME" "5* hotel :( offer(1.pdf") NIL NIL NIL 50 3'
        b' NIL ("INLINE" ("FILENAME" "5* hotel")) NIL NIL)'
    )
    async with server_of({**EXCHANGE, "IDLE": idle_then_news}, structure=structure) as server:
        texts, _ = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]


async def test_a_server_that_can_do_nothing_but_the_standard(watched):  # noqa: F811
    """No IDLE, no UIDPLUS, no SPECIAL-USE, no UIDNEXT; answers in lower case."""
    answers = {
        "CAPABILITY": b"* capability imap4rev1\r\nTAG ok done\r\n",
        "LIST": b'* list () "." INBOX\r\n* list () "." "INBOX.Sent"\r\nTAG ok done\r\n',
        "EXAMINE": b"* 2 exists\r\n* ok [uidvalidity 7] x\r\nTAG ok [read-only] done\r\n",
        "UID SEARCH": b"* search 1 2\r\nTAG ok done\r\n",
    }
    async with server_of(answers) as server:
        texts, status = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]
    assert (status.state, status.folder, status.found_how) == (State.POLLING, "INBOX.Sent", How.NAME)


async def test_answers_in_thousands_of_pieces(watched):  # noqa: F811
    """A few bytes at a time, as the worst network delivers them."""

    class Slowly:
        def __init__(self, conversation):
            self.conversation = conversation

        async def say(self, data):
            for at in range(0, len(data), 7):
                await self.conversation.say(data[at : at + 7])
                await asyncio.sleep(0)

    class Dripping(Fetching):
        async def __call__(self, conversation, tag):
            await super().__call__(Slowly(conversation), tag)

    fetching = Dripping(stored(2))
    async with ScriptedServer({**EXCHANGE, "UID FETCH": fetching, "IDLE": idle_then_news}) as server:
        fetching.server = server
        texts, _ = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]


async def test_flags_changed_by_others_between_and_within_the_answers(watched):  # noqa: F811
    def noisily(uid, items):
        noise = b"* %d FETCH (FLAGS (\\Seen))\r\n* %d FETCH (UID %d FLAGS (\\Seen $Label1))\r\n* 2 EXISTS\r\n"
        return noise % (uid, uid, uid) + b"* %d FETCH (FLAGS () %s)\r\n" % (uid, b" ".join(items))

    async with server_of({**EXCHANGE, "IDLE": idle_then_news}, told=noisily) as server:
        texts, _ = await read_whole(server, watched)
    assert sorted(texts) == [1, 2]


async def test_what_a_server_tells_by_itself_is_not_asked():
    told = "[CAPABILITY IMAP4rev1 {}] hello"
    greeting = f"* OK {told.format('AUTH=PLAIN')}\r\n".encode()
    answers = {"LOGIN": f"TAG OK {told.format('idle SPECIAL-USE')}\r\n".encode()}
    async with ScriptedServer(answers, greeting) as server, await Session.connect(account(server)) as session:
        assert {"IMAP4REV1", "IDLE", "SPECIAL-USE"} == session.capabilities
    assert [line.split()[0] for line in server.heard] == ["LOGIN", "LOGOUT"]
