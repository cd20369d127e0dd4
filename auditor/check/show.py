"""Findings for people, a table, and for programs, JSON."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from auditor.check.findings import Finding, MailboxFacts

_ANY_WIDTH = 10_000
_SOON = timedelta(days=30)
_WHO = re.compile(r"^(?:\S+ at )?[^\s/]+:\d+: ")


def as_table(findings: Sequence[Finding], now: datetime | None = None) -> RenderableType:
    """The findings for a terminal: the parts, a line for each mailbox, and what to do about the others."""
    opened = [finding for finding in findings if finding.mailbox is not None]
    rest = [finding for finding in findings if finding.mailbox is None and not _broken_mailbox(finding)]
    broken = [finding for finding in findings if _broken_mailbox(finding)]
    parts: list[RenderableType] = [_plain(rest)]
    if opened:
        parts += [Text(), _Mailboxes([finding.mailbox for finding in opened if finding.mailbox])]
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


class _Mailboxes:
    """A line for each mailbox that was opened. Where a line has no room for all there is to say, what is
    common to many stands above them: the server, the login and what it could do."""

    def __init__(self, opened: Sequence[MailboxFacts]) -> None:
        self._opened = opened

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = _table(self._opened, lambda one: (_server(one), _login(one)), _could)
        if Measurement.get(console, options.update(max_width=_ANY_WIDTH), whole).maximum <= options.max_width:
            yield whole
            return
        groups: dict[str, list[MailboxFacts]] = {}
        for one in self._opened:
            said = f"{_server(one)}; {_login(one)}; read-only proven; could also: {', '.join(_could(one))}"
            groups.setdefault(said, []).append(one)
        for n, (said, ones) in enumerate(groups.items()):
            yield Text(f"\n{said}" if n else said, style="bold")
            yield _table(ones)


def _table(
    opened: Sequence[MailboxFacts],
    common: Callable[[MailboxFacts], Sequence[str]] | None = None,
    could: Callable[[MailboxFacts], Sequence[str]] = lambda _: (),
) -> Table:
    """One line each; without what is `common` to many, which then stands elsewhere."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("Mailbox", overflow="fold", min_width=10)
    for heading in ("Server", "Login") if common else ():
        table.add_column(heading, overflow="fold")
    table.add_column("Folder", overflow="fold", min_width=10)
    table.add_column("Messages", justify="right", no_wrap=True)
    table.add_column("Oldest", no_wrap=True)
    table.add_column("Newest", no_wrap=True)
    table.add_column("To read", justify="right", no_wrap=True)
    for heading in ("Could also", "Expires") if common else ():
        table.add_column(heading, overflow="fold")
    for one in opened:
        folder = f'"{one.folder}" ({one.found_how})' + (", read-only proven" if common else "")
        shown = (one.oldest, one.newest) if one.messages else (None, None)
        table.add_row(
            Text("ok", style="green"),
            *map(Text, (one.username, *(common(one) if common else ()), folder, f"{one.messages:,}")),
            *(Text(_day(at)) for at in shown),
            *map(Text, (f"{one.backlog:,}", *could(one))),
        )
    return table


def _server(one: MailboxFacts) -> str:
    resolved = "" if one.address in {"", one.host} else f" at {one.address}"
    return f"{one.host}:{one.port}{resolved}, {one.tls or 'no TLS'}"


def _login(one: MailboxFacts) -> str:
    return f"{one.method} ({one.login})" if one.login else one.method


def _could(one: MailboxFacts) -> tuple[str, ...]:
    """What the credential could do beyond reading, and until when, which a password does not say."""
    expires = (f"expires {_day(one.credential_expires)}",) if one.credential_expires else ()
    return (one.beyond_reading, *expires)


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def _remarks(facts: Sequence[MailboxFacts], now: datetime) -> list[str]:
    """What concerns many mailboxes is said once."""
    remarks = dict.fromkeys(remark for one in facts for remark in one.remark.splitlines())
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
