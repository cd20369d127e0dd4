"""Letters through a real SMTP server: at least once, never in clear, never silently lost."""

import email
import email.policy
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.post import letters
from auditor.post.outbox import Outcome, Postman, retry_after
from auditor.post.smtp import Server
from auditor.post.webhook import Hook
from auditor.store import outbox
from auditor.store.database.schema import outbox as table
from auditor.store.engine import Store, open_temporary
from auditor.store.outbox import Entry
from auditor.story.charts import DayCount, days_chart
from auditor.story.letter import House as Frame
from auditor.story.letter import Inline, Letter
from auditor.story.png import png
from tests.components.authority import Authority
from tests.components.smtp_sink import PASSWORD, USER, SmtpSink

LETTER = Letter(
    "Spike: 412 templated sends", "412 templated sends in the last hour\n", "<p>412 templated sends</p>"
)
STORY = Frame("Example Ltd", "Europe/Berlin")
Sinks = Callable[..., Awaitable[SmtpSink]]
NOW = 1_790_000_000.0


class House:
    """A store with a sink, and a clock that the test moves."""

    def __init__(self, store: Store, sink: SmtpSink, server: Server) -> None:
        self.store, self.sink, self.server, self.now = store, sink, server, NOW
        self.hooks: tuple[Hook, ...] = ()

    async def put(
        self,
        *,
        occasion: str = "opened",
        incident_id: int | None = 1,
        to: tuple[str, ...] = ("ops@example.org",),
        letter: Letter = LETTER,
        webhooks: tuple[str, ...] = (),
    ) -> None:
        def work(connection: sa.Connection) -> None:
            letters.put(
                connection, letter, occasion=occasion, webhooks=webhooks, recipients=to,
                sender="auditor@example.org",
                now=self.now, incident_id=incident_id,
            )  # fmt: skip

        await self.store.run(work)

    async def deliver(self) -> list[Outcome]:
        postman = Postman(self.store.run, self.server, "auditor@example.org", 6000, STORY, self.hooks)
        return [attempt.outcome for attempt in await postman.deliver_due(lambda: self.now)]

    async def row(self) -> sa.Row:
        return await self.store.run(lambda connection: connection.execute(sa.select(table)).one())

    def mail(self, place: int = -1) -> EmailMessage:
        message = email.message_from_bytes(self.sink.mails[place].content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


@pytest.fixture
async def start_sink() -> AsyncIterator[Sinks]:
    """Start sinks with the arguments of `SmtpSink`; each ends with the test."""
    running: list[SmtpSink] = []

    async def start(**options: object) -> SmtpSink:
        running.append(SmtpSink(**options))
        await running[-1].start()
        return running[-1]

    yield start
    for sink in running:
        await sink.stop()


@pytest.fixture
async def house(tmp_path: Path, start_sink: Sinks) -> AsyncIterator[House]:
    authority = Authority(tmp_path / "authority")
    sink = await start_sink(certificate=authority.issue("127.0.0.1"), auth=True)
    server = Server("127.0.0.1", sink.port, "starttls", authority.ca_file, USER, PASSWORD, timeout=5)
    async with open_temporary(tmp_path / "store.db") as store:
        yield House(store, sink, server)


async def test_a_letter_arrives_over_starttls_and_says_what_it_should(house: House) -> None:
    await house.put()
    assert await house.deliver() == [Outcome.SENT]
    mail = house.mail()
    assert mail["Subject"] == LETTER.subject
    assert mail["To"] == "ops@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<auditor\.incident-1\.opened\.\d+@example\.org>", mail["Message-ID"])
    assert mail["Date"].datetime.timestamp() == NOW
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == LETTER.text
    assert mail.get_body(("html",)).get_content().strip() == LETTER.html
    assert await house.deliver() == []  # once


