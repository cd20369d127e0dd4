"""The report: what was sent in a span of time, for people without Grafana."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.answer.contacts import ENOUGH_SENDERS, contacts
from auditor.answer.focus import count_sides
from auditor.config import Config
from auditor.config.company import company_of
from auditor.errors import UsageError
from auditor.mailbox.entries import expand, inboxes
from auditor.mailbox.status import State
from auditor.people import People
from auditor.pseudonyms import Pseudonyms, load_key
from auditor.publish.back import Back
from auditor.publish.report import Told, as_csv, as_html, as_json
from auditor.question.house import House
from auditor.statistics.report import Basis, ReportFigures, start_of
from auditor.store import mailboxes
from auditor.store.engine import open_for_reading
from auditor.store.place import place_of
from auditor.store.reading.answers import read_answers
from auditor.store.reading.contacts import read_answered, read_by_hand, read_contacted
from auditor.store.reading.report import read_report
from auditor.story.words import count

FORMATS: Mapping[str, Callable[[ReportFigures, Told], str]] = {
    "html": as_html,
    "json": as_json,
    "csv": as_csv,
}
"""The forms of a report."""

_NOT_READ = frozenset({State.REFUSED, State.FAILING})
_LEAST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WriteReport:
    """The report of the last `seconds`, in one of `FORMATS`."""

    seconds: int
    form: str
    notes: ClassVar[bool] = False

    async def answer(self, house: House) -> str:
        """The text. It is read through a connection of its own: figures and judgement wait for nothing."""
        if self.form not in FORMATS:
            raise UsageError(f"form: {self.form} is not one of {', '.join(FORMATS)}")
        return await asyncio.to_thread(report, house.config, self.seconds, self.form)


def report(config: Config, seconds: int, form: str) -> str:
    """The report of the last `seconds` as a text; works beside a running daemon, and only reads.

    Raises:
        UsageError: the span is too short.
        StoreError: the store is not there, or cannot be read.
    """
    if seconds < _LEAST_SECONDS:
        raise UsageError("--window: a report is about an hour at least, such as 24h, 7d or 30d")
    now = time.time()
    zone = ZoneInfo(config.organisation.timezone)
    company = company_of(config)
    pseudonyms = Pseudonyms(load_key(config.store.key_path))
    store = open_for_reading(place_of(config.store), pseudonyms)
    try:
        figures = store.run_here(
            lambda connection: read_report(connection, start_of(seconds, now), now, zone)
        )
        known = {one.key: one for one in store.run_here(mailboxes.listed)}
        back = store.run_here(partial(_back, config, company, known, pseudonyms, seconds, now))
    finally:
        store.close()
    targets = _targets(config, company)
    rules = config.templates
    told = Told(
        config.organisation.name,
        zone,
        basis(config, company, {key: one.state for key, one in known.items()}),
        targets,
        now,
        rules.min_recipients,
        rules.min_organisations,
        rules.tailored_share,
        back=back,
    )
    return FORMATS[form](figures, told)


def _back(
    config: Config,
    company: People,
    known: Mapping[str, mailboxes.Listed],
    pseudonyms: Pseudonyms,
    seconds: int,
    now: float,
    connection: sa.Connection,
) -> Back:
    """What customers answer, and how they are written to. Answers are of mail that has had its time."""
    within, span = config.answers.within.total_seconds(), (now - seconds, now)
    read = [one for one in inboxes(config, company) if one.key in known and known[one.key].last_sync]
    senders = {company.resolve(one.owner) for one in read}
    now_, before = (
        read_answers(connection, (then - within - seconds, then - within), within, senders) if read else None
        for then in (now, now - seconds)
    )
    return Back(
        within,
        now_,
        before,
        contacts(read_contacted(connection, span), read_answered(connection, span), now),
        count_sides(
            read_by_hand(connection, span), lambda word: pseudonyms.words(((word,),))[0], ENOUGH_SENDERS
        ),
    )


def basis(config: Config, company: People, states: Mapping[str, str]) -> Basis:
    """How much of the company the figures are about.

    Args:
        states: of the mailboxes that the store knows, by their key.
    """
    entries = expand(config, company)
    read = {entry.key for entry in entries if states.get(entry.key, State.REFUSED) not in _NOT_READ}
    people = {company.resolve(entry.owner) for entry in entries if entry.key in read}
    watched = len(people & set(company.persons))
    numbers = {"mailboxes": len(entries), "mailboxes_read": len(read)}
    missing = "mail sent by platforms is not included."
    if company.persons:
        numbers |= {"people": len(company.persons), "people_watched": watched}
        return Basis(f"Based on {watched} of {len(company.persons)} people; {missing}", numbers)
    all_of_them = count(len(entries), "mailbox", "mailboxes")
    return Basis(f"Based on {len(read)} of {all_of_them}; {missing}", numbers)


def _targets(config: Config, company: People) -> dict[str, float]:
    targets = {team: target for team in company.teams() if (target := config.targets.of(team)) is not None}
    return targets | ({} if config.targets.mass_ratio is None else {"": config.targets.mass_ratio})
