"""The demo as a visitor starts it: the daemon over IMAP, the ratio, the letter, the page, and the end."""

import asyncio
import re
import signal
import sys
import urllib.parse
import urllib.request
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from rich.console import Console

from auditor.demo import run

PATIENCE_SECONDS = 150


@pytest.mark.timeout(PATIENCE_SECONDS + 30)
async def test_the_demo_shows_the_letter_and_ends_cleanly_on_ctrl_c(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auditor", "demo"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
    )
    try:
        lines = await asyncio.wait_for(until_the_letter(process), PATIENCE_SECONDS)
        shown = "\n".join(lines)
        page = re.search(r"page +(http://127\.0\.0\.1:\d+/)\?token=(\S+)", shown)
        letter = urllib.parse.unquote(re.search(r"open it: file://(\S+)", shown)[1])
        assert "‹name›" in shown, "the letter shows the template's wording, names masked"
        assert "<html" in await asyncio.to_thread(Path(letter).read_text, encoding="utf-8")
        assert 'auditor_mass_ratio{kind="outreach"' in await asyncio.to_thread(get, page[1] + "metrics")
        assert "Hollin Air" in await asyncio.to_thread(get, f"{page[1]}?token={page[2]}")
        percentages = {match[1] for match in re.finditer(r"7 d mass (\d+)%", shown)}
        assert len(percentages) > 1, "the ratio moved"
        process.send_signal(signal.SIGINT)
        _, complaints = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert complaints == b""
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.timeout(60)
async def test_an_end_before_the_letter_is_a_failure(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auditor", "demo", "--for", "1s"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    _, complaints = await process.communicate()
    assert process.returncode == 1
    assert b"no alert mail arrived" in complaints


async def until_the_letter(process):
    """Everything that is printed up to the first letter."""
    lines = []
    while line := (await process.stdout.readline()).decode():
        lines.append(line.rstrip())
        if "open it:" in line:
            return lines
    raise AssertionError("the demo ended by itself: " + (await process.stderr.read()).decode())


def get(address):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(address, timeout=20) as answer:
        return answer.read().decode()


async def test_nobody_looks_into_the_store_when_the_daemon_closes_it(tmp_path, monkeypatch):
    """Whoever looked then would end the demo with an error."""
    events = []

    async def serve(config, path, stop, started):
        await stop.wait()
        events.append("daemon closes")

    async def show(house, console):
        house.stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            events.append("screen is dark")

    monkeypatch.setattr(run, "serve", serve)
    monkeypatch.setattr(run, "_show", show)
    async with AsyncExitStack() as stack:
        house = await run._furnish(tmp_path, stack)
        await run._perform(house, 0, Console())
    assert events == ["screen is dark", "daemon closes"]
