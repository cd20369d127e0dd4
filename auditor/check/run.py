"""Everything the daemon needs, looked at once."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from auditor.check.findings import Finding
from auditor.check.mailboxes import Mailboxes, name_of
from auditor.check.prometheus import look_at_retention
from auditor.config import Config, sources
from auditor.config.company import company_of
from auditor.config.secrets import exposed
from auditor.errors import AuditorError
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.entries import expand, inboxes
from auditor.mailbox.found import Cursor
from auditor.people import NO_TEAM, People
from auditor.post.smtp import try_server
from auditor.postman import server_of
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.store.engine import open_for_reading, try_database, try_file
from auditor.store.ledger import intake
from auditor.store.place import place_of
from auditor.story.words import count


async def check(config: Config, path: Path, *, offline: bool) -> tuple[Finding, ...]:
    """Look at everything the daemon needs; with `offline` at the files only.

    Raises:
        ConfigError: the people file cannot be used.
    """
    company = company_of(config)
    findings = [
        Finding("configuration", ok=True, detail=f"{path}: every key is understood"),
        _permissions(config, path),
        *(Finding("configuration", ok=False, detail=one, skipped=True) for one in config.outdated),
        _people(config, company),
        _store(config),
    ]
    entries = (*expand(config, company), *inboxes(config, company))
    if problem := sources.missing(config, len(entries)):
        findings.append(Finding("mailboxes", ok=False, detail=problem, misconfigured=True))
    if offline:
        not_asked = [*(name_of(entry.mailbox) for entry in entries), "mail server"]
        findings += [
            Finding(what, ok=False, detail="not asked (--offline)", skipped=True) for what in not_asked
        ]
        return tuple(findings)
    mailboxes = Mailboxes(config, company, await asyncio.to_thread(_cursors, config))
    findings += await asyncio.gather(*(mailboxes.look_at(entry) for entry in entries))
    findings.append(await _mail_server(config))
    if config.prometheus.url is not None:
        findings.append(await look_at_retention(config.prometheus.url))
    return tuple(findings)


def _permissions(config: Config, path: Path) -> Finding:
    problems = exposed(config, path)
    return Finding(
        "permissions", ok=not problems, detail="\n".join(problems) or "secrets are for their owners"
    )


def _people(config: Config, company: People) -> Finding:
    file = config.organisation.people_file
    if file is None:
        return Finding("people", ok=True, detail="no people file: everybody counts as team none")
    teams = [team for team in company.teams() if team != NO_TEAM]
    return Finding(
        "people",
        ok=True,
        detail=f"{file}: {count(len(company.persons), 'person', 'people')}, teams shown: "
        f"{', '.join(teams) or 'none'}",
    )


def _cursors(config: Config) -> Mapping[str, Cursor]:
    """How far the store has read each mailbox; nothing where there is no store to read yet."""
    try:
        store = open_for_reading(place_of(config.store), Pseudonyms(load_key(config.store.key_path)))
    except AuditorError:
        return {}
    try:
        return store.run_here(intake.cursors)
    finally:
        store.close()


def _store(config: Config) -> Finding:
    if config.store.url is not None:
        return _database(config)
    folder = config.store.path.parent
    if config.store.path.exists():
        return _file(config)
    above = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    usable = os.access(above, os.W_OK)
    detail = (
        f"{config.store.path}: will be made"
        if usable
        else f"{folder}: cannot be made by this user; create it or set store.path"
    )
    return Finding("store", ok=usable, detail=detail)


def _file(config: Config) -> Finding:
    path = config.store.path
    if not os.access(path, os.R_OK | os.W_OK):
        return Finding("store", ok=False, detail=f"{path}: not writable for this user")
    try:
        try_file(path, Pseudonyms(load_key(config.store.key_path)))
    except AuditorError as error:
        return Finding("store", ok=False, detail=str(error))
    return Finding("store", ok=True, detail=f"{path}: of this version and key")


def _database(config: Config) -> Finding:
    try:
        name = try_database(place_of(config.store))
    except AuditorError as error:
        return Finding("store", ok=False, detail=str(error))
    return Finding("store", ok=True, detail=f"{name}: answers, and we may write there")


async def _mail_server(config: Config) -> Finding:
    """Connect, secure the connection and log in, as a letter would; nothing is sent."""
    what = f"mail server {config.smtp.host}:{config.smtp.port}"
    if not config.alerts.to:
        return Finding(what, ok=False, detail="not asked: alerts.to names nobody", skipped=True)
    try:
        server = await asyncio.to_thread(server_of, config, Tokens(config.logins))
        await try_server(server)
    except AuditorError as error:
        return Finding(what, ok=False, detail=str(error))
    return Finding(
        what, ok=True, detail=f"accepts us ({config.smtp.security}); letters go to {len(config.alerts.to)}"
    )
