"""Reading configuration, people and secrets again while the daemon runs: all of it, or nothing."""

import asyncio
import time
from dataclasses import dataclass, replace

from auditor import log
from auditor.config import Config, load
from auditor.errors import AuditorError
from auditor.people import People, company_of
from auditor.publish.snapshot import ConfigFigure
from auditor.service.running import Running, Servers, Watch, config_hash, watches_of

_logger = log.logger("auditor")

LIVE = ("alerts", "imap", "logins", "mailboxes", "organisation", "smtp", "targets")
"""Parts of the configuration that can change while running; the others need a restart."""


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
    company = company_of(config)
    servers = running.servers if config.imap == running.config.imap else Servers.of(config.imap)
    return Fresh(config, company, servers, watches_of(config, company, running.tokens, servers))


def _take_over(running: Running, fresh: Fresh) -> None:
    """Use what was read, and say what it changes. Secrets are read at each login: whoever waits tries now."""
    before = running.config
    names = type(before).model_fields
    differ = [name for name in names if getattr(fresh.config, name) != getattr(before, name)]
    running.config = before.model_copy(update={name: getattr(fresh.config, name) for name in LIVE})
    running.config_figure = ConfigFigure(
        successful=True, read_at=time.time(), hash=config_hash(running.config)
    )
    old, new = _by_key(running.watches), _by_key(fresh.watches)
    same = {key for key in old.keys() & new if old[key].settings == new[key].settings}
    kept = set[str]() if "imap" in differ else same
    running.tokens.know(fresh.config.logins)
    running.servers = fresh.servers
    running.watches = [old[key] if key in kept else watched for key, watched in new.items()]
    for key in kept:
        old[key].reader.hurry()
    people_before = running.company
    running.company = running.inbox.people = fresh.company
    running.intake.know(fresh.company)
    running.metrics.know_teams(fresh.company.teams())
    running.rewatch.set()
    _logger.info(
        "reloaded",
        changed=[name for name in differ if name in LIVE],
        needs_restart=[name for name in differ if name not in LIVE],
        mailboxes_added=len(new.keys() - old.keys()),
        mailboxes_removed=len(old.keys() - new.keys()),
        mailboxes_restarted=len((old.keys() & new.keys()) - set(kept)),
        people_changed=len(dict(people_before.persons).items() ^ dict(fresh.company.persons).items()),
    )


def _by_key(watches: list[Watch]) -> dict[str, Watch]:
    return {watched.reader.key: watched for watched in watches}
