"""A mail server that is away for a day, and what is told when it is back."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.post.outbox import Outcome
from auditor.post.smtp import Server
from auditor.store.database.schema import outbox as table
from auditor.store.engine import open_temporary
from tests.components.authority import Authority
from tests.components.smtp_sink import PASSWORD, USER
from tests.post.test_outbox import LETTER, House, Sinks, start_sink

__all__ = ["start_sink"]
OPS, NORTH = ("ops@example.org",), ("north@example.org", "ops@example.org")


@pytest.fixture
async def house(tmp_path: Path, start_sink: Sinks) -> AsyncIterator[House]:
    authority = Authority(tmp_path / "authority")
    sink = await start_sink(certificate=authority.issue("127.0.0.1"), auth=True)
    server = Server("127.0.0.1", sink.port, "starttls", authority.ca_file, USER, PASSWORD, timeout=5)
    async with open_temporary(tmp_path / "store.db") as store:
        yield House(store, sink, server)


async def rows(house: House) -> list[sa.Row]:
    return await house.store.run(
        lambda connection: list(connection.execute(sa.select(table).order_by(table.c.id)))
    )


async def a_bad_day(house: House) -> None:
    """The server is away while twenty incidents open and end, for the wrong half of the company."""
    for number in range(20):
        for occasion in ("opened", "resolved"):
            gist = f"{100 + number} templated sends in the last hour; usual is 10"
            letter = replace(LETTER, subject=f"Spike {number}", gist=gist)
            await house.put(occasion=occasion, incident_id=number, to=OPS, letter=letter)
            await house.deliver()
            house.now += 1800


async def test_after_a_day_one_mail_says_what_was_missed(house: House) -> None:
    port = house.sink.port
    await house.sink.stop()
    await a_bad_day(house)
    await house.sink.start(port)
    house.now += 7200
    assert await house.deliver() == [Outcome.SENT]
    (mail,) = house.sink.mails
    text = re.sub(r"\s+", " ", house.mail().get_body(("plain",)).get_content())
    assert house.mail()["Subject"] == "While no mail could leave: 20 messages"
    assert "takes the place of 40 letters" in text
    assert all(f"{100 + number} templated sends in the last hour" in text for number in range(20))
    assert text.count("; over by") == 20
    assert await house.deliver() == []
    assert {row.state for row in await rows(house)} == {"bundled", "sent"}
    assert mail.recipients == list(OPS)


async def test_what_follows_is_threaded_to_that_mail(house: House) -> None:
    port = house.sink.port
    await house.sink.stop()
    await a_bad_day(house)
    await house.sink.start(port)
    house.now += 7200
    await house.deliver()
    await house.put(occasion="corrected", incident_id=19)
    assert await house.deliver() == [Outcome.SENT]
    assert house.mail(1)["In-Reply-To"] == house.mail(0)["Message-ID"]


async def test_three_late_letters_still_come_one_by_one(house: House) -> None:
    port = house.sink.port
    await house.sink.stop()
    for number in range(3):
        await house.put(incident_id=number)
        await house.deliver()
        house.now += 600
    await house.sink.start(port)
    house.now += 7200
    assert await house.deliver() == [Outcome.SENT] * 3


async def test_each_group_of_recipients_gets_its_own(house: House) -> None:
    port = house.sink.port
    await house.sink.stop()
    for number in range(8):
        await house.put(incident_id=number, to=OPS if number % 2 else NORTH)
        house.now += 60
    await house.sink.start(port)
    house.now += 7200
    assert await house.deliver() == [Outcome.SENT, Outcome.SENT]
    assert sorted(mail.recipients for mail in house.sink.mails) == sorted([list(OPS), list(NORTH)])


async def test_while_the_server_is_away_it_is_asked_once_a_round(house: House) -> None:
    await house.sink.stop()
    for number in range(10):
        await house.put(incident_id=number)
        house.now += 1
    assert await house.deliver() == [Outcome.DELAYED]
    assert await house.deliver() == []


async def test_greylisting(house: House) -> None:
    house.sink.greylisting = True
    await house.put(to=NORTH)
    assert await house.deliver() == [Outcome.DELAYED]
    assert house.sink.mails == []
    house.now = (await house.row()).due_at
    assert await house.deliver() == [Outcome.SENT]
    assert house.sink.mails[0].recipients == list(NORTH)


async def test_a_letter_in_doubt_is_never_bundled(house: House) -> None:
    house.sink.drop_after_data = True
    await house.put(incident_id=99)
    await house.deliver()
    house.sink.drop_after_data = False
    port = house.sink.port
    await house.sink.stop()
    for number in range(5):
        await house.put(incident_id=number)
    house.now += 7200
    await house.sink.start(port)
    assert sorted(await house.deliver()) == [Outcome.REPEATED, Outcome.SENT]


class Bearer:
    """Access tokens, the first of which is too old."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.shown: list[str] = []

    async def get(self) -> str:
        self.shown.append(self.tokens[0])
        return self.tokens[0]

    def refused(self, token: str) -> bool:
        assert token == self.tokens.pop(0)
        return bool(self.tokens)


@pytest.mark.parametrize(
    ("tokens", "outcomes"),
    [
        (("good",), [Outcome.SENT]),
        (("old", "good"), [Outcome.DELAYED, Outcome.SENT]),
        (("never",), [Outcome.REFUSED]),
    ],
)
async def test_access_tokens(house: House, tokens: tuple[str, ...], outcomes: list[Outcome]) -> None:
    house.sink.bearer = "good"
    bearer = Bearer(*tokens)
    house.server = replace(house.server, password=None, bearer=bearer)
    await house.put()
    for outcome in outcomes:
        assert await house.deliver() == [outcome]
        house.now = (await house.row()).due_at
    if outcomes[-1] is Outcome.REFUSED:
        row = await house.row()
        assert "SMTP.SendAsApp" in row.last_error
        assert "never" not in row.last_error
        assert row.state == "pending"


async def test_a_server_without_xoauth2_is_named(house: House) -> None:
    house.server = replace(house.server, password=None, bearer=Bearer("good"))
    await house.put()
    assert await house.deliver() == [Outcome.REFUSED]
    assert "offers no XOAUTH2" in (await house.row()).last_error
