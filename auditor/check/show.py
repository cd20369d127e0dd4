"""Findings for people, a table, and for programs, JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from auditor.check.findings import Finding, MailboxFacts

_SOON = timedelta(days=30)


def as_table(findings: Sequence[Finding], now: datetime | None = None) -> RenderableType:
    """The findings for a terminal: first the parts, then one line a mailbox, then what is to be done."""
    opened = [finding for finding in findings if finding.mailbox is not None]
    rest = [finding for finding in findings if finding.mailbox is None and not _broken_mailbox(finding)]
    broken = [finding for finding in findings if _broken_mailbox(finding)]
    parts: list[RenderableType] = [_plain(rest)]
    if opened or broken:
        parts += [Text(), _mailboxes([*opened, *broken])]
    if remarks := _remarks(
        [finding.mailbox for finding in opened if finding.mailbox], now or datetime.now(UTC)
    ):
        parts += [Text(), *(Text(remark, style="yellow") for remark in remarks)]
    if broken:
        parts += [Text(), Text("To do", style="bold"), _todo(broken)]
    return Group(*parts)


def as_json(findings: Sequence[Finding]) -> str:
    """The findings for a program; times in RFC 3339."""
    return json.dumps(
        [asdict(finding) for finding in findings],
        ensure_ascii=False,
        indent=1,
        default=lambda value: value.isoformat(),
    )


def _broken_mailbox(finding: Finding) -> bool:
    return finding.failed and finding.what.startswith("mailbox ")


def _plain(findings: Iterable[Finding]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        table.add_row(_mark(finding), Text(finding.what), Text(finding.detail, overflow="fold"))
    return table


def _mark(finding: Finding) -> Text:
    if finding.skipped:
        return Text("–", style="dim")
    return Text("ok", style="green") if finding.ok else Text("FAILED", style="bold red")


def _mailboxes(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "Mailbox", "Server", "Login", "Folder"):
        table.add_column(heading, overflow="fold")
    table.add_column("Messages", justify="right")
    table.add_column("Oldest – newest", no_wrap=True)
    table.add_column("To read", justify="right")
    table.add_column("Could also", overflow="fold")
    table.add_column("Expires", no_wrap=True)
    for finding in findings:
        facts = finding.mailbox
        if facts is None:
            user, _, host = finding.what.removeprefix("mailbox ").rpartition(" at ")
            table.add_row(_mark(finding), Text(user), Text(host), Text("see below", style="dim"))
        else:
            table.add_row(_mark(finding), *(Text(cell) for cell in _cells(facts)))
    return table


def _cells(facts: MailboxFacts) -> tuple[str, ...]:
    login = f"{facts.method} ({facts.login})" if facts.login else facts.method
    return (
        facts.username,
        f"{facts.host}:{facts.port} ({facts.address}) {facts.tls or 'no TLS'}",
        login,
        f'"{facts.folder}" ({facts.found_how}), read-only proven',
        f"{facts.messages:,}",
        f"{_day(facts.oldest)} – {_day(facts.newest)}" if facts.messages else "",
        f"{facts.backlog:,}",
        facts.beyond_reading,
        _day(facts.credential_expires),
    )


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def _remarks(facts: Sequence[MailboxFacts], now: datetime) -> list[str]:
    """What concerns many mailboxes is said once."""
    remarks = dict.fromkeys(one.remark for one in facts if one.remark)
    for one in facts:
        for what, at in (
            (f'login "{one.login}": its credential', one.credential_expires),
            (f"{one.host}: the server's certificate", one.certificate_expires),
        ):
            if at is not None and at - now < _SOON:
                remarks[f"{what} expires on {_day(at)}: renew it"] = None
    return list(remarks)


def _todo(broken: Iterable[Finding]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for finding in broken:
        table.add_row(Text(finding.what.removeprefix("mailbox ")), Text(finding.detail))
    return table
