"""The company sends and the daemon reads: what has been filed so far, and what there is to see of it."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from auditor.demo import company
from auditor.demo.customers import Customers, Incoming
from auditor.demo.postbox import Letter
from auditor.demo.scene import Scene
from auditor.demo.server import Folder
from auditor.demo.writer import DemoMail, Writer
from auditor.publish.page import about, duration
from auditor.publish.snapshot import Snapshot
from auditor.service.running import Running
from auditor.statistics.figures import IncidentFigure, Overview, Parts, Scale, Unit, Volumes, Window, parts
from auditor.store.reading import figures

HISTORY_DAYS = 16
AUDIT, QUIET, BLAST, AFTER, NEWSLETTER = (
    "the past two weeks are being audited",
    "an ordinary hour, nearly all of it by hand",
    "a blast: eleven people send a new template",
    "ordinary mail again",
    "one newsletter went to 260 people in Bcc",
)
_BETWEEN_SECONDS = 0.9  # ordinary mails
_QUIET_SECONDS = 12.0
_AFTER_SECONDS = 30.0
_BLAST_MAILS = 90
_BLAST_BETWEEN_SECONDS = 0.12
_PATIENCE_SECONDS = 30.0  # the company goes on then, however much is still being read
_LOOK_SECONDS = 0.5
_MOVED = 0.005  # the ratio has moved when it changed by this much


class Performance:
    """One showing. `folders` are the people's Sent folders by login, `inboxes` what comes back; `days` of the
    past are filed in them."""

    def __init__(self, seed: int = 1, days: int = HISTORY_DAYS) -> None:
        self._days = days
        self.folders = {rep.address: Folder(rep.folder, "\\Sent", 1) for rep in company.REPS}
        self.act = AUDIT
        self.inboxes = {rep.address: Folder("INBOX") for rep in company.REPS}
        self._writer, self._customers = Writer(seed), Customers(seed)
        self._coming: list[Incoming] = []  # answers that are still under way
        self._begun = time.monotonic()
        self._filed = 0
        self._running: Running | None = None
        self._overview = Overview()
        self._ratios: list[float] = []

    def file_history(self) -> None:
        """Put the past weeks into the Sent folders."""
        for mail in self._writer.history(datetime.now(UTC), self._days):
            self._file(mail)
        self._bring(datetime.now(UTC))

    def watch(self, running: Running) -> None:
        """The daemon is up: from here on its figures are shown."""
        self._running = running

    async def go_on(self) -> None:
        """Live mail, for ever: by hand for a while, then the blast, then by hand again."""
        await self._until_read()
        await self._write_by_hand(QUIET, _QUIET_SECONDS)
        self.act = BLAST
        for _ in range(_BLAST_MAILS):
            self._file(self._writer.blast(datetime.now(UTC)))
            await asyncio.sleep(_BLAST_BETWEEN_SECONDS)
        await self._write_by_hand(AFTER, _AFTER_SECONDS)
        self._file(self._writer.newsletter(datetime.now(UTC)))
        await self._write_by_hand(NEWSLETTER, float("inf"))

    async def scene(self, letters: tuple[Letter, ...], page: str, metrics: str) -> Scene:
        """What is to be seen now."""
        running = self._running
        if running is not None:
            self._overview = await running.store.read(
                lambda connection: figures.read_overview(connection, time.time(), running.zone)
            )
        day = self._parts(Window.DAY)
        if day.mass_ratio is not None and self.act != AUDIT:
            self._ratios.append(day.mass_ratio)
        return Scene(
            seconds=time.monotonic() - self._begun,
            act=self.act,
            filed=self._filed,
            judged=self._judged(),
            day=day,
            week=self._parts(Window.WEEK),
            teams=tuple((team, self._parts(Window.DAY, team)) for team in company.TEAMS),
            templates=tuple(one for one in self._overview.templates if one.reached),
            incidents=tuple((one.id, _said(one)) for one in self._overview.incidents),
            letters=letters,
            page=page,
            metrics=metrics,
        )

    def faults(self, letters: tuple[Letter, ...]) -> Iterator[str]:
        """What should have been seen and was not."""
        if not letters:
            yield "no alert mail arrived; where that was too short, give it longer, such as --for 120s"
        if not self._ratios or max(self._ratios) - min(self._ratios) < _MOVED:
            yield "the ratio did not move"

    async def _until_read(self) -> None:
        """Wait for the first audit, with some patience."""
        for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
            if self._is_read():
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _write_by_hand(self, act: str, seconds: float) -> None:
        """Ordinary mail for some time."""
        self.act, until = act, time.monotonic() + seconds
        while time.monotonic() < until:
            self._file(self._writer.ordinary(datetime.now(UTC)))
            self._bring(datetime.now(UTC))
            await asyncio.sleep(_BETWEEN_SECONDS)

    def _file(self, mail: DemoMail) -> None:
        self.folders[mail.mailbox].deliver(mail.raw, mail.sent_at)
        self._filed += 1
        self._coming += self._customers.answers(mail.draft)

    def _bring(self, now: datetime) -> None:
        """Put into the inboxes what has come back by now."""
        arrived = sorted(
            (one for one in self._coming if one.received_at <= now), key=lambda one: one.received_at
        )
        self._coming = [one for one in self._coming if one.received_at > now]
        for one in arrived:
            self.inboxes[one.mailbox].deliver(one.raw, one.received_at)

    def _snapshot(self) -> Snapshot | None:
        return self._running.snapshot if self._running is not None else None

    def _volumes(self, window: Window) -> Volumes:
        snapshot = self._snapshot()
        return snapshot.figures.windows.get(window, {}) if snapshot and snapshot.figures else {}

    def _parts(self, window: Window, team: str | None = None) -> Parts:
        """Outreach, by the people it reached: the headline."""
        return parts(self._volumes(window), Scale.OUTREACH, Unit.DELIVERIES, team)

    def _judged(self) -> int:
        return sum(volume.messages for volume in self._volumes(Window.MONTH).values())

    def _is_read(self) -> bool:
        """Whether the first audit is over."""
        snapshot = self._snapshot()
        if snapshot is None or self._judged() < self._filed:
            return False
        return all(mailbox.last_sync is not None and not mailbox.backlog for mailbox in snapshot.mailboxes)


def _said(incident: IncidentFigure) -> str:
    return (
        f"{about(incident)}: {incident.observed} {incident.unit} within {duration(incident.window)}, "
        f"usual {incident.usual:.0f}; {incident.state}"
    )
