"""What the daemon's tasks share: the parts, made once, and two bells that one task rings for another."""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from auditor import __version__
from auditor.answer.rates import AnswerFigures
from auditor.clear_words import ClearWords
from auditor.config import Config
from auditor.config.company import company_of
from auditor.config.sections import Imap, Mailbox
from auditor.errors import StoreError
from auditor.inbox import Inbox
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.entries import Entry, expand, inboxes
from auditor.mailbox.host import Hosts
from auditor.mailbox.inbox import headers as inbox_headers
from auditor.mailbox.status import Status
from auditor.mailbox.watch import Look, WatchedMailbox
from auditor.pace import Paces
from auditor.people import People
from auditor.pipeline import Intake, Judge
from auditor.pseudonyms import Pseudonyms, load_or_make_key
from auditor.publish.metrics import Metrics
from auditor.publish.snapshot import ConfigFigure, MailboxFigure, Snapshot
from auditor.reader.beside import Readers
from auditor.service.health import Health
from auditor.service.replica import Replica
from auditor.statistics.usual import Band
from auditor.store.database.postgresql import Postgresql
from auditor.store.engine import Store, open_connection, open_store
from auditor.store.leases import Fenced, LeaseLost, Transactions
from auditor.store.place import place_of
from auditor.store.reading.figures import Remembered
from auditor.template.values import Rules


@dataclass(slots=True)
class Watch:
    """One watched mailbox: its number in the store, its reader, and what is already told of it."""

    login: str  # the person's address where one is known, else the login name
    settings: Mailbox
    reader: WatchedMailbox
    since: float  # watched since, epoch seconds
    answers: bool = False  # whether it is an inbox, of which only what comes back is read
    id: int = 0  # until it is registered
    kept: Status | None = None  # the status that the store has
    in_trouble: bool = False  # the log says that it cannot be read
    shown: tuple[Status, MailboxFigure] | None = None  # the last figure, and what it was made of
    counted: dict[str, int] = field(default_factory=dict)  # reconnects that the metrics have, by reason

    def figure(self) -> MailboxFigure:
        """What metrics and pages say of it."""
        status = self.reader.status
        if self.shown is None or self.shown[0] is not status or self.shown[1].id != str(self.id):
            figure = MailboxFigure(
                str(self.id), status.state, status.last_sync, status.backlog, status.reason
            )
            self.shown = status, figure  # most of thousands have nothing new to say from one time to the next
        return self.shown[1]


@dataclass(frozen=True, slots=True)
class Servers:
    """What the mailboxes of one server share: their pace and their limits."""

    paces: Paces
    hosts: Hosts

    @classmethod
    def of(cls, imap: Imap) -> "Servers":
        """As the configuration says, with nobody connected."""
        return cls(Paces(), Hosts(imap.connections_per_host, imap.connections_per_login))


@dataclass(slots=True)
class Running:
    """The daemon's parts."""

    config: Config
    path: Path
    company: People
    pseudonyms: Pseudonyms  # for questions; the intake has its own, whose memory is its thread's
    store: Store
    intake: Intake
    inbox: Inbox
    judge: Judge
    metrics: Metrics
    servers: Servers
    watches: list[Watch]
    tokens: Tokens
    config_figure: ConfigFigure
    started_with: Config
    health: Health = field(default_factory=Health)
    snapshot: Snapshot | None = None
    needs_restart: tuple[str, ...] = ()  # what a reload has read and cannot use
    remembered: Remembered = field(default_factory=Remembered)  # of the figures, by the reader's thread
    token_failures: dict[tuple[str, str], int] = field(default_factory=dict)  # that the metrics have
    usual: Mapping[str, Band] = field(default_factory=dict)  # by team, of the hour that ends now
    usual_of_all: Band | None = None
    usual_today: Band | None = None  # of the whole organisation, since local midnight
    template_senders: Mapping[str, int] = field(default_factory=dict)  # of the top templates
    answers: AnswerFigures | None = None  # None where `[answers]` is off, or nothing was read yet
    replica: Replica | None = None  # among others over one database; None: this daemon is alone
    at_work: set[str] = field(default_factory=set)  # keys of the mailboxes that are being watched
    page_url: str | None = None  # where people reach the page; None until it is bound
    reload_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    rewatch: asyncio.Event = field(default_factory=asyncio.Event)  # other mailboxes are to be watched now
    let_go: asyncio.Event = field(default_factory=asyncio.Event)  # `at_work` has shrunk
    leading: asyncio.Event = field(default_factory=asyncio.Event)  # this daemon judges
    deposed: asyncio.Event = field(default_factory=asyncio.Event)  # and now it does not any more
    stored: asyncio.Event = field(default_factory=asyncio.Event)  # sends wait for judgement
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # the figures have moved
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # requests were applied or refused

    @property
    def sent(self) -> list[Watch]:
        """The watched mailboxes that hold what was sent; the others are inboxes."""
        return [watched for watched in self.watches if not watched.answers]

    @property
    def own(self) -> list[Watch]:
        """The mailboxes that this daemon watches; the others are watched by other replicas."""
        if self.replica is None:
            return self.watches
        held = self.replica.held
        return [watched for watched in self.watches if watched.reader.key in held]

    def status_of(self, watched: Watch) -> Status:
        """How a mailbox is, whoever watches it."""
        if self.replica is None or watched.reader.key in self.replica.held:
            return watched.reader.status
        _, status = self.replica.elsewhere.get(watched.reader.key, (0, Status()))
        return status

    def through(self, watched: Watch) -> Transactions:
        """The store, for what is written about a mailbox by who watches it.

        Raises:
            LeaseLost: it is another replica's now.
        """
        if self.replica is None:
            return self.store
        fence = self.replica.held.get(watched.reader.key)
        if fence is None:
            raise LeaseLost(f"mailbox {watched.id}: another replica watches it now")
        return Fenced(self.store, fence)

    @property
    def judging(self) -> Transactions:
        """The store, for what one daemon alone does: judgement, and all that follows from it.

        Raises:
            LeaseLost: another replica judges now.
        """
        if self.replica is None:
            return self.store
        if self.replica.leads is None:
            raise LeaseLost("another replica judges now")
        return Fenced(self.store, self.replica.leads)

    @property
    def leads(self) -> bool:
        """Whether this daemon judges, and speaks for the store."""
        return self.replica is None or self.replica.leads is not None

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.config.organisation.timezone)