async def test_a_picture_travels_within_the_letter(house: House) -> None:
    house.sink.drop_after_data = True
    picture = days_chart([DayCount(date(2026, 11, 17), 412)], "sends")
    written = replace(LETTER, html='<img src="cid:days">', pictures=(Inline("days", picture, "Sends"),))

    def work(connection: sa.Connection) -> None:
        letters.put(
            connection, written, occasion="opened", recipients=("ops@example.org",),
            sender="auditor@example.org", now=NOW,
        )  # fmt: skip

    await house.store.run(work)
    await house.deliver()
    house.sink.drop_after_data = False
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.REPEATED]
    assert house.sink.mails[0].content == house.sink.mails[1].content
    mail = house.mail()
    (image,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image.get_content() == png(picture)
    html = mail.get_body(("html",)).get_content()
    assert html.strip() == f'<img src="cid:{image["Content-ID"].strip("<>")}">'
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == LETTER.text


async def test_an_update_is_threaded_to_the_letter_that_opened(house: House) -> None:
    await house.put()
    house.now += 600
    await house.put(occasion="updated")
    assert await house.deliver() == [Outcome.SENT, Outcome.SENT]
    assert house.mail(1)["In-Reply-To"] == house.mail(0)["Message-ID"]
    assert house.mail(1)["References"] == house.mail(0)["Message-ID"]


async def test_implicit_tls(house: House, tmp_path: Path, start_sink: Sinks) -> None:
    authority = Authority(tmp_path / "second")
    sink = await start_sink(certificate=authority.issue("127.0.0.1"), implicit_tls=True)
    house.server = Server("127.0.0.1", sink.port, "tls", authority.ca_file, timeout=5)
    await house.put()
    assert await house.deliver() == [Outcome.SENT]


async def test_stripped_starttls_sends_nothing(house: House, start_sink: Sinks) -> None:
    await house.sink.stop()
    sink = await start_sink(certificate=house.sink.certificate, strip_starttls=True)
    house.server = replace(house.server, port=sink.port)
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    assert sink.mails == []
    row = await house.row()
    assert "offers no STARTTLS" in row.last_error
    assert row.state == "pending"  # it waits for whoever corrects the server


@pytest.mark.parametrize("fault", ["other authority", "expired"])
async def test_a_certificate_that_is_not_accepted(
    house: House, tmp_path: Path, start_sink: Sinks, fault: str
) -> None:
    authority = Authority(tmp_path / "third")
    sink = await start_sink(certificate=authority.issue("127.0.0.1", expired=fault == "expired"))
    trusted = authority.ca_file if fault == "expired" else house.server.ca_file
    house.server = replace(house.server, port=sink.port, ca_file=trusted)
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    assert "certificate" in (await house.row()).last_error
    assert sink.mails == []


async def test_a_wrong_password_is_named_and_never_shown(house: House) -> None:
    house.server = replace(house.server, password="swordfish")
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    error = (await house.row()).last_error
    assert "login refused" in error
    assert "swordfish" not in error + repr(house.server)


async def test_server_down_for_hours_then_delivered_once(house: House) -> None:
    port = house.sink.port
    await house.sink.stop()
    await house.put()
    for _ in range(6):
        assert await house.deliver() == [Outcome.DELAYED]
        assert await house.deliver() == []  # not before the back-off is over
        house.now = (await house.row()).due_at
    await house.sink.start(port)
    assert await house.deliver() == [Outcome.SENT]
    assert await house.deliver() == []
    assert len(house.sink.mails) == 1


async def test_greylisting_and_a_full_disk_are_waited_for(house: House) -> None:
    house.sink.data = "451 try again later"
    await house.put()
    assert await house.deliver() == [Outcome.DELAYED]
    house.sink.data = "250 OK"
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.SENT]


async def test_a_mail_refused_for_good_is_not_tried_again(house: House) -> None:
    house.sink.data = "554 no"
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    house.now += 10 * 86400
    assert await house.deliver() == []
    assert (await house.row()).state == "refused"


async def test_partial_refusal_delivers_to_the_others_and_retries_the_busy_one(house: House) -> None:
    house.sink.rcpt = {"gone@example.org": "550 unknown", "busy@example.org": "450 later"}
    await house.put(to=("ops@example.org", "gone@example.org", "busy@example.org"))
    assert await house.deliver() == [Outcome.DELAYED]
    assert house.sink.mails[0].recipients == ["ops@example.org"]
    row = await house.row()
    assert row.recipients == "busy@example.org"
    assert "550" in row.last_error
    house.sink.rcpt = {}
    house.now = row.due_at
    assert await house.deliver() == [Outcome.SENT]
    assert house.sink.mails[1].recipients == ["busy@example.org"]
    assert house.mail(0)["Message-ID"] == house.mail(1)["Message-ID"]


