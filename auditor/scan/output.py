"""What a scan shows: a page for the terminal, one JSON object, or one object a line."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from auditor.errors import AuditorError
from auditor.people import People
from auditor.publish.report import Told, as_html
from auditor.scan import alerts
from auditor.scan.account import is_account
from auditor.scan.audit import Audit
from auditor.scan.request import Request
from auditor.statistics.figures import Parts
from auditor.statistics.report import Basis
from auditor.store.reading.results import Summary, TemplateResult
from auditor.story.picture import COLOURS, Tone

_TEMPLATES_SHOWN = 12
_WORDING_WIDTH = 160
_BAR_WIDTH = 64
_COLOURS = {tone: COLOURS[tone] for tone in (Tone.MASS, Tone.TAILORED, Tone.PERSONAL)}


async def write(audit: Audit, request: Request, company: People) -> None:
    """Write the result in the format asked for, to the file asked for or to standard output.

    Raises:
        AuditorError: the output cannot be written.
    """
    domains = company.domains
    opened = await alerts.incidents(audit, company) if request.alerts else None
    with _opened(request) as file:
        if request.format == "jsonl":
            async for verdict in audit.verdicts():
                file.write(json.dumps(verdict, ensure_ascii=False) + "\n")
            if opened is not None:
                file.write(json.dumps({"incidents": opened}, ensure_ascii=False) + "\n")
        elif request.format == "html":
            file.write(as_html(await audit.report(), _told(audit, request, sorted(domains))))
        elif request.format == "json":
            summary = await audit.summary()
            shown = _as_json(summary, audit, sorted(domains))
            if opened is not None:
                shown["incidents"] = opened
            json.dump(shown, file, ensure_ascii=False, indent=1)
            file.write("\n")
        else:
            page = Console(file=file)
            page.print(_as_text(await audit.summary(), audit, sorted(domains)))
            if opened is not None:
                page.print(alerts.as_table(opened) if opened else "No alert would have been sent.")


def closing_line(audit: Audit) -> str:
    """What became of every message that was read."""
    parts = [f"{audit.read} messages: {audit.judged} sends"]
    if audit.copies:
        parts.append(f"{audit.copies} further copies of the same sends")
    if audit.skipped:
        reasons = ", ".join(f"{reason} {count}" for reason, count in audit.skipped.most_common())
        parts.append(f"{sum(audit.skipped.values())} not counted ({reasons})")
    return ", ".join(parts)


@contextmanager
def _opened(request: Request) -> Iterator[IO[str]]:
    if request.output is None:
        yield sys.stdout
        return
    try:
        with request.output.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise AuditorError(f"{request.output}: cannot write there: {error.strerror}") from None


def _told(audit: Audit, request: Request, domains: list[str]) -> Told:
    """What a report of archives is based on."""
    names = [source if is_account(source) else Path(source).name for source in request.sources]
    sentence = (
        f"Based on {audit.read:,} messages in {', '.join(names[:4])}{' and more' if len(names) > 4 else ''};"
        " mail that platforms send without filing it there is not included."
    )
    copies = {"further copies of the same mail": audit.copies} if audit.copies else {}
    return Told(
        organisation=", ".join(domains),
        zone=UTC,
        basis=Basis(sentence, {"messages_read": audit.read}, {**copies, **audit.skipped}),
        at=time.time(),
        min_recipients=request.min_recipients,
        reviewed=False,
    )


def _as_json(summary: Summary, audit: Audit, domains: list[str]) -> dict[str, Any]:
    return {
        "totals": {
            "messages_read": audit.read,
            "sends": summary.sends,
            "copies": audit.copies,
            "by_class": summary.by_class,
            "by_direction": summary.by_direction,
            "merge_failures": summary.merge_failures,
            "first_sent": _iso(summary.first_sent),
            "last_sent": _iso(summary.last_sent),
        },
        "ratios": {
            f"{kind}_{unit}": parts.fields()
            for kind, unit, parts in (
                ("outreach", "deliveries", summary.outreach_deliveries),
                ("outreach", "messages", summary.outreach_messages),
                ("all", "deliveries", summary.all_deliveries),
                ("all", "messages", summary.all_messages),
            )
        },
        "templates": [_template(one) for one in summary.templates],
        "senders": summary.senders,
        "domains": domains,
        "skipped": dict(audit.skipped),
    }


def _template(one: TemplateResult) -> dict[str, Any]:
    return {
        "id": one.id,
        "wording": one.wording,
        "sends": one.sends,
        "recipients": one.recipients,
        "senders": one.senders,
        "first_sent": _iso(one.first_sent),
        "last_sent": _iso(one.last_sent),
        "by_class": one.classes,
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _as_text(summary: Summary, audit: Audit, domains: list[str]) -> Group:
    parts = summary.outreach_deliveries
    lines: list[Any] = [Text(_sentence(parts), style="bold"), _bar(parts), Text()]
    if summary.first_sent and summary.last_sent:
        lines.append(
            Text(
                f"{summary.sends:,} sends by {summary.senders:,} people of {', '.join(domains)},"
                f" {summary.first_sent:%d %b %Y} to {summary.last_sent:%d %b %Y}."
            )
        )
    lines.append(
        Text("By class: " + ", ".join(f"{name} {count:,}" for name, count in summary.by_class.items()))
    )
    if summary.merge_failures:
        lines.append(
            Text(f"{summary.merge_failures:,} sends had a merge field that was not filled.", style="bold")
        )
    if audit.skipped:
        named = ", ".join(f"{reason} {count:,}" for reason, count in audit.skipped.most_common())
        lines.append(Text(f"Not counted: {named}"))
    lines += [Text(), _templates(summary)] if summary.templates else []
    lines.append(Text("Mail that a sending platform does not file in Sent is not included.", style="dim"))
    return Group(*lines)


def _sentence(parts: Parts) -> str:
    mass, tailored, personal = parts.of_hundred()
    if not parts.total:
        return "No outreach to people outside was found."
    return (
        f"Of 100 outreach mails that reached a person outside, {mass} were mass-sent,"
        f" {tailored} a template tailored by hand, {personal} personal."
    )


def _bar(parts: Parts) -> Text:
    bar = Text()
    shares = dict(zip(_COLOURS, parts.of_hundred(), strict=True))
    for name, share in shares.items():
        bar.append("█" * round(share * _BAR_WIDTH / 100), style=_COLOURS[name])
    bar.append("\n")
    for name, share in shares.items():
        bar.append(f"■ {name} {share}%  ", style=_COLOURS[name])
    return bar


def _templates(summary: Summary) -> Table:
    table = Table(title=f"The templates used most, of {len(summary.templates):,}", title_justify="left")
    table.add_column("template", no_wrap=True)
    for heading in ("sends", "people", "senders"):
        table.add_column(heading, justify="right")
    table.add_column("wording (… is filled in for each recipient)", overflow="fold")
    for one in summary.templates[:_TEMPLATES_SHOWN]:
        table.add_row(one.id, f"{one.sends:,}", f"{one.recipients:,}", f"{one.senders:,}", Text(_shown(one)))
    return table


def _shown(one: TemplateResult) -> str:
    if one.wording is None:
        return "shown once enough people outside received the same words"
    flat = " ".join(one.wording.split())
    return flat if len(flat) <= _WORDING_WIDTH else flat[: _WORDING_WIDTH - 1] + "…"
