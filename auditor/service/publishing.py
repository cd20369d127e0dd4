"""Keeping what metrics and pages say up to date, and answering their questions to the store."""

import asyncio
import contextlib
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from auditor import secret_files, sockets
from auditor.config import Config
from auditor.config.sections import Http
from auditor.errors import ConfigError, StoreWaits
from auditor.mailbox.status import State
from auditor.publish.snapshot import Snapshot
from auditor.publish.web import Served, Site, serving
from auditor.service import statuses
from auditor.service.answering import control_of
from auditor.service.running import Running, Watch
from auditor.service.tasks import rung
from auditor.statistics.figures import Figures, Overview, TemplateStory, Window
from auditor.store.reading import figures

_AT_MOST_EVERY_SECONDS = 0.5
_REST_FOR_WORK = 2
"""Rest for every second of reading, while a large past is read in and all of it moves."""
_REST_FOR_SENDERS = 100
"""Counting who uses the top templates takes a hundredth of the time at most."""
_AT_LEAST_EVERY_SECONDS = 5.0
_FIGURES_AT_LEAST_EVERY_SECONDS = 30.0
_SENDERS_AT_LEAST_EVERY_SECONDS = 60.0
_NOT_READ = frozenset({State.REFUSED, State.FAILING})


async def publish(running: Running) -> None:
    """Show a new snapshot whenever something changed, and every few seconds anyway: mailboxes change by
    themselves. The store is asked when something changed, and now and then because time goes on."""
    read: Figures | None = None
    while True:
        running.changed.clear()
        began = time.monotonic()
        read = await show(running, read)
        took = time.monotonic() - began
        await asyncio.sleep(max(_AT_MOST_EVERY_SECONDS, _REST_FOR_WORK * took))
        moved = await rung(running.changed, _AT_LEAST_EVERY_SECONDS)
        if moved or read is None or time.time() - read.at >= _FIGURES_AT_LEAST_EVERY_SECONDS:
            read = None


async def count_template_senders(running: Running) -> None:
    """Count who uses the top templates, when their use has changed: it reads every send of theirs."""
    counted: Mapping[Window, Sequence[tuple[str, int]]] | None = None
    while True:
        pause = 0.0
        read = None if running.snapshot is None else running.snapshot.figures
        if read is not None and read.top_templates != counted:
            began = time.monotonic()
            with contextlib.suppress(StoreWaits):  # counted again in a moment
                running.template_senders = await _template_senders(running, read)
                counted = read.top_templates
                running.changed.set()
            pause = _REST_FOR_SENDERS * (time.monotonic() - began)
        await asyncio.sleep(min(max(pause, 1.0), _SENDERS_AT_LEAST_EVERY_SECONDS))


async def show(running: Running, read: Figures | None = None) -> Figures | None:
    """Hand the figures to the metrics, as they were `read` before or as the store has them now."""
    now = time.time()
    if read is None or not running.leads:
        read = await _figures(running, now)
    watches = running.own
    _count_token_failures(running)
    running.snapshot = await asyncio.to_thread(_gather, running, watches, now, read)
    running.metrics.show(running.snapshot)
    await statuses.keep(running, await asyncio.to_thread(statuses.changed, watches))
    return read


def _gather(running: Running, watches: Sequence[Watch], now: float, read: Figures | None) -> Snapshot:
    """Look through the mailboxes, beside the event loop: ten thousand take longer than it may wait."""
    mailboxes = tuple(watched.figure() for watched in watches)
    _count_reconnects(running, watches)
    return Snapshot(
        at=now,
        figures=read,
        mailboxes=mailboxes,
        people=_people(running) if running.leads else {},
        usual=running.usual,
        usual_of_all=running.usual_of_all,
        usual_today=running.usual_today,
        template_senders=running.template_senders,
        answers=running.answers,
        target=running.config.targets.mass_ratio,
        targets=_targets(running),
        page_url=running.page_url,
        store_writable=running.health.store_writable,
        backfill_progress=_progress(running),
        config=running.config_figure,
        expiries=dict(running.tokens.expiries),
    )