async def test_every_recipient_refused(house: House) -> None:
    house.sink.rcpt = {"ops@example.org": "550 unknown"}
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    assert "alerts.to" in (await house.row()).last_error


async def test_connection_cut_after_data_goes_again_under_the_same_message_id(house: House) -> None:
    house.sink.drop_after_data = True
    await house.put()
    assert await house.deliver() == [Outcome.DELAYED]
    assert (await house.row()).state == "unknown"
    house.sink.drop_after_data = False
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.REPEATED]
    assert len(house.sink.mails) == 2
    assert house.mail(0)["Message-ID"] == house.mail(1)["Message-ID"]
    assert house.sink.mails[0].content == house.sink.mails[1].content


async def test_killed_between_handing_over_and_writing_it_down(house: House) -> None:
    await house.put()
    taken = await house.store.run(lambda connection: outbox.take_due(connection, house.now))  # and then died
    assert taken is not None
    assert not taken.repeated
    assert await house.deliver() == [Outcome.REPEATED]


async def test_a_doubt_stays_a_doubt_through_an_outage(house: House) -> None:
    house.sink.drop_after_data = True
    await house.put()
    await house.deliver()
    port = house.sink.port
    await house.sink.stop()
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.DELAYED]
    assert (await house.row()).state == "unknown"
    house.sink.drop_after_data = False
    await house.sink.start(port)
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.REPEATED]


async def test_after_five_days_a_letter_is_given_up(house: House) -> None:
    await house.sink.stop()
    await house.put()
    house.now += 6 * 86400
    assert await house.deliver() == [Outcome.REFUSED]


@pytest.mark.parametrize(
    "address", ["ops@example.org\r\nBcc: all@example.org", "ops", "öps@example.org", "a b@example.org"]
)
async def test_an_address_that_is_none_reaches_no_server(house: House, address: str) -> None:
    def work(connection: sa.Connection) -> None:
        outbox.enqueue(connection, Entry("<x@example.org>", "opened", (address,), "s", "t", "h"), NOW)

    await house.store.run(work)
    assert await house.deliver() == [Outcome.REFUSED]
    assert house.sink.mails == []


async def test_nobody_wants_letters(house: House) -> None:
    await house.put(to=())
    assert (await house.store.run(outbox.queue)).length == 0


async def test_the_same_letter_is_not_there_twice(house: House) -> None:
    await house.put()
    with pytest.raises(Exception, match="refused a change"):
        await house.put()


def test_back_off_doubles_up_to_half_an_hour() -> None:
    waits = [retry_after(attempts) for attempts in range(12)]
    assert waits[:3] == [60, 120, 240]
    assert waits[-1] == 1800
    assert sorted(waits) == waits


async def test_what_waits_is_counted(house: House) -> None:
    await house.put()
    house.now += 60
    await house.put(occasion="updated")
    waiting = await house.store.run(outbox.queue)
    assert (waiting.length, waiting.oldest) == (2, NOW)


async def test_a_sender_that_is_no_address_loses_no_letter(house: House) -> None:
    def work(connection: sa.Connection) -> None:
        letters.put(connection, LETTER, occasion="test", recipients=("ops@example.org",), sender="ö", now=NOW)

    await house.store.run(work)
    postman = Postman(house.store.run, house.server, "ö", 6000, STORY)
    (attempt,) = await postman.deliver_due(lambda: NOW)
    assert attempt.outcome is Outcome.REFUSED
    assert "smtp.sender" in attempt.error
    assert (await house.row()).state == "pending"


async def test_one_wrong_address_keeps_the_letter_from_nobody_else(house: House) -> None:
    await house.put(to=("öps@example.org", "ops@example.org"))
    assert await house.deliver() == [Outcome.SENT]
    assert house.sink.mails[0].recipients == ["ops@example.org"]
