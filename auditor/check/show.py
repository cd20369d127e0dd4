"""Findings for people, a table, and for programs, JSON."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from auditor.check.findings import Finding, MailboxFacts

_SOON = timedelta(days=30)
_WHO = re.compile(r"^(?:\S+ at )?[^\s/]+:\d+: ")


def as_table(findings: Sequence[Finding], now: datetime | None = None) -> RenderableType:
    """The findings for a terminal: the parts, a line for each mailbox, and what to do about the others."""
    opened = [finding for finding in findings if finding.mailbox is not None]
    rest = [finding for finding in findings if finding.mailbox is None and not _broken_mailbox(finding)]
    broken = [finding for finding in findings if _broken_mailbox(finding)]
    parts: list[RenderableType] = [_plain(rest)]
    if opened:
        parts += [Text(), _mailboxes([finding.mailbox for finding in opened if finding.mailbox])]
    if remarks := _remarks(
        [finding.mailbox for finding in opened if finding.mailbox], now or datetime.now(UTC)
    ):
        parts += [Text(), *(Text(remark, style="yellow") for remark in remarks)]
    if broken:
        parts += [Text(), Text("Mailboxes that cannot be read", style="bold"), _todo(broken)]
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


def _mailboxes(opened: Sequence[MailboxFacts]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("Mailbox", overflow="fold", min_width=8)
    table.add_column("Server", overflow="fold", min_width=16)
    table.add_column("Login", overflow="fold")
    table.add_column("Folder", overflow="fold", min_width=12)
    table.add_column("Messages", justify="right", no_wrap=True)
    table.add_column("Oldest – newest", min_width=10)
    table.add_column("To read", justify="right", no_wrap=True)
    table.add_column("Could also", overflow="fold")
    expiring = any(facts.credential_expires for facts in opened)  # a password does not say when it expires
    if expiring:
        table.add_column("Expires", no_wrap=True)
    for facts in opened:
        cells = (*_cells(facts), *([_day(facts.credential_expires)] if expiring else ()))
        table.add_row(Text("ok", style="green"), *map(Text, cells))
    return table


def _cells(facts: MailboxFacts) -> tuple[str, ...]:
    login = f"{facts.method} ({facts.login})" if facts.login else facts.method
    resolved = "" if facts.address in {"", facts.host} else f"at {facts.address}, "
    return (
        facts.username,
        f"{facts.host}:{facts.port} {resolved}{facts.tls or 'no TLS'}",
        login,
        f'"{facts.folder}" ({facts.found_how}), read-only proven',
        f"{facts.messages:,}",
        f"{_day(facts.oldest)} – {_day(facts.newest)}" if facts.messages else "",
        f"{facts.backlog:,}",
        facts.beyond_reading,
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
    table.add_column()
    table.add_column(overflow="fold", min_width=12)
    table.add_column(overflow="fold")
    for finding in broken:
        # The sentence begins with who was asked, which stands beside it, unless it tells of a file.
        said = _WHO.sub("", finding.detail)
        table.add_row(_mark(finding), Text(finding.what.removeprefix("mailbox ")), Text(said))
    return table
