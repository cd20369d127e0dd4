"""The page over real HTTP and in a real browser: who gets in, and that nothing of a mail can run."""

import asyncio
import http.client
import os
import socket
import stat
import subprocess
from contextlib import asynccontextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import AuditorError
from auditor.publish.access import COOKIE, Access
from auditor.publish.metrics import Metrics
from auditor.publish.page import pieces
from auditor.publish.web import Site, serving
from tests.components import require
from tests.publish.invented import NOW, TEAMS, overview, snapshot, story

TOKEN = "invented-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HOSTILE = '</p><script>document.title="ran"</script><img src=x onerror=\'document.title="ran"\'>{{ 7*7 }}'


def site(**changes):
    metrics = Metrics(TEAMS, version="1")
    shown = changes.pop("shown", snapshot())
    metrics.show(shown)

    async def read_overview():
        return overview(NOW, changes.get("wording"))

    async def read_template(id_):
        return None if id_ == "gone" else story(NOW, changes.get("wording"))

    made = Site(
        changes.get("name", "Example Ltd"),
        ZoneInfo("Europe/Brussels"),
        lambda: shown,
        read_overview,
        read_template,
        metrics.render,
    )
    return replace(made, **{k: v for k, v in changes.items() if k not in ("wording", "name")})


def _address(served):
    return f"http://127.0.0.1:{served.port}"


@asynccontextmanager
async def client(made, **options):
    async with (
        serving(made, token=TOKEN, **options) as served,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{served.port}", cookie_jar=aiohttp.CookieJar(unsafe=True)
        ) as session,
    ):
        yield session


async def test_metrics_and_health_are_open_on_loopback():
    async with client(site(unready=lambda: "the index is being loaded")) as session:
        assert "auditor_mass_ratio{" in await (await session.get("/metrics")).text()
        assert (await session.get("/-/healthy")).status == 200
        ready = await session.get("/-/ready")
        assert (ready.status, await ready.text()) == (503, "the index is being loaded\n")


@pytest.mark.parametrize("path", ["/", "/templates/t77d0"])
async def test_pages_need_the_token(path):
    async with client(site()) as session:
        assert (await session.get(path)).status == 401
        assert (await session.get(path, headers={"Authorization": "Bearer wrong"})).status == 401
        assert (await session.get(path, params={"token": "wrong"})).status == 401
        answer = await session.get(path, headers=BEARER)
        assert answer.status == 200
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == (
            "nosniff",
            "no-store",
        )


async def test_a_token_in_the_address_becomes_a_cookie_and_leaves_the_address():
    async with client(site()) as session:
        answer = await session.get("/", params={"token": TOKEN}, allow_redirects=False)
        cookie = answer.cookies[COOKIE]
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert TOKEN not in cookie.value
        assert (await session.get("/")).status == 200


async def test_no_redirect_leads_away():
    async with serving(site(), token=TOKEN) as served:
        raw = await asyncio.to_thread(_raw, served.port, "GET", f"//evil.example/?token={TOKEN}", {})
        assert raw.getheader("Location") == "/evil.example/"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("[::1]:{port}", 200),
        ("audit.example:8443", 200),
        ("evil.example", 421),
        ("evil.example:{port}", 421),
        ("127.0.0.1:1", 421),
        ("localhost", 421),
        ("127.0.0.1.evil.example:{port}", 421),
        ("", 421),
    ],
)
async def test_only_our_hosts_are_answered(host, status):
    async with serving(site(), token=TOKEN, allowed_hosts=("audit.example",)) as served:
        headers = {"Host": host.format(port=served.port)}
        assert (await asyncio.to_thread(_raw, served.port, "GET", "/metrics", headers)).status == status


