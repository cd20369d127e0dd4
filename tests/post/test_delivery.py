"""A letter's whole way: aiosmtplib, Postfix, LMTP, Dovecot, and read back over IMAP by its reader."""

import email
import email.policy
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.alert.incident import Occasion
from auditor.post import letters
from auditor.post.outbox import Outcome, Postman
from auditor.post.smtp import Server
from auditor.store.engine import Store, open_temporary
from auditor.story.letter import Letter
from auditor.story.spike import write_spike_letter
from tests.components import free_port, require
from tests.components.dovecot import Dovecot
from tests.components.postfix import Postfix
from tests.story.test_letter import DAYS, EXTENT, HOUSE, INCIDENT, UNTIL

SENDER = "auditor@ours.example"
_LMTP = """
protocols = imap lmtp
auth_username_format = %Ln
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@ours.example
}}
"""


class Reader:
    """Who reads the letters: a mailbox behind a mail server."""

    def __init__(self, dovecot: Dovecot, post: Postfix) -> None:
        self.dovecot, self.post = dovecot, post
        self.server = Server("127.0.0.1", post.port, "starttls", dovecot.ca_file, timeout=10)

    def inbox(self, count: int, seconds: float = 20.0) -> tuple[list[EmailMessage], str]:
        """The mails, once there are so many, and how the server threads them."""
        deadline = time.monotonic() + seconds
        context = ssl.create_default_context(cafile=self.dovecot.ca_file)
        while True:
            with imaplib.IMAP4_SSL("127.0.0.1", self.dovecot.port, ssl_context=context) as imap:
                imap.login("ops", self.dovecot.password)
                imap.select("INBOX", readonly=True)
                numbers = imap.search(None, "ALL")[1][0].split()
                if len(numbers) >= count:
                    mails = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]
                    threads = imap.thread("REFERENCES", "UTF-8", "ALL")[1][0].decode()
                    return [
                        email.message_from_bytes(one, policy=email.policy.default) for one in mails
                    ], threads
            assert time.monotonic() < deadline, self.post.log()[-3000:]
            time.sleep(0.2)


@pytest.fixture
def reader(start_dovecot: Callable[..., Dovecot]) -> Iterator[Reader]:
    require("lmtp", "dovecot-lmtpd")
    port = free_port()
    dovecot = start_dovecot(("ops",), more=_LMTP.format(port=port))
    with Postfix("ours.example", port, dovecot.certificate) as post:
        yield Reader(dovecot, post)


async def put(store: Store, letter: Letter, occasion: Occasion, now: float, *recipients: str) -> None:
    """Put a letter about one incident into the outbox."""

    def work(connection: sa.Connection) -> None:
        letters.put(
            connection,
            letter,
            occasion=occasion,
            recipients=recipients,
            sender=SENDER,
            now=now,
            incident_id=7,
        )

    await store.run(work)


def threads_in(answer: str) -> int:
    """How many threads a THREAD answer has (RFC 5256 section 4): groups that stand in no other."""
    depth = found = 0
    for one in answer:
        found += one == "(" and depth == 0
        depth += (one == "(") - (one == ")")
    return found


async def test_a_letter_its_update_and_its_end_are_read_as_one_thread(reader: Reader, tmp_path: Path) -> None:
    async with open_temporary(tmp_path / "store.db") as store:
        postman = Postman(store.run, reader.server, SENDER, 6000, HOUSE)
        for minutes, occasion in enumerate((Occasion.OPENED, Occasion.UPDATED, Occasion.RESOLVED)):
            told = replace(INCIDENT, observed=412 + minutes)
            letter = write_spike_letter(occasion, told, EXTENT, HOUSE, DAYS)
            await put(store, letter, occasion, UNTIL + 60 * minutes, "ops@ours.example")
            attempts = await postman.deliver_due(time.time)
            assert [one.outcome for one in attempts] == [Outcome.SENT], attempts
    mails, threads = reader.inbox(3)
    mails.sort(key=lambda mail: mail["Date"].datetime)
    assert {mail["In-Reply-To"] for mail in mails[1:]} == {mails[0]["Message-ID"]}
    assert threads_in(threads) == 1, threads
    first = mails[0]
    assert first["Subject"].startswith("Spike: 412 templated sends to 398 people in the last hour")
    assert first["Auto-Submitted"] == "auto-generated"
    assert "412 templated sends to 398 people" in first.get_body(("plain",)).get_content()
    assert [part.get_content_type() for part in first.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"
    ]  # fmt: skip
    image = next(part for part in first.walk() if part.get_content_type() == "image/png")
    assert image.get_content().startswith(b"\x89PNG")
    assert f"cid:{image['Content-ID'].strip('<>')}" in first.get_body(("html",)).get_content()
    assert "with ESMTPS" in str(first.get_all("Received"))


async def test_a_recipient_that_the_server_does_not_know(reader: Reader, tmp_path: Path) -> None:
    """The others get the letter; who is refused is named once, and not tried again."""
    async with open_temporary(tmp_path / "store.db") as store:
        postman = Postman(store.run, reader.server, SENDER, 6000, HOUSE)
        letter = write_spike_letter(Occasion.OPENED, INCIDENT, EXTENT, HOUSE, DAYS)
        await put(store, letter, Occasion.OPENED, UNTIL, "ops@ours.example", "nobody@elsewhere.example")
        (attempt,) = await postman.deliver_due(time.time)
        assert attempt.outcome is Outcome.SENT
        assert "recipients not taken: 5" in attempt.error
        assert await postman.deliver_due(time.time) == ()
    reader.inbox(1)
