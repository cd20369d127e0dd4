"""Merge failures as an alert of their own: one mail within minutes, and a day's peace for each template."""

import json
from dataclasses import replace

import sqlalchemy as sa

from auditor.config import Config
from auditor.people import People
from auditor.post import letters
from auditor.post.house import house_of, naming
from auditor.post.routes import recipients
from auditor.store.database.meta import read_meta, write_meta
from auditor.store.reading import unfilled
from auditor.story.letter import Coverage
from auditor.story.unfilled import write_unfilled_letter

PEACE_SECONDS = 86_400.0
"""So long nobody is told of the same template again."""

KIND = "merge_failure"
"""As `[[routes]]` and the record of letters call it."""

_TOLD = "unfilled_told"


class Proofreader:
    """Writes the letters about merge fields that were not filled. One instance a configuration."""

    def __init__(self, config: Config, people: People) -> None:
        self._config = config
        self._house = house_of(config)
        self._name = naming(config, people)

    def tell_news(self, connection: sa.Connection, now: float, coverage: Coverage | None = None) -> bool:
        """Write a letter if something is new and has been gathered for `alerts.hold`; whether it did.

        What was judged before the first call is no news.
        """
        kept = read_meta(connection, _TOLD)
        state = {"upto": None, "told": {}} if kept is None else json.loads(kept)
        news = unfilled.since(connection, 0 if state["upto"] is None else state["upto"])
        told = {key: at for key, at in state["told"].items() if now - at < PEACE_SECONDS}
        if state["upto"] is None or not news.keys - told.keys():
            self._keep(connection, news.upto, told, kept)
            return False
        hold = self._config.alerts.hold.total_seconds()
        if news.found_at is not None and now - news.found_at < hold:
            return False
        extent = unfilled.extent(connection, news, told.keys(), self._name)
        alerts, house = self._config.alerts, replace(self._house, coverage=coverage)
        letters.put(
            connection,
            write_unfilled_letter(extent, house),
            occasion=KIND,
            recipients=tuple(dict.fromkeys(recipients(alerts.to, self._config.routes, KIND, extent.teams))),
            webhooks=[one.name for one in self._config.webhooks],
            sender=self._config.smtp.sender,
            now=now,
            about="unfilled",
        )
        self._keep(connection, news.upto, told | dict.fromkeys(news.keys, now), kept)
        return True

    def _keep(
        self, connection: sa.Connection, upto: int, told: dict[str, float], before: bytes | None
    ) -> None:
        state = json.dumps({"upto": upto, "told": told}).encode()
        if state != before:
            write_meta(connection, _TOLD, state)