def _raw(port, method, path, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


async def test_reload_is_asked_for_by_us_alone():
    asked = []
    async with client(site(reload=lambda: asked.append(1))) as session:
        assert (await session.post("/-/reload")).status == 401
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
            assert (await session.post("/-/reload", headers=BEARER | {"Origin": origin})).status == 403
        assert (await session.get("/-/reload", headers=BEARER)).status == 405
        assert asked == []
        assert (await session.post("/-/reload", headers=BEARER)).status == 202
    assert asked == [1]


async def test_an_empty_token_opens_nothing():
    access = Access("", 80)
    assert not access.opens("Bearer ", None)
    assert not access.opens(None, access.session)


@given(
    st.text(st.characters(max_codepoint=0xDCFF)),
    st.sampled_from(["", "http://", "Bearer ", "[", "127.0.0.1:"]),
)
def test_no_header_breaks_the_guard(text, start):
    access = Access(TOKEN, 9478, frozenset({"audit.example"}))
    headers = (start + text).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    assert not access.opens(headers, headers)
    assert isinstance(access.is_foreign(headers, None), bool)
    assert isinstance(access.is_ours(headers), bool)


async def test_elsewhere_than_on_loopback_metrics_need_the_token_too():
    assert not Access.of(TOKEN, 1, (), "0.0.0.0").open_metrics
    assert Access.of(TOKEN, 1, (), "::1").open_metrics


async def test_the_socket_is_open_to_root_and_group_and_replaces_a_stale_one(tmp_path):
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    async with serving(site(), token=TOKEN, socket_path=path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://auditor", connector=connector) as session:
            assert (await session.get("/")).status == 200
            assert (await session.post("/-/reload")).status == 202
    assert not path.exists()


async def test_a_taken_port_is_said_in_one_line():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(AuditorError, match=r"cannot listen on 127\.0\.0\.1"),
    ):
        async with serving(site(), token=TOKEN, port=taken.getsockname()[1]):
            pass


async def test_pages_say_what_is_missing():
    async with client(site(shown=replace(snapshot(), figures=None))) as session:
        assert (await session.get("/", headers=BEARER)).status == 503
    async with client(site()) as session:
        assert (await session.get("/templates/gone", headers=BEARER)).status == 404
        assert (await session.get("/nowhere", headers=BEARER)).status == 404


def test_slots_are_set_apart_and_nothing_is_lost():
    wording = "hi ‹name› our … is ready… for … ‹x‹y›"
    cut = list(pieces(wording))
    assert "".join(text for _, text in cut) == wording
    assert [text for slot, text in cut if slot] == ["‹name›", "…", "…", "‹y›"]


async def test_the_first_page_tells_the_story():
    async with client(site()) as session:
        text = await (await session.get("/", headers=BEARER)).text()
    for said in (
        "Of 100 mails that reached a person outside in the last 7 days",
        "39&nbsp;were mass-sent",
        "15&nbsp;a template tailored by hand",
        "46&nbsp;personal",
        "Based on 9 of 12 people; mail sent by platforms is not included",
        "Spring webinar",
        "renew the password",
    ):
        assert said in text


@pytest.mark.parametrize("path", ["/", "/templates/t4f1c09aa"])
async def test_nothing_of_a_mail_runs_in_a_browser(path, tmp_path):
    chromium = require("chromium", "chromium")
    sick = (replace(snapshot().mailboxes[-1], reason=HOSTILE, id=HOSTILE),)
    hostile = site(wording=HOSTILE, name=HOSTILE, shown=replace(snapshot(), mailboxes=sick))
    async with serving(hostile, token=TOKEN) as served:
        address = f"http://127.0.0.1:{served.port}{path}?token={TOKEN}"
        dom = await asyncio.to_thread(_dump_dom, chromium, address, tmp_path)
    assert "<title>ran" not in dom
    assert "<script" not in dom
    assert "onerror=" in dom  # it is there, as text
    assert not any("<img" in line and "onerror" in line for line in dom.splitlines())
    assert "49" not in dom.split("<main>")[0]  # a template in a value is not rendered


def _dump_dom(chromium, address, folder):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command = [chromium, *flags, f"--user-data-dir={folder}", "--dump-dom", address]
    environment = os.environ | {"HOME": str(folder)}
    with (folder / "noise").open("wb") as noise:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=noise, timeout=60, check=False, env=environment
        )
    return done.stdout.decode()
