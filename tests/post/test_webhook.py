"""Chats and programs: what they are told, and what their answers mean."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from auditor.post.outbox import Outcome
from auditor.post.smtp import Server
from auditor.post.webhook import Hook, payload
from auditor.store.engine import open_temporary
from auditor.store.outbox import Waiting
from tests.components import free_port
from tests.components.smtp_sink import SmtpSink
from tests.post.test_outbox import LETTER, House

SPIKE = replace(LETTER, gist="412 templated sends; usual is 35 & <more>", link="https://audit.example.org/")


class Chat:
    """A webhook of a chat on loopback; `status` is its next answer."""

    def __init__(self) -> None:
        self.status, self.told, self.headers = 200, [], []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        self.headers.append(request.headers)
        return web.Response(status=self.status, headers={"Location": "https://elsewhere.example/"})


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    made = Chat()
    application = web.Application()
    application.router.add_post("/hook/secret", made.answer)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    made.url = f"http://127.0.0.1:{port}/hook/secret"
    yield made
    await runner.cleanup()


@pytest.fixture
async def house(tmp_path: Path, chat: Chat) -> AsyncIterator[House]:
    async with open_temporary(tmp_path / "store.db") as store:
        made = House(store, SmtpSink(), Server("127.0.0.1", free_port(), timeout=1))
        made.hooks = (Hook("chat", "json", chat.url),)
        yield made


async def test_a_webhook_is_told_without_any_mail_server(house: House, chat: Chat) -> None:
    await house.put(letter=SPIKE, to=(), webhooks=("chat",))
    assert await house.deliver() == [Outcome.SENT]
    (told,) = chat.told
    assert told["occasion"] == "opened"
    assert told["incident"] == 1
    assert told["sentence"] == SPIKE.gist
    assert told["text"] == LETTER.text
    assert chat.headers[0]["Idempotency-Key"] == told["id"]
    assert await house.deliver() == []


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        (503, Outcome.DELAYED, "pending"),
        (429, Outcome.DELAYED, "pending"),
        (404, Outcome.REFUSED, "pending"),  # its address can be corrected
        (302, Outcome.REFUSED, "pending"),  # the letter does not follow elsewhere
        (400, Outcome.REFUSED, "refused"),
    ],
)
async def test_answers(house: House, chat: Chat, status: int, outcome: Outcome, state: str) -> None:
    chat.status = status
    await house.put(letter=SPIKE, to=(), webhooks=("chat",))
    assert await house.deliver() == [outcome]
    row = await house.row()
    assert row.state == state
    assert "secret" not in row.last_error
    assert str(status) in row.last_error


async def test_one_that_is_away_is_tried_again(house: House) -> None:
    house.hooks = (Hook("chat", "json", f"http://127.0.0.1:{free_port()}/hook/secret"),)
    await house.put(letter=SPIKE, to=(), webhooks=("chat",))
    assert await house.deliver() == [Outcome.DELAYED]
    assert "secret" not in (await house.row()).last_error


async def test_an_address_that_cannot_be_read_waits(house: House) -> None:
    house.hooks = (Hook("chat", "json", ""),)
    await house.put(letter=SPIKE, to=(), webhooks=("chat",))
    assert await house.deliver() == [Outcome.REFUSED]
    assert (await house.row()).state == "pending"


async def test_one_that_is_no_longer_configured(house: House) -> None:
    house.hooks = ()
    await house.put(letter=SPIKE, to=(), webhooks=("chat",))
    assert await house.deliver() == [Outcome.REFUSED]


def waiting(subject: str, gist: str) -> Waiting:
    return Waiting(1, "<x@y>", None, (), subject, "text", "html", 0.0, 0, repeated=False, gist=gist)


@given(st.text(max_size=80), st.text(max_size=80))
def test_nothing_becomes_a_link_or_a_mention(subject: str, gist: str) -> None:
    told = payload("slack", waiting(subject, gist + "<!channel><https://evil.example|click>"))["text"]
    assert "<" not in told
    card = payload("teams", waiting(subject, gist))
    inlines = [block["inlines"][0] for block in card["attachments"][0]["content"]["body"]]
    assert [one["text"] for one in inlines] == [subject, gist]
    assert {one["type"] for one in inlines} == {"TextRun"}  # a TextBlock would read Markdown
    json.dumps(card)


def test_an_address_never_shows() -> None:
    assert "secret" not in repr(Hook("chat", "json", "https://chat.example/secret"))
