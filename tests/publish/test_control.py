"""What commands ask of the daemon: over its Unix socket alone, and it is known who asked."""

import getpass
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from auditor.errors import AuditorError, UsageError
from auditor.publish.control import Control
from auditor.publish.web import serving
from tests.publish.test_web import BEARER, TOKEN, site

ME = getpass.getuser()


async def ask(name: str, arguments: str, by: str) -> list[str]:
    if name == "unknown":
        raise UsageError("no such question")
    return [name, arguments, by]


async def change(name: str, arguments: str, by: str) -> str:
    raise AuditorError("the disk is full")


@asynccontextmanager
async def served(tmp_path: Path):
    path = tmp_path / "control.sock"
    made = site(control=Control("/var/lib/auditor/auditor.db", ask, change))
    async with (
        serving(made, token=TOKEN, socket_path=path) as there,
        aiohttp.ClientSession("http://auditor", connector=aiohttp.UnixConnector(str(path))) as session,
    ):
        yield session, there.port


async def test_a_question_is_answered_and_its_asker_known(tmp_path):
    async with served(tmp_path) as (session, _):
        about = await (await session.get("/control")).json()
        assert about == {"store": "/var/lib/auditor/auditor.db"}
        body = {"arguments": {"wanted": "Überblick"}, "user": ME}
        answer = await (await session.post("/control/ask/explain", json=body)).json()
        assert answer == {"answer": ["explain", '{"wanted": "Überblick"}', ME]}
        answer = await (await session.post("/control/ask/explain", json=body | {"user": "mia"})).json()
        assert answer["answer"][2] == f"mia as {ME}"  # what the command says never hides whose process it is


@pytest.mark.parametrize(
    ("path", "body", "exit_code"),
    [
        ("/control/ask/unknown", {"arguments": {}, "user": ME}, 2),
        ("/control/change/template_name", {"arguments": {}, "user": ME}, 1),
        ("/control/ask/explain", {"user": ME}, 2),
        ("/control/ask/explain", ["no", "object"], 2),
    ],
)
async def test_what_cannot_be_answered_says_why(tmp_path, path, body, exit_code):
    async with served(tmp_path) as (session, _):
        answered = await session.post(path, json=body)
        assert answered.status == 409
        told = await answered.json()
        assert told["exit_code"] == exit_code
        assert told["error"]


async def test_nothing_of_it_is_there_over_tcp(tmp_path):
    async with served(tmp_path) as (_, port), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        assert (await session.get("/control", headers=BEARER)).status == 404
        for way in ("ask", "change"):
            answered = await session.post(f"/control/{way}/explain", headers=BEARER, json={})
            assert answered.status == 404
