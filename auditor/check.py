"""What `auditor check` looks at before the daemon is started, one finding a line."""

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from auditor.config import Config
from auditor.config.sections import Mailbox
from auditor.errors import AuditorError
from auditor.mailbox.account import account_of
from auditor.mailbox.credentials import readable_by_others
from auditor.mailbox.pace import Paces
from auditor.mailbox.sent import sent_folder
from auditor.mailbox.session import Session
from auditor.people import People
from auditor.post.smtp import try_server
from auditor.service.posting import server_of
from auditor.service.running import company_of

_AT_ONCE = 20  # logins checked in parallel


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `next_step` says what to do when it failed."""

    what: str
    ok: bool
    detail: str
    skipped: bool = False

    @property
    def failed(self) -> bool:
        """Whether it was looked at and is wrong."""
        return not self.ok and not self.skipped


async def check(config: Config, path: Path, *, offline: bool) -> tuple[Finding, ...]:
    """Look at everything the daemon needs; with `offline` at the files only.

    Raises:
        ConfigError: the people file cannot be used.
    """
    company = company_of(config)
    findings = [
        Finding("configuration", ok=True, detail=f"{path}: every key is understood"),
        _people(config, company),
        _store(config),
    ]
    if offline:
        findings += [
            Finding(_name(one), ok=False, detail="not asked (--offline)", skipped=True)
            for one in config.mailboxes
        ]
        findings.append(Finding("mail server", ok=False, detail="not asked (--offline)", skipped=True))
        return tuple(findings)
    gate = asyncio.Semaphore(_AT_ONCE)
    paces = Paces(config.imap.commands_per_second)
    findings += await asyncio.gather(*(_mailbox(config, one, paces, gate) for one in config.mailboxes))
    findings.append(await _mail_server(config))
    return tuple(findings)


def as_table(findings: Iterable[Finding]) -> Table:
    """The findings for a terminal."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        mark = (
            Text("–", style="dim")
            if finding.skipped
            else Text("ok", style="green")
            if finding.ok
            else Text("FAILED", style="bold red")
        )
        table.add_row(mark, Text(finding.what), Text(finding.detail, overflow="fold"))
    return table


def as_json(findings: Sequence[Finding]) -> str:
    """The findings for a program."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1)


def _people(config: Config, company: People) -> Finding:
    file = config.organisation.people_file
    if file is None:
        return Finding("people", ok=True, detail="no people file: everybody counts as team none")
    teams = [team for team in company.teams() if team != "none"]
    return Finding(
        "people",
        ok=True,
        detail=f"{file}: {len(company.persons)} people, teams shown: {', '.join(teams) or 'none'}",
    )


def _store(config: Config) -> Finding:
    folder = config.store.path.parent
    if config.store.path.exists():
        usable = os.access(config.store.path, os.R_OK | os.W_OK)
        detail = str(config.store.path) if usable else f"{config.store.path}: not writable for this user"
        return Finding("store", ok=usable, detail=detail)
    above = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    usable = os.access(above, os.W_OK)
    detail = (
        f"{config.store.path}: will be made"
        if usable
        else f"{folder}: cannot be made by this user; create it or set store.path"
    )
    return Finding("store", ok=usable, detail=detail)


async def _mailbox(config: Config, mailbox: Mailbox, paces: Paces, gate: asyncio.Semaphore) -> Finding:
    """Log in, find Sent, open it read-only, and count."""
    try:
        async with gate:
            account = await asyncio.to_thread(account_of, mailbox)
            seconds = config.imap.command_timeout.total_seconds()
            async with await Session.connect(
                account, seconds=seconds, pace=paces.of(mailbox.host)
            ) as session:
                sent = sent_folder(await session.list_folders(), mailbox.folder_to_open)
                examined = await session.examine(sent.folder)
                idle = (
                    "told of news at once" if session.can_idle else f"asked every {config.imap.poll_interval}"
                )
    except AuditorError as error:
        return Finding(_name(mailbox), ok=False, detail=str(error))
    how = sent.how.replace("_", " ")
    detail = f'"{sent.folder.name}" ({how}), {examined.exists} messages, read-only proven, {idle}'
    if mailbox.password_file and readable_by_others(mailbox.password_file):
        return Finding(
            _name(mailbox),
            ok=False,
            detail=f"everybody may read the password; run: chmod 600 {mailbox.password_file}",
        )
    return Finding(_name(mailbox), ok=True, detail=detail)


async def _mail_server(config: Config) -> Finding:
    """Connect, secure the connection and log in, as a letter would; nothing is sent."""
    what = f"mail server {config.smtp.host}:{config.smtp.port}"
    if not config.alerts.to:
        return Finding(what, ok=False, detail="not asked: alerts.to names nobody", skipped=True)
    try:
        server = await asyncio.to_thread(server_of, config)
        await try_server(server)
    except AuditorError as error:
        return Finding(what, ok=False, detail=str(error))
    return Finding(
        what, ok=True, detail=f"accepts us ({config.smtp.security}); letters go to {len(config.alerts.to)}"
    )


def _name(mailbox: Mailbox) -> str:
    return f"mailbox {mailbox.username} at {mailbox.host}"
