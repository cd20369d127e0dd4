"""The whole of `auditor scan`: read the sources, audit, write what was found."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from auditor import people
from auditor.errors import UsageError
from auditor.mailbox import archive
from auditor.mailbox.found import Archived
from auditor.people import People
from auditor.scan import domains, output
from auditor.scan.account import is_account, read_account
from auditor.scan.audit import JUDGED_AFTER, Audit
from auditor.scan.request import Request
from auditor.template.values import Rules

_READ_AT_ONCE = 256


async def run(request: Request, terminal: Console) -> None:
    """Audit `request.sources` and write the result to its output, or to standard output.

    Raises:
        UsageError: a source is not there, or no domain of ours can be told.
        MailboxError, ConnectionLost: an account cannot be read.
    """
    rules = Rules(min_recipients=request.min_recipients)
    skipped: Counter[str] = Counter()
    company = await _company(request)
    async with Audit(company, rules, rules.min_recipients) as audit:
        with _progress(terminal) as progress:
            reading, judging = (progress.add_task(name, total=None) for name in ("reading", "judging"))
            async for batch in _batches(request, skipped):
                await audit.take(batch)
                progress.advance(reading, len(batch))
                if audit.waiting >= JUDGED_AFTER:
                    await _judge(audit, progress, judging)
            progress.update(reading, total=audit.read)
            await _judge(audit, progress, judging)
        audit.skipped.update(skipped)
        if not audit.read:
            raise UsageError(f"{', '.join(request.sources)}: no message found there")
        await output.write(audit, request, company.domains)
    terminal.print(output.closing_line(audit), style="dim", highlight=False)


async def _judge(audit: Audit, progress: Progress, task: TaskID) -> None:
    async for judged in audit.judge(time.time()):
        progress.update(task, completed=judged, total=audit.stored)


async def _company(request: Request) -> People:
    """Who we are: as told, or the domains the mail was sent from."""
    persons = people.load(request.people_file) if request.people_file else ()
    ours = {domain.lower() for domain in request.domains}
    if not ours:
        ours = {person.address.rpartition("@")[2] for person in persons}
        for source in request.sources:
            if is_account(source):
                ours |= {source.rpartition("@")[0].rpartition("@")[2].replace("imaps://", "")} - {""}
            else:
                raws = (one.raw for one in archive.read(Path(source)) if isinstance(one, Archived))
                ours |= domains.seen(raws)
    ours = {domain for domain in ours if "." in domain}
    if not ours:
        raise UsageError("cannot tell which domains are ours; name them: --domain example.com")
    return People.of(ours, persons)


async def _batches(request: Request, skipped: Counter[str]) -> AsyncIterator[list[Archived]]:
    """Every source's messages in lists of a few hundred, so that memory stays bounded."""
    for source in request.sources:
        if is_account(source):
            async for batch in read_account(source, request):
                yield batch
            continue
        for some in _in_lists(_readable(source, skipped)):
            yield [one for one in some if _recent(one, request)]


def _readable(source: str, skipped: Counter[str]) -> Iterator[Archived]:
    for one in archive.read(Path(source)):
        if isinstance(one, Archived):
            yield one
        else:
            skipped[one.reason] += 1


def _in_lists(messages: Iterator[Archived]) -> Iterator[list[Archived]]:
    batch: list[Archived] = []
    for one in messages:
        batch.append(one)
        if len(batch) >= _READ_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _recent(one: Archived, request: Request) -> bool:
    """Whether it was received since the day asked for; what has no time stays."""
    return request.since is None or one.received_at is None or one.received_at >= request.since


def _progress(terminal: Console) -> Progress:
    """A bar on a terminal, nothing elsewhere."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
        disable=not terminal.is_terminal,
    )
