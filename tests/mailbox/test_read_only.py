"""Nothing the auditor can say to a mail server changes a mailbox."""

import asyncio
import re
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

import auditor.mailbox
from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost, MailboxError
from auditor.mailbox.protocol.imap import _READING, Protocol
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.dovecot import mail
from tests.components.proxy import FaultProxy

CHANGING = (
    "STORE APPEND COPY MOVE EXPUNGE DELETE CREATE RENAME SELECT SUBSCRIBE UNSUBSCRIBE SETACL DELETEACL "
    "SETQUOTA SETMETADATA REPLACE CHECK CLOSE"
).split()
SOURCES = sorted(Path(auditor.mailbox.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_changing_command_stands_in_the_code(source):
    strings = re.findall(r"""f?(?:"[^"\n]*"|'[^'\n]*')""", source.read_text())
    for word in CHANGING:
        assert not any(re.search(rf"\b{word}\b", string) for string in strings), (source.name, word)


def test_aioimaplib_is_used_in_one_file():
    users = [
        path.name
        for path in SOURCES
        if re.search(r"^(?:import|from) aioimaplib", path.read_text(), re.MULTILINE)
    ]
    assert users == ["imap.py"]


@pytest.mark.parametrize(
    "command", [*CHANGING, "UID STORE 1 +FLAGS (\\Seen)", "UID COPY 1 x", "UID MOVE 1 x"]
)
def test_changing_commands_do_not_pass_the_gate(command):
    assert not _READING.match(f"{command} x")


@pytest.mark.parametrize("items", ["BODY[]", "BODY[HEADER]", "UID BODY[]<0.5>", "BODY.PEEK[] BODY[]"])
def test_reading_that_would_mark_messages_as_seen_does_not_pass_the_gate(items):
    assert not _READING.match(f"UID FETCH 1 ({items})")


async def test_a_transcript_holds_reading_commands_only(dovecot, tmp_path):
    dovecot.deliver("ann", *(mail(number) for number in range(5)))
    (tmp_path / "password").write_text(dovecot.password)
    async with FaultProxy(dovecot.plain_port) as proxy:
        mailbox = WatchedMailbox(
            Mailbox(
                host="127.0.0.1",
                port=proxy.port,
                tls="no",
                username="ann",
                password_file=tmp_path / "password",
            ),
            Imap(idle_renewal=timedelta(seconds=0.2)),
            Pace(100),
        )
        async with aclosing(mailbox.batches()) as batches:
            for _ in range(4):
                batch = await anext(batches)
                await batch.texts([found.uid for found in batch.found])
    lines = proxy.heard.decode().splitlines()
    verbs = {line.split()[1] if line != "DONE" else line for line in lines}
    assert verbs == {"LOGIN", "LIST", "EXAMINE", "UID", "IDLE", "DONE"}
    said = [line for line in lines if " UID " in line]
    assert all(line.split()[2] in {"SEARCH", "FETCH"} for line in said)
    assert all("BODY.PEEK[" in line and "BODY[" not in line for line in said if "FETCH" in line)


async def test_the_gate_stands_before_the_wire():
    protocol = Protocol(asyncio.get_running_loop())
    with pytest.raises(MailboxError, match="could change a mailbox"):
        protocol.send("A1 UID STORE 1 +FLAGS (\\Deleted)")
    protocol.fail("test")
    assert isinstance(protocol.greeting.exception(), ConnectionLost)
