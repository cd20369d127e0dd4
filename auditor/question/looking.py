"""Questions about what was found, and about the mailboxes."""

import time
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from auditor.errors import UsageError
from auditor.question import mailboxes, templates
from auditor.question.explain import Telling, own_runs, send_lines, send_of, template_lines
from auditor.question.house import House
from auditor.question.rereading import demand_permission, see
from auditor.store import audit
from auditor.store.audit import Look
from auditor.store.ledger import templates as kept_templates
from auditor.store.reading.results import moment


@dataclass(frozen=True, slots=True)
class Explain:
    """What a template is, or why a message was called what it was called; with `words`, what it says."""

    wanted: str
    words: bool = False
    notes: ClassVar[bool] = True

    async def answer(self, house: House) -> dict[str, Any]:
        """`lines` for a terminal; `words`: lines of [word, whether only this recipient received it]."""
        if self.words:
            demand_permission(house)
        telling = Telling(moment(time.time()), house.zone, house.config.templates)
        of_template = await house.store.read(lambda c: self._of_template(c, telling))
        if of_template and self.words:
            raise UsageError("--words is for one message; a template shows its wording without it")
        if of_template:
            return {"lines": of_template, "words": None}
        send = await house.store.read(lambda c: send_of(c, house.pseudonyms, self.wanted))
        if send is None:
            raise UsageError(
                "the store knows no template and no message of that name; see auditor template list"
            )
        words = await _words(house, send) if self.words else None
        if not self.words:  # with words, more than this is noted already
            await house.store.run(lambda c: audit.note(c, Look.VERDICT, house.by, send.id, time.time()))
        lines = await house.store.read(lambda c: send_lines(c, send, telling))
        return {"lines": lines, "words": words}

    def _of_template(self, connection: sa.Connection, telling: Telling) -> tuple[str, ...]:
        row = kept_templates.find(connection, self.wanted)
        return () if row is None else template_lines(connection, row.id, telling)


async def _words(house: House, send: sa.Row[Any]) -> list[list[tuple[str, bool]]]:
    """A message's words as they are compared, line by line, with what only its recipient received."""
    lines = (await see(house, send, Look.WORDS)).outgoing.authored.lines
    numbers = house.pseudonyms.words(lines)
    runs = await house.store.read(lambda c: own_runs(c, send, numbers))
    own = {place for start, end in runs for place in range(start, end)}
    marked: list[list[tuple[str, bool]]] = []
    place = 0
    for line in lines:
        marked.append([(word, place + n in own) for n, word in enumerate(line)])
        place += len(line)
    return marked


@dataclass(frozen=True, slots=True)
class ListTemplates:
    """Every template; or the one of an id, an alias or a name."""

    wanted: str | None = None
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `templates.Row`, the most used first."""
        rows = await house.store.read(lambda c: templates.listed(c, self.wanted))
        if self.wanted is not None and not rows:
            raise UsageError("no template has this id or name; see auditor template list")
        return [asdict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ListMailboxes:
    """Every mailbox."""

    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `mailboxes.Row`."""
        rows = await house.store.read(lambda c: mailboxes.listed(c, house.config, house.company))
        return [asdict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ListLookUps:
    """The audit log."""

    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> list[dict[str, Any]]:
        """The fields of `audit.Entry`, the oldest first."""
        return [asdict(entry) for entry in await house.store.read(audit.entries)]
