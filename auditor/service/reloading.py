"""Reading configuration, people and secrets again while the daemon runs: all of it, or nothing."""

import asyncio
import time
from dataclasses import dataclass, replace

from auditor import log
from auditor.config import Config, load, sources
from auditor.config.company import company_of
from auditor.config.secrets import credentials_of
from auditor.errors import AuditorError
from auditor.people import People
from auditor.publish.snapshot import ConfigFigure
from auditor.service.running import Running, Servers, Watch, config_hash, watches_of

_logger = log.logger("auditor")

LIVE = (
    "alerts", "digest", "imap", "log", "logins", "mailboxes", "organisation", "privacy", "prometheus",
    "routes", "smtp", "targets", "webhooks",
)  # fmt: skip
"""Parts of the configuration that can change while running; the others need a restart."""

_OF_THE_PAGE = (("organisation", "name"), ("organisation", "timezone"), ("privacy", "per_sender_metrics"))
"""Keys of those parts that the page has from its start."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """All that a reload brings, made before anything of it is used."""

    config: Config
    company: People
    servers: Servers
    watches: list[Watch]


async def reload(running: Running) -> None:
    """Read everything again when asked; on an error everything stays as it was."""
    while True:
        await running.reload_wanted.wait()
        running.reload_wanted.clear()
        try:
            fresh = await asyncio.to_thread(_read, running)
        except AuditorError as error:
            running.config_figure = replace(running.config_figure, successful=False)
            _logger.error("reload_failed", problem=str(error))
        else:
            _take_over(running, fresh)
        running.changed.set()


def _read(running: Running) -> Fresh:
    config = load(running.path)
    sources.require(config, running.path)
    company = company_of(config)
    servers = running.servers if config.imap == running.config.imap else Servers.of(config.imap)
    return Fresh(config, company, servers, watches_of(config, company, running.tokens, servers))


def _take_over(running: Running, fresh: Fresh) -> None:
    """Use what was read, and say what it changes. Secrets are read at each login: whoever waits tries now."""
    for notice in fresh.config.outdated:
        _logger.warning("config_outdated", notice=notice)
    before = running.config
    names = type(before).model_fields
    differ = [name for name in names if getattr(fresh.config, name) != getattr(before, name)]
    running.needs_restart = _needs_restart(running.started_with, fresh.config)
    running.config = before.model_copy(update={name: getattr(fresh.config, name) for name in LIVE})
    running.config_figure = ConfigFigure(
        successful=True, read_at=time.time(), hash=config_hash(running.config)
    )
    old, new = _by_key(running.watches), _by_key(fresh.watches)
    same = {key for key in old.keys() & new if old[key].settings == new[key].settings}
    folders = fresh.config.privacy.private_folders != before.privacy.private_folders
    kept = set[str]() if "imap" in differ or folders else same
    running.tokens.know(fresh.config.logins)
    running.servers = fresh.servers
    running.watches = [old[key] if key in kept else watched for key, watched in new.items()]
    for key in kept:
        old[key].reader.hurry()
    people_before = running.company
    running.company = running.inbox.people = fresh.company
    running.intake.know(fresh.company, fresh.config.privacy)
    running.metrics.know_teams(fresh.company.teams())
    running.rewatch.set()
    log.configure(fresh.config.log.format, fresh.config.log.level)
    if problem := sources.missing(fresh.config, len(fresh.watches)):
        _logger.warning("nothing_watched", problem=problem)
    _logger.info(
        "reloaded",
        changed=[name for name in differ if name in LIVE],
        needs_restart=list(running.needs_restart),
        loaded_at_start=sorted(credentials_of(fresh.config)),  # by systemd: only a restart loads them again
        mailboxes_added=len(new.keys() - old.keys()),
        mailboxes_removed=len(old.keys() - new.keys()),
        mailboxes_restarted=len((old.keys() & new.keys()) - set(kept)),
        people_changed=len(dict(people_before.persons).items() ^ dict(fresh.company.persons).items()),
    )


def _needs_restart(started_with: Config, fresh: Config) -> tuple[str, ...]:
    """What the file says otherwise than at the start, and only a start can use."""
    parts = [name for name in type(fresh).model_fields if name not in LIVE]
    found = [name for name in parts if getattr(fresh, name) != getattr(started_with, name)]
    for part, key in _OF_THE_PAGE:
        if getattr(getattr(fresh, part), key) != getattr(getattr(started_with, part), key):
            found.append(f"{part}.{key} on the page")
    return tuple(found)


def _by_key(watches: list[Watch]) -> dict[str, Watch]:
    return {watched.reader.key: watched for watched in watches}
