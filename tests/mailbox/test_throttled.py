"""Servers that bear only so much: rests are kept by all of a host, connections are taken in turns."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from auditor.config.sections import Imap, Mailbox
from auditor.mailbox import host as hosts
from auditor.mailbox import watch
from auditor.mailbox.host import Host
from auditor.mailbox.status import State
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.dovecot import mail
from tests.components.scripted import ScriptedServer


@pytest.fixture
def watched(tmp_path):
    def make(host, port, user="ann", **changes):
        (tmp_path / "password").write_text("correct horse\n")
        numbers = Imap(commands_per_second=2000, poll_interval=timedelta(seconds=0.2))
        settings = {"host": "127.0.0.1", "port": port, "username": user, "tls": "no", **changes}
        mailbox = Mailbox(**settings, password_file=tmp_path / "password")
        return WatchedMailbox(mailbox, numbers, Pace(2000), host)

    return make


async def keep_reading(mailbox, found):
    async with aclosing(mailbox.batches()) as batches:
        async for batch in batches:
            found += [(mailbox.key, one.uid) for one in batch.found]


async def until(condition, seconds=15):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a status has no event
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("LOGIN", b"TAG NO [LIMIT] come back later\r\n"),
        ("LOGIN", b"TAG NO [UNAVAILABLE] Maximum number of connections exceeded\r\n"),
        ("LOGIN", b"* BYE [ALERT] Too many simultaneous connections. (Failure)\r\n"),
        ("EXAMINE", b"TAG NO [LIMIT] busy\r\n"),
        ("UID SEARCH", b"TAG NO Request is throttled. Suggested Backoff Time: 200 milliseconds\r\n"),
        ("", b"* BYE too many connections\r\n"),
    ],
)
async def test_a_server_that_asks_for_less_is_left_alone(watched, monkeypatch, name, answer):
    monkeypatch.setattr(hosts, "RESTS", (0.3, 0.6))
    monkeypatch.setattr(watch, "LOST_PAUSES", (0.01, 0.02))

    async def say_and_end(conversation, tag):
        await conversation.say(answer.replace(b"TAG", tag.encode()))
        conversation.writer.close()

    answers = {name: say_and_end if b"BYE" in answer else answer} if name else {}
    greeting = {} if name else {"greeting": answer}
    async with ScriptedServer(answers, **greeting) as server:
        host = Host()
        mailbox = watched(host, server.port)
        task = asyncio.create_task(keep_reading(mailbox, []))
        await until(lambda: mailbox.status.state == State.THROTTLED)
        assert host.resting
        assert mailbox.status.reconnects.keys() == {"throttled"}
        before = len(server.heard)
        other = watched(host, server.port, "bob")
        second = asyncio.create_task(keep_reading(other, []))
        await until(lambda: other.status.state == State.THROTTLED)
        assert len(server.heard) == before  # bob did not even knock
        for one in (task, second):
            one.cancel()
        await asyncio.gather(task, second, return_exceptions=True)


async def test_the_time_a_server_names_is_kept(watched):
    answer = b"TAG NO Request is throttled. Suggested Backoff Time: 90000 milliseconds\r\n"
    async with ScriptedServer({"LIST": answer}) as server:
        host = Host()
        mailbox = watched(host, server.port)
        task = asyncio.create_task(keep_reading(mailbox, []))
        await until(lambda: mailbox.status.state == State.THROTTLED)
        assert 85 < host._rest_until - asyncio.get_running_loop().time() <= 90
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_more_mailboxes_than_connections_take_turns(start_dovecot, watched):
    users = [f"user{n}" for n in range(6)]
    dovecot = start_dovecot(users)
    for user in users:
        dovecot.deliver(user, mail(1), mail(2))
    host, found = Host(connections=2), []
    mailboxes = [watched(host, dovecot.plain_port, user) for user in users]
    tasks = [asyncio.create_task(keep_reading(mailbox, found)) for mailbox in mailboxes]
    try:
        await until(lambda: len(found) == 12)
        for user in users:
            dovecot.deliver(user, mail(3))
        await until(lambda: len(found) == 18)
        assert sorted(found) == sorted((mailbox.key, uid) for mailbox in mailboxes for uid in (1, 2, 3))
        # With fewer mailboxes than connections left, the rest go back to waiting for news.
        for task in tasks[2:]:
            task.cancel()
        await until(lambda: all(mailbox.status.state == State.WATCHING for mailbox in mailboxes[:2]))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
