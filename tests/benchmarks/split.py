"""Where the processor's time of an audit goes: by its stages, the process that reads beside included."""

import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from unittest import mock

from auditor.pipeline import Judge
from auditor.reader.beside import Readers
from auditor.store.ledger import intake
from auditor.template.index import TemplateIndex

STAGES = {
    "start": "start: libraries imported, index loaded",
    "read": "read: bytes to keyed sends, here",
    "beside": "read: in the process beside",
    "store": "store: intake's SQL",
    "judge": "judge: templates, classes, SQL",
    "rest": "rest: fetch or cut, hand over, output",
}


_inside = ContextVar("inside", default=0.0)  # seconds of stages within the one that is running


@dataclass(slots=True)
class Split:
    """CPU seconds by stage; complete once the measuring has ended."""

    seconds: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> float:
        """CPU seconds of everything."""
        return sum(self.seconds.values())

    def show(self, messages: int) -> None:
        """A line a stage."""
        for stage, what in STAGES.items():
            share = self.seconds[stage] / self.total
            each = 1e6 * self.seconds[stage] / messages
            print(f"  {what:40} {self.seconds[stage]:7.2f} CPU-s  {share:4.0%}  {each:6.0f} µs a message")


@contextmanager
def measured() -> Iterator[Split]:
    """Measure what is done inside. Processes count once they have ended and were waited for."""
    split = Split()
    with (
        mock.patch.object(Readers, "read", timed(Readers.read, split.seconds, "read")),
        mock.patch.object(intake, "take", timed(intake.take, split.seconds, "store")),
        mock.patch.object(Judge, "judge", timed(Judge.judge, split.seconds, "judge")),
        mock.patch.object(Judge, "load", timed(Judge.load, split.seconds, "start")),
    ):
        here, beside = time.process_time(), _of_children()
        yield split
        here, beside = time.process_time() - here, _of_children() - beside
    split.seconds["rest"] = here - split.total
    split.seconds["beside"] = beside


@contextmanager
def verdicts_apart() -> Iterator[Counter[str]]:
    """CPU seconds of what the template stage does inside beyond saying which template a text follows.

    "verdicts" has the shares, whom a template reached, classes, and what changes of them for earlier members;
    "kept" the bytes that the store keeps of templates.
    """
    seconds: Counter[str] = Counter()
    concluding = dict.fromkeys(("_conclude", "_tell_all", "_publish"), "verdicts") | {"_judgement": "kept"}
    with ExitStack() as patches:
        for name, stage in concluding.items():
            work = timed(getattr(TemplateIndex, name), seconds, stage)
            patches.enter_context(mock.patch.object(TemplateIndex, name, work))
        yield seconds


def timed(work: Callable, seconds: Counter[str], stage: str) -> Callable:
    """Each call begins and ends in one thread; its time counts, without what other stages do inside."""

    def timed(*arguments, **options):
        before, others = time.thread_time(), _inside.get()
        within = _inside.set(0.0)
        try:
            return work(*arguments, **options)
        finally:
            spent = time.thread_time() - before
            seconds[stage] += spent - _inside.get()
            _inside.reset(within)
            _inside.set(others + spent)

    return timed


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
