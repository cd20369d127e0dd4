"""Coaching: a weekly note to people who asked for one, each about their own mail, and to nobody else."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from auditor.answer.rates import Answers, answers
from auditor.config import Config
from auditor.people import People
from auditor.post import letters
from auditor.post.digests import due_now
from auditor.post.house import house_of
from auditor.statistics.figures import Parts
from auditor.statistics.tally import Scope
from auditor.store.reading import weeks
from auditor.store.reading.answers import read_touches
from auditor.story.coaching import OwnWeek, write_coaching_note

TEMPLATES = 3
ANSWERED_SECONDS = 8 * 7 * 86_400.0
"""Of so much mail a person is told what was answered: of one week there would hardly ever be enough."""

_WRITTEN = "coaching_written"


class Coach:
    """Writes the notes. One instance a configuration."""

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._zone = ZoneInfo(config.organisation.timezone)
        self._house = house_of(config)
        asked = (address.lower() for address in config.coaching.people)
        self._people = sorted({people.resolve(one) for one in asked if people.is_ours(one)})

    def write_due(self, connection: sa.Connection, now: float, read: Collection[str] = ()) -> int:
        """Write this week's notes if they are due and not written yet; how many.

        Args:
            now: seconds since the epoch.
            read: people whose inboxes are read.
        """
        if not self._people:
            return 0
        due = due_now(connection, _WRITTEN, self._config.digest, self._zone, now)
        return 0 if due is None else self._write(connection, due, now, read)

    def _write(self, connection: sa.Connection, due: date, now: float, read: Collection[str]) -> int:
        begins = (due - timedelta(weeks=2), due - timedelta(weeks=1), due)
        boundaries = [datetime.combine(day, time(), self._zone).timestamp() for day in begins]
        parts = weeks.weekly_parts(connection, Scope.SENDER, boundaries)
        for number, person in enumerate(self._people):
            before, own = parts.get(person, (Parts(), Parts()))
            week = OwnWeek(
                begins[1],
                own,
                before,
                weeks.templates_of_week(connection, boundaries, TEMPLATES, sender=person),
                self._answers(connection, person, now) if person in read else None,
            )
            letters.put(
                connection,
                write_coaching_note(week, self._house),
                occasion="coaching",
                recipients=(person,),  # alone: no route, no webhook, no copy
                sender=self._config.smtp.sender,
                now=now,
                about=f"coaching-{number}",
            )
        return len(self._people)

    def _answers(self, connection: sa.Connection, person: str, now: float) -> Answers:
        within = self._config.answers.within.total_seconds()
        span = (now - within - ANSWERED_SECONDS, now - within)
        return answers(read_touches(connection, span, within, {person}))
