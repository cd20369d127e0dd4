"""The whole of `auditor scan`: read the sources, audit, write what was found."""

import gc
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from auditor.config.company import load_people
from auditor.errors import UsageError
from auditor.freemail import FREE_MAIL
from auditor.mailbox.access.account import account_at
from auditor.mailbox.archive import Archive
from auditor.mailbox.found import Archived
from auditor.people import People
from auditor.progress_bar import progress_bar
from auditor.pseudonyms import key_of
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
    # Millions of small values that last: looking through them again and again finds no rubbish.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    rules = Rules(min_recipients=request.min_recipients)
    unreadable: Counter[str] = Counter()
    with progress_bar(terminal) as progress:
        lists = _in_lists(_messages(request, progress, unreadable))
        first: list[Archived] = await anext(lists, [])
        company = _company(request, progress, first)
        key = key_of(one.raw for one in first)
        async with Audit(company, rules, rules.min_recipients, key=key) as audit:
            judging = progress.add_task("judging", total=None, visible=False)
            await audit.take(first)
            async for some in lists:
                await audit.take(some)
                if audit.waiting >= JUDGED_AFTER:
                    await _judge(audit, progress, judging)
            await _judge(audit, progress, judging)
            await audit.finish(time.time())
            audit.skipped.update(unreadable)
            if not audit.read and not unreadable:
                raise UsageError(f"{', '.join(request.sources)}: no message found there")
            progress.stop()
            await output.write(audit, request, company)
    terminal.print(output.closing_line(audit), style="dim", highlight=False)


async def _judge(audit: Audit, progress: Progress, task: TaskID) -> None:
    progress.update(task, visible=True)
    async for judged in audit.judge(time.time()):
        progress.update(task, completed=judged, total=audit.stored)


def _company(request: Request, progress: Progress, first: Sequence[Archived]) -> People:
    """Who we are: as told, or the domains that the mail was sent from.

    Archives are looked through for it; of an account the login and the `first` messages tell.
    """
    persons = load_people(request.people_file) if request.people_file else ()
    ours = {domain.lower() for domain in request.domains}
    ours = ours or {person.address.rpartition("@")[2] for person in persons}
    for source in () if ours else request.sources:
        if is_account(source):
            ours |= {
                account_at(source, "").username.rpartition("@")[2],
                *domains.seen(one.raw for one in first),
            }
        else:
            archived = _archived(source, progress, "looking who sends", Counter())
            ours |= domains.seen(one.raw for one in archived)
    ours = {domain for domain in ours if "." in domain and domain not in FREE_MAIL}
    if not ours:
        raise UsageError("cannot tell which domains are ours; name them: --domain example.com")
    return People.of(ours, persons)


async def _messages(
    request: Request, progress: Progress, unreadable: Counter[str]
) -> AsyncIterator[Archived]:
    """Every source's messages, one after the other."""
    for source in request.sources:
        if is_account(source):
            async for one in read_account(source, request, _shown(progress)):
                yield one
            continue
        for one in _archived(source, progress, "reading", unreadable):
            if request.since is None or one.received_at is None or one.received_at >= request.since:
                yield one


def _shown(progress: Progress) -> Callable[[int, int], None]:
    """Where an account's reader tells how far it is."""
    task = progress.add_task("reading", total=None)
    return lambda done, total: progress.update(task, completed=done, total=total)


def _archived(source: str, progress: Progress, doing: str, unreadable: Counter[str]) -> Iterator[Archived]:
    """The messages of one archive; what cannot be read is counted by its reason."""
    archive = Archive(Path(source))
    task = progress.add_task(doing, total=archive.total)
    for one in archive:
        if isinstance(one, Archived):
            yield one
        else:
            unreadable[one.reason] += 1
        progress.update(task, completed=archive.done)


async def _in_lists(messages: AsyncIterator[Archived]) -> AsyncIterator[list[Archived]]:
    """Messages in lists of a few hundred, so that memory stays bounded."""
    batch: list[Archived] = []
    async for one in messages:
        batch.append(one)
        if len(batch) >= _READ_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