def rules_of(config: Config) -> Rules:
    """The template stage's numbers, from the configuration."""
    templates = config.templates
    return Rules(
        min_recipients=templates.min_recipients,
        min_organisations=templates.min_organisations,
        tailored_share=templates.tailored_share,
        span_days=max(1, templates.span.days),
        horizon_days=max(1, templates.match_horizon.days),
    )


def make(config: Config, path: Path) -> Running:
    """Open the store and make every part; nothing is connected yet.

    Raises:
        ConfigError, StoreError: as `company_of`, `open_store` and the key file say.
    """
    company = company_of(config)
    config.store.path.parent.mkdir(parents=True, exist_ok=True)
    key = _key(config)
    pseudonyms = Pseudonyms(key)
    place = place_of(config.store)
    store = open_store(place, pseudonyms)
    replica = Replica(open_connection(place)) if isinstance(place, Postgresql) else None
    words = ClearWords(config.privacy.wording_recipients)
    read_internal = config.privacy.read_internal
    tokens, servers = Tokens(config.logins), Servers.of(config.imap)
    return Running(
        config=config,
        path=path,
        company=company,
        pseudonyms=pseudonyms,
        store=store,
        intake=Intake(store, Readers(company, key, read_internal=read_internal), words),
        inbox=Inbox(store, company, Pseudonyms(key), config.answers.stop_addresses),
        judge=Judge(rules_of(config), words, pseudonyms),
        metrics=Metrics(
            company.teams(),
            version=__version__,
            read_internal=read_internal,
            answers=config.answers.enabled,
        ),
        servers=servers,
        watches=watches_of(config, company, tokens, servers),
        tokens=tokens,
        config_figure=ConfigFigure(read_at=time.time(), hash=config_hash(config)),
        started_with=config,
        replica=replica,
    )


def _key(config: Config) -> bytes:
    """The key; made only where there is no store yet that another one belongs to."""
    store = config.store
    if store.key_path.exists() or store.url is not None or not _has_content(store.path):
        return load_or_make_key(store.key_path)
    raise StoreError(
        f"{store.key_path}: the key of {store.path} is not there; put it back. If it is lost, move the store "
        "away too: the next start reads the mailboxes anew, with a new key"
    )


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def config_hash(config: Config) -> str:
    """A short hash of the configuration in use; it holds no secret, and neither does the configuration."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]


def watches_of(config: Config, company: People, tokens: Tokens, servers: Servers) -> list[Watch]:
    """A reader for each mailbox of the configuration, and for the inboxes where answers are read.

    Those of one server share its pace and its limits.

    Raises:
        ConfigError: two of them are the same login, server and folder.
    """
    now = time.time()
    today = datetime.fromtimestamp(now, UTC).date()
    watches = []
    looks: list[tuple[Entry, Look | None]] = [(entry, None) for entry in expand(config, company)]
    looks += [(entry, inbox_headers) for entry in inboxes(config, company)]
    for entry, look in looks:
        one = entry.mailbox
        reader = WatchedMailbox(
            one,
            config.imap,
            servers.paces.of(one.host, config.imap.pace(one.preset)),
            servers.hosts.of(one.host, one.port),
            tokens=tokens,
            since=today - one.backfill,
            private=config.privacy.private_folders,
            look=look,
        )
        watches.append(Watch(entry.owner, one, reader, now, answers=look is not None))
    return watches