def serve_site(running: Running) -> AbstractAsyncContextManager[Served]:
    """The web site of this daemon, while the block runs.

    Raises:
        AuditorError: the address is taken, or the token file cannot be used.
    """
    http = running.config.http
    site = Site(
        organisation=running.config.organisation.name,
        zone=running.zone,
        snapshot=lambda: running.snapshot,
        overview=lambda: _overview(running),
        template=lambda id_: _story(running, id_),
        metrics=running.metrics.render,
        unhealthy=lambda: _unhealthy(running),
        unready=lambda: None if running.health.ready else "The index is being loaded.",
        reload=running.reload_wanted.set,
        show_senders=running.config.privacy.per_sender_metrics,
        control=control_of(running),
    )
    return serving(
        site,
        token=page_token(running.config),
        listen=http.listen,
        port=http.port,
        allowed_hosts=http.allowed_hosts,
        socket_path=sockets.to_listen_on(running.config),
        tls=_tls(http),
    )


def _tls(http: Http) -> ssl.SSLContext | None:
    if http.tls_certificate_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(http.tls_certificate_file, http.tls_key_file)
    except OSError as error:
        raise ConfigError(
            f"{http.tls_certificate_file}: cannot use this certificate and key ({error.strerror or error});"
            " check http.tls_certificate_file and http.tls_key_file"
        ) from None
    return context


def page_token(config: Config) -> str:
    """The token that opens the page: from its file, which is made once when it is not there.

    Raises:
        StoreError: the file cannot be used.
    """
    path = config.http.token_file or config.store.path.with_name("page.token")
    return secret_files.read_or_make(path, "page token", secrets.token_urlsafe(24))


async def _figures(running: Running, now: float) -> Figures | None:
    """What the store says, or last said while it does not answer; None where another replica speaks."""
    if not running.leads:
        return None
    try:
        return await running.store.read(
            lambda connection: figures.read_figures(connection, now, running.remembered)
        )
    except StoreWaits:
        return None if running.snapshot is None else running.snapshot.figures


async def _overview(running: Running) -> Overview:
    now = time.time()
    return await running.store.read(lambda connection: figures.read_overview(connection, now, running.zone))


async def _template_senders(running: Running, read: Figures) -> Mapping[str, int]:
    return await running.store.read(lambda connection: figures.read_template_senders(connection, read))


async def _story(running: Running, template_id: str) -> TemplateStory | None:
    now = time.time()
    return await running.store.read(
        lambda connection: figures.read_template(connection, template_id, now, running.zone)
    )


def _unhealthy(running: Running) -> str | None:
    if running.health.is_stuck():
        return "One batch has worked for over two minutes."
    return None


def page_url(config: Config, port: int) -> str:
    """Where people reach the page: as configured, else where it listens."""
    if config.http.public_url is not None:
        return config.http.public_url.rstrip("/")
    scheme = "http" if config.http.tls_certificate_file is None else "https"
    host = f"[{config.http.listen}]" if ":" in config.http.listen else config.http.listen
    return f"{scheme}://{host}:{port}"


def _targets(running: Running) -> dict[str, float]:
    """The target of each team that has one."""
    of = running.config.targets.of
    return {team: target for team in running.company.teams() if (target := of(team)) is not None}


def _people(running: Running) -> dict[tuple[str, str], int]:
    """How many of our people are covered, by team: those whose mailbox is watched, failing, or not there."""
    company = running.company
    by_person = {company.resolve(watched.login): running.status_of(watched).state for watched in running.sent}
    people: Counter[tuple[str, str]] = Counter()
    for address in company.persons:
        state = by_person.get(address)
        covered = "unwatched" if state is None else "failing" if state in _NOT_READ else "watched"
        people[company.team(address), covered] += 1
    return dict(people)


def _progress(running: Running) -> float | None:
    """How much of the past is read, in messages since this start; None before any mailbox was opened."""
    read, left = progress(running)
    if left is None:
        return None
    return read / (read + left) if left else 1.0


def progress(running: Running) -> tuple[int, int | None]:
    """Messages of the past that were read since this start, and those known to be left."""
    told = [watched.reader.status for watched in running.own]
    left = [status.past for status in told if status.past is not None]
    return sum(status.past_read for status in told), sum(left) if left else None


def _count_reconnects(running: Running, watches: Sequence[Watch]) -> None:
    for watched in watches:
        for reason, count in watched.reader.status.reconnects.items():
            for _ in range(count - watched.counted.get(reason, 0)):
                running.metrics.count_reconnect(reason)
            watched.counted[reason] = count


def _count_token_failures(running: Running) -> None:
    for (login, reason), count in running.tokens.failures.items():
        before = running.token_failures.get((login, reason), 0)
        running.metrics.count_token_failure(login, reason, count - before)
        running.token_failures[login, reason] = count
