"""The pages and the report in a real browser: on a phone, for a screen reader, and against other sites."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from aiohttp import web

from auditor.publish.access import COOKIE, Access
from auditor.publish.web import serving
from tests.command.test_report import figures  # noqa: F401  # a fixture
from tests.components import free_port
from tests.publish.browser import tab
from tests.publish.test_web import TOKEN, site

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNNAMED = """[...document.querySelectorAll('svg[role=img]')].filter(e => !e.getAttribute('aria-label')).length
 + [...document.querySelectorAll('svg:not([role]):not([aria-hidden])')].length
 + [...document.querySelectorAll('section')].filter(e => !e.getAttribute('aria-labelledby')
     && !e.getAttribute('aria-label') && !e.classList.contains('lead')).length
 + [...document.querySelectorAll('th:not([scope])')].length
 + [...document.querySelectorAll('[aria-labelledby]')].filter(
     e => !document.getElementById(e.getAttribute('aria-labelledby'))).length"""
CONTRAST = """(() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126*r + .7152*g + .0722*b };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c != 'rgba(0, 0, 0, 0)') return c } return 'rgb(255, 255, 255)' };
  const bad = [];
  const texts = 'h1, h1 b, h2, h2 small, p, td, th, dt, dd, li, strong, .tag, .slot, a, .tile';
  for (const e of document.querySelectorAll(texts)) {
    if (!e.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) bad.push(e.tagName + ' ' + e.className);
  }
  return bad })()"""
"""Text whose contrast is under 4.5 to 1 (WCAG 2.2, success criterion 1.4.3)."""


@contextlib.asynccontextmanager
async def addresses(report_figures, folder: Path):
    """Both pages and the report."""
    from auditor.publish.report import as_html
    from tests.command.test_report import TOLD

    report = folder / "report.html"
    report.write_text(as_html(report_figures, TOLD))
    async with serving(site(), token=TOKEN) as served:
        here = f"http://127.0.0.1:{served.port}"
        yield [f"{here}/?token={TOKEN}", f"{here}/templates/t4f1c09aa?token={TOKEN}", report.as_uri()]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_everybody_can_read_them(figures, tmp_path, dark):  # noqa: F811
    async with addresses(figures, tmp_path) as shown, tab(tmp_path) as browser:
        for address in shown:
            for width in (390, 1200):
                await browser.show(address, width, dark=dark)
                assert await browser.value(OVERFLOW) == 0, f"{address} at {width} needs sideways scrolling"
                assert await browser.value("document.querySelectorAll('h1').length") == 1
                assert await browser.value(UNNAMED) == 0
                assert await browser.value(CONTRAST) == []


async def test_nothing_is_loaded_but_our_own(figures, tmp_path):  # noqa: F811
    async with addresses(figures, tmp_path) as shown, tab(tmp_path) as browser:
        for address in shown:
            await browser.show(address)
            loaded = await browser.value("performance.getEntriesByType('resource').map(e => e.name)")
            own = {"page.css", "icon.svg"} if address.startswith("http") else set()
            assert {one.rpartition("/")[2] for one in loaded} <= own
            assert await browser.value("document.scripts.length") == 0


async def test_another_site_cannot_make_a_browser_ask(tmp_path):
    """A signed-in browser opens a page that posts to us, and one whose name was pointed at us."""
    asked = []
    async with serving(site(reload=lambda: asked.append(1)), token=TOKEN) as served:
        here = f"http://127.0.0.1:{served.port}"
        form = f'<form method=post action="{here}/-/reload"></form>'
        evil, port = web.Application(), free_port()

        async def lure(_request):
            return web.Response(
                text=f"{form}<script>document.forms[0].submit()</script>", content_type="text/html"
            )

        evil.router.add_get("/", lure)
        runner = web.AppRunner(evil)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            async with tab(tmp_path, "--host-resolver-rules=MAP evil.example 127.0.0.1") as browser:
                await browser.show(f"{here}/?token={TOKEN}")
                await browser.show(f"http://localhost:{port}/")
                for _ in range(200):
                    if here in await browser.value("location.href"):
                        break
                    await asyncio.sleep(0.05)
                assert "refused" in await browser.value("document.body.innerText")
                await browser.show(f"http://evil.example:{served.port}/?token={TOKEN}")
                assert "This Host is not served here" in await browser.value("document.body.innerText")
        finally:
            await runner.cleanup()
    assert asked == []
    assert COOKIE not in Access.of(TOKEN, served.port).session  # the cookie is no secret by itself
