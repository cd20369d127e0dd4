"""Metrics, health and pages over HTTP.

The pages are rendered here, without script; nothing of a mail can run in them: templates escape every
value, and the policy sent with each answer forbids script, frames and anything from elsewhere.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from importlib import resources
from pathlib import Path

from aiohttp import web

from auditor.answer.focus import focus
from auditor.publish import listening, page, replies
from auditor.publish.access import COOKIE, Access
from auditor.publish.control import Control, add_routes
from auditor.publish.metrics import CONTENT_TYPE
from auditor.publish.rendering import environment
from auditor.publish.snapshot import Snapshot
from auditor.statistics.figures import Overview, TemplateStory

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "auditor",
}
_OPEN = ("/-/healthy", "/-/ready", "/page.css", "/icon.svg")
_LARGEST_REQUEST = 4096  # bytes of body; nothing here takes one


@dataclass(frozen=True, slots=True)
class Site:
    """What the service gives the web: callables that answer from what it holds now.

    `overview` and `template` may wait (they read the store in a thread). `unhealthy` and `unready` say in
    one sentence what is wrong, or None. `reload` only asks for a reload and returns at once.
    """

    organisation: str
    zone: tzinfo
    snapshot: Callable[[], Snapshot | None]
    overview: Callable[[], Awaitable[Overview]]
    template: Callable[[str], Awaitable[TemplateStory | None]]
    metrics: Callable[[], bytes]
    unhealthy: Callable[[], str | None] = lambda: None
    unready: Callable[[], str | None] = lambda: None
    reload: Callable[[], None] = lambda: None
    show_senders: bool = False
    control: Control | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """Where the site listens."""

    port: int
    socket: Path | None = None


@contextlib.asynccontextmanager
async def serving(
    site: Site,
    *,
    token: str,
    listen: str = "127.0.0.1",
    port: int = 0,
    allowed_hosts: tuple[str, ...] = (),
    socket_path: Path | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Served]:
    """Serve `site` until the block ends; port 0 takes a free one.

    Raises:
        AuditorError: the address is taken or not ours.
    """
    async with contextlib.AsyncExitStack() as stack:
        listener = listening.at_address(listen, port)
        bound = int(listener.getsockname()[1])
        access = Access.of(token, bound, allowed_hosts, listen)
        await listening.start(stack, _Application(site, access, tls is not None).build(), listener, tls)
        if socket_path is not None:
            local = listening.at_path(socket_path)
            stack.callback(socket_path.unlink, missing_ok=True)
            await listening.start(stack, _Application(site, None, False).build(), local, None)
        yield Served(bound, socket_path)


class _Application:
    """The routes of one listener. Without `access` everything is open: the socket's mode is the guard."""

    def __init__(self, site: Site, access: Access | None, secure: bool) -> None:
        self._site = site
        self._access = access
        self._secure = secure
        self._pages = environment(site.organisation, site.zone, show_senders=site.show_senders)
        self._files = {
            f"/{name}": (resources.files(__package__).joinpath("pages", name).read_bytes(), kind)
            for name, kind in (("page.css", "text/css"), ("icon.svg", "image/svg+xml"))
        }

    def build(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST_REQUEST)
        app.on_response_prepare.append(_add_headers)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/-/healthy", self._healthy)
        app.router.add_get("/-/ready", self._ready)
        app.router.add_post("/-/reload", self._reload)
        app.router.add_get("/", self._first)
        app.router.add_get("/templates/{id}", self._template)
        for path in self._files:
            app.router.add_get(path, self._file)
        if self._access is None and self._site.control is not None:
            add_routes(app, self._site.control)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        access = self._access
        if access is not None:
            if not access.is_ours(request.headers.get("Host", "")):
                return _plain(421, "This Host is not served here; name it in [http] allowed_hosts.")
            if access.is_foreign(request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")):
                return _plain(403, "Asked for by another site's page: refused.")
            if not self._is_open(request.path, access):
                refused = self._unlock(request, access)
                if refused is not None:
                    return refused
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return self._message(
                404, "Nothing is here", "The address is wrong, or what it led to was forgotten."
            )
        except web.HTTPMethodNotAllowed as error:
            return _plain(405, f"Allowed here: {', '.join(sorted(error.allowed_methods))}.")

    def _is_open(self, path: str, access: Access) -> bool:
        return path in _OPEN or (path == "/metrics" and access.open_metrics)

    def _unlock(self, request: web.Request, access: Access) -> web.Response | None:
        """None when the request may pass; a token in the address becomes a cookie, and leaves the address."""
        if access.opens(request.headers.get("Authorization"), request.cookies.get(COOKIE)):
            return None
        given = request.query.get("token")
        if request.method == "GET" and given is not None and access.is_token(given):
            answer = web.Response(status=303, headers={"Location": _here(request)})
            answer.set_cookie(
                COOKIE, access.session, httponly=True, samesite="Strict", secure=self._secure, path="/"
            )
            return answer
        return self._message(
            401,
            "This page is for people of the company",
            "Open it once with ?token= and the content of the token file; this browser then remembers it. "
            "If you came here by a link and have done that already, open the link once more:",
            link=_here(request),
        )

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = await asyncio.to_thread(self._site.metrics)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def _healthy(self, _request: web.Request) -> web.Response:
        return _state(self._site.unhealthy(), "healthy")

    async def _ready(self, _request: web.Request) -> web.Response:
        return _state(self._site.unready(), "ready")

    async def _reload(self, _request: web.Request) -> web.Response:
        self._site.reload()
        return _plain(
            202, "The configuration is being read again; the log and auditor_config_* say how it went."
        )

    async def _first(self, _request: web.Request) -> web.Response:
        snapshot = self._site.snapshot()
        if snapshot is not None and not snapshot.analyst:
            return self._message(
                503,
                "Another replica shows the figures",
                "This one watches mailboxes. Ask the one that judges: its auditor_analyst is 1.",
                True,
            )
        if snapshot is None or snapshot.figures is None:
            return self._message(
                503, "Not ready yet", "The figures are being read. This page tries again.", True
            )
        overview = await self._site.overview()
        shown = page.first_page(snapshot)
        answered = replies.of_figures(snapshot.answers)
        return self._page(
            "first.html", now=snapshot.at, snapshot=snapshot, page=shown, overview=overview, replies=answered
        )

    async def _template(self, request: web.Request) -> web.Response:
        story = await self._site.template(request.match_info["id"])
        snapshot = self._site.snapshot()
        if story is None or snapshot is None:
            raise web.HTTPNotFound
        words = focus(story.template.wording or "", self._site.organisation)
        return self._page("template.html", now=snapshot.at, story=story, template=story.template, words=words)

    async def _file(self, request: web.Request) -> web.Response:
        body, kind = self._files[request.path]
        return web.Response(body=body, content_type=kind)

    def _message(
        self, status: int, title: str, text: str, again: bool = False, link: str | None = None
    ) -> web.Response:
        return self._page("message.html", status, title=title, text=text, again=again, link=link)

    def _page(self, name: str, status: int = 200, **values: object) -> web.Response:
        html = self._pages.get_template(name).render(**values)
        return web.Response(status=status, text=html, content_type="text/html", charset="utf-8")


def _here(request: web.Request) -> str:
    """The path asked for; "//host" would lead away from us (RFC 3986 section 4.2)."""
    return "/" + request.rel_url.raw_path.lstrip("/\\")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")


def _state(problem: str | None, well: str) -> web.Response:
    return _plain(200, well) if problem is None else _plain(503, problem)
