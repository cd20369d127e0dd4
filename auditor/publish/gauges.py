"""Snapshot -> gauges: a pure function, so that a scrape can never find half a change.

Names and labels are a contract: added, never renamed. A ratio is absent where nothing was sent, because 0
would be a claim; sums over label values are the organisation, so no total is ever a label value.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from auditor.answer.rates import AnswerFigures, Rate
from auditor.publish.snapshot import MAILBOX_STATES, PEOPLE_STATES, MailboxFigure, Snapshot
from auditor.statistics.figures import (
    Cell,
    Figures,
    Scale,
    Unit,
    Volume,
    Volumes,
    Window,
    by_team,
    handwritten_share,
    merge_failures_by_team,
    parts,
    teams,
    templated_messages,
)
from auditor.statistics.tally import Scope

SINGLE_MAILBOXES = 200
"""So many mailboxes in trouble have a series of their own, the worst first; the rest are in the sums."""

_CELL = ("team", "direction", "kind", "class", "window")
_WINDOW = ("window",)
_TEMPLATE = ("template",)
_BOUNDS = ("low", "expected", "high")
_AS_KNOWN = "as judged now; past samples stay as they were known then."
_MASS = "Mass-sent, of all mass, tailored and personal external sends."
_PERSONALIZED = "Tailored and personal, of all mass, tailored and personal external sends."
_WRITTEN = "Words that only one recipient received, of the words of external sends."


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric family: its name without the prefix, its help, and its samples."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    samples: list[tuple[tuple[str, ...], float]] = field(default_factory=list)

    def add(self, value: float | None, *labels: str) -> None:
        """Add one sample; None is left out."""
        if value is not None:
            self.samples.append((labels, float(value)))


def gauges(snapshot: Snapshot, expected: Iterable[Cell] = ()) -> Iterator[Gauge]:
    """Every gauge the snapshot can fill. `expected` stand at 0 where nothing was sent."""
    yield _single("analyst", "1 on the process that judges and speaks for the store.", snapshot.analyst)
    yield _single("store_writable", "Whether the store accepts writes.", snapshot.store_writable)
    progress = snapshot.backfill_progress
    yield _single("backfill_progress_ratio", "How much of the past to be read has been read.", progress)
    yield from _config(snapshot)
    yield from _mailboxes(snapshot.mailboxes, snapshot.at)
    yield _expiries(snapshot.expiries)
    people = Gauge("people", "People by whether their mailbox is read.", ("team", "state"))
    for team, state in product(sorted({team for team, _ in snapshot.people}), PEOPLE_STATES):
        people.add(snapshot.people.get((team, state), 0), team, state)
    yield people
    page = Gauge("page_info", "Where people reach the page of this auditor, always 1.", ("url",))
    if snapshot.page_url is not None:
        page.add(1, snapshot.page_url)
    yield page
    if snapshot.figures is not None:
        cells = tuple(expected)
        known = {cell.team for cell in cells}
        yield from _volumes(snapshot.figures.windows, cells)
        yield _unfilled(snapshot.figures.windows, known)
        yield from _ratios(snapshot.figures.windows)
        yield from _targets(snapshot)
        yield from _templates(snapshot.figures, snapshot.template_senders)
        yield from _last_hour(snapshot, snapshot.figures, known)
        yield from _alerting(snapshot.figures)
    if snapshot.answers is not None:
        yield from _answers(snapshot.answers)


def troubled(mailboxes: Iterable[MailboxFigure], now: float) -> list[MailboxFigure]:
    """Mailboxes that are late or not watching, the one confirmed longest ago first; at most 200."""
    bad = [mailbox for mailbox in mailboxes if not mailbox.up_to_date or mailbox.is_late(now)]
    bad.sort(key=lambda mailbox: (mailbox.last_sync or 0.0, mailbox.id))
    return bad[:SINGLE_MAILBOXES]


def _single(name: str, about: str, value: float | None) -> Gauge:
    gauge = Gauge(name, about)
    gauge.add(value)
    return gauge


def _expiries(expiries: Mapping[str, float]) -> Gauge:
    about = "When the certificate or secret of a login expires."
    gauge = Gauge("credential_expiry_timestamp_seconds", about, ("login",))
    for login, at in sorted(expiries.items()):
        gauge.add(at, login)
    return gauge


def _config(snapshot: Snapshot) -> Iterator[Gauge]:
    config = snapshot.config
    yield _single(
        "config_last_reload_successful",
        "Whether the last reading of the configuration succeeded.",
        config.successful,
    )
    yield _single(
        "config_last_reload_success_timestamp_seconds",
        "When the configuration in use was read.",
        config.read_at,
    )
    number = int(config.hash[:12], 16) if config.hash else None  # 48 bits are exact in a float
    yield _single("config_hash", "Differs when the configuration in use differs.", number)


def _mailboxes(mailboxes: tuple[MailboxFigure, ...], now: float) -> Iterator[Gauge]:
    counts = dict.fromkeys(MAILBOX_STATES, 0)
    for mailbox in mailboxes:
        counts[mailbox.state] = counts.get(mailbox.state, 0) + 1
    states = Gauge("mailboxes", "Mailboxes by what their watcher is doing.", ("state",))
    for state, count in sorted(counts.items()):
        states.add(count, state)
    yield states
    late = sum(mailbox.is_late(now) for mailbox in mailboxes)
    yield _single("mailboxes_late", "Mailboxes that their server has not confirmed for 15 minutes.", late)
    backlog = sum(mailbox.backlog for mailbox in mailboxes)
    yield _single("backlog_messages", "Messages that are found but not stored yet.", backlog)
    confirmed = [mailbox.last_sync for mailbox in mailboxes if mailbox.last_sync is not None]
    oldest = min(confirmed, default=None)
    yield _single(
        "oldest_sync_timestamp_seconds", "When the mailbox longest unconfirmed was confirmed.", oldest
    )
    yield from _single_mailboxes(troubled(mailboxes, now))


def _single_mailboxes(mailboxes: list[MailboxFigure]) -> Iterator[Gauge]:
    which = "only of mailboxes that are late or not watching"
    synced = Gauge(
        "mailbox_last_sync_timestamp_seconds",
        f"When the server last confirmed that nothing past the cursor is unread; {which}.",
        ("mailbox",),
    )
    backlog = Gauge(
        "mailbox_backlog_messages", f"Messages that are found but not stored yet; {which}.", ("mailbox",)
    )
    for mailbox in mailboxes:
        synced.add(mailbox.last_sync, mailbox.id)
        backlog.add(mailbox.backlog, mailbox.id)
    yield from (synced, backlog)


def _volumes(windows: Mapping[Window, Volumes], expected: tuple[Cell, ...]) -> Iterator[Gauge]:
    messages = Gauge("window_messages", f"Sends of the window, {_AS_KNOWN}", _CELL)
    deliveries = Gauge("window_deliveries", f"Recipients of the sends of the window, {_AS_KNOWN}", _CELL)
    # By plain labels: an enumeration's hash is worked out in Python, and there are thousands of cells.
    shown = {window: {_labels(cell): volume for cell, volume in of.items()} for window, of in windows.items()}
    nothing = Volume()
    for labels in sorted({*map(_labels, expected), *shown.get(Window.MONTH, {})}):
        for window, volumes in shown.items():
            volume = volumes.get(labels, nothing)
            messages.add(volume.messages, *labels, window)
            deliveries.add(volume.deliveries, *labels, window)
    yield from (messages, deliveries)


def _labels(cell: Cell) -> tuple[str, str, str, str]:
    return cell.team, cell.direction.value, cell.kind.value, cell.class_.value


def _unfilled(windows: Mapping[Window, Volumes], expected: set[str]) -> Gauge:
    unfilled = Gauge(
        "window_merge_failures",
        f"External sends of the window with a merge field that was not filled, {_AS_KNOWN}",
        ("team", "window"),
    )
    for window, volumes in windows.items():
        counts = {**dict.fromkeys(expected, 0), **merge_failures_by_team(volumes)}
        for team, count in sorted(counts.items()):
            unfilled.add(count, team, window)
    return unfilled


def _targets(snapshot: Snapshot) -> Iterator[Gauge]:
    about = "The highest mass ratio that is aimed at, of outreach in deliveries."
    single = Gauge("target_ratio", about, ("team",))
    for team, target in sorted(snapshot.targets.items()):
        single.add(target, team)
    yield from (single, _single("organization_target_ratio", about, snapshot.target))


def _ratios(windows: Mapping[Window, Volumes]) -> Iterator[Gauge]:
    labels = ("team", "kind", "window", "unit")
    mass = Gauge("mass_ratio", _MASS, labels)
    personalized = Gauge("personalized_ratio", _PERSONALIZED, labels)
    written = Gauge("handwritten_share_ratio", _WRITTEN, labels[:3])
    all_mass = Gauge("organization_mass_ratio", _MASS, labels[1:])
    all_personalized = Gauge("organization_personalized_ratio", _PERSONALIZED, labels[1:])
    all_written = Gauge("organization_handwritten_share_ratio", _WRITTEN, labels[1:3])
    for window, volumes in windows.items():
        _add_ratios((all_mass, all_personalized, all_written), volumes, window)
        for team, own in by_team(volumes).items():
            _add_ratios((mass, personalized, written), own, window, team)
    yield from (mass, personalized, written, all_mass, all_personalized, all_written)


def _add_ratios(three: tuple[Gauge, Gauge, Gauge], volumes: Volumes, window: Window, *team: str) -> None:
    mass, personalized, written = three
    for scale in Scale:
        for unit in Unit:
            counted = parts(volumes, scale, unit)
            mass.add(counted.mass_ratio, *team, scale, window, unit)
            personalized.add(counted.personalized_ratio, *team, scale, window, unit)
        written.add(handwritten_share(volumes, scale), *team, scale, window)


def _templates(figures: Figures, senders: Mapping[str, int]) -> Iterator[Gauge]:
    states = Gauge(
        "templates", "Wording that several sends share, by whether it reached enough people.", ("state",)
    )
    for state, count in figures.templates.items():
        states.add(count, state)
    used = Gauge("template_messages", "Sends of the window's 20 most used templates.", ("template", "window"))
    for window, ranked in figures.top_templates.items():
        for template, messages in ranked:
            used.add(messages, template, window)
    names = Gauge("template_info", "The name that people gave a template, always 1.", ("template", "name"))
    for template, name in sorted(figures.template_names.items()):
        names.add(1, template, name)
    born = Gauge(
        "templates_born", "Templates that began within the window and reached enough people.", _WINDOW
    )
    for window, count in figures.templates_born.items():
        born.add(count, window)
    births = Gauge("template_first_sent_timestamp_seconds", "When a top template was first sent.", _TEMPLATE)
    for template, at in sorted(figures.template_births.items()):
        births.add(at, template)
    users = Gauge("template_senders", "People who used a top template in the last 30 days.", _TEMPLATE)
    for template, count in sorted(senders.items()):
        users.add(count, template)
    yield from (states, used, names, born, births, users)


def _last_hour(snapshot: Snapshot, figures: Figures, expected: set[str]) -> Iterator[Gauge]:
    sent = Gauge(
        "templated_messages_last_hour",
        "External mass and tailored sends of the last hour, of any kind.",
        ("team",),
    )
    volumes = figures.windows.get(Window.HOUR, {})
    for team in sorted({*expected, *teams(volumes)}):
        sent.add(templated_messages(volumes, team), team)
    usual = Gauge(
        "usual_templated_messages",
        "Templated sends that are usual in an hour like this; 95 of 100 such hours lie between low and high.",
        ("team", "bound"),
    )
    for team, band in sorted(snapshot.usual.items()):
        for bound in _BOUNDS:
            usual.add(getattr(band, bound), team, bound)
    whole = Gauge(
        "organization_usual_templated_messages",
        "The same for the whole organisation; its bounds are its own, and no sum of the teams'.",
        ("bound",),
    )
    if snapshot.usual_of_all is not None:
        for bound in _BOUNDS:
            whole.add(getattr(snapshot.usual_of_all, bound), bound)
    yield from (sent, usual, whole)


def _answers(figures: AnswerFigures) -> Iterator[Gauge]:
    about = "People outside who answered, of those reached by outreach who had not answered before"
    over = "sends whose time to be answered is over; absent under 30 people"
    ratio = Gauge("reply_ratio", f"{about}; {over}.", ("team", "kind", "class", "window"))
    whole = Gauge("organization_reply_ratio", f"{about}; {over}.", ("kind", "class", "window"))
    bounds = Gauge(
        "organization_reply_ratio_bound", "Its 95% interval (Wilson).", ("kind", "class", "window", "bound")
    )
    for window, answers in figures.windows.items():
        for (team, class_), rate in sorted(answers.by_team.items()):
            ratio.add(_ratio(rate), team, Scale.OUTREACH, class_, window)
        for (team, kind, class_), rate in sorted(answers.by_kind.items()):
            ratio.add(_ratio(rate), team, kind, class_, window)
        for class_, rate in sorted(answers.by_class.items()):
            if rate.ratio is not None:
                whole.add(rate.ratio.value, Scale.OUTREACH, class_, window)
                bounds.add(rate.ratio.low, Scale.OUTREACH, class_, window, "low")
                bounds.add(rate.ratio.high, Scale.OUTREACH, class_, window, "high")
    yield from (ratio, whole, bounds)


def _ratio(rate: Rate) -> float | None:
    return None if rate.ratio is None else rate.ratio.value


def _alerting(figures: Figures) -> Iterator[Gauge]:
    incidents = Gauge("alerts_open", "Incidents that are open.", ("scope",))
    for scope in sorted({*map(str, Scope), *figures.open_incidents}):
        incidents.add(figures.open_incidents.get(scope, 0), scope)
    yield incidents
    yield _single("notification_queue", "Letters that wait to be handed over.", figures.letters_waiting)
    oldest = figures.oldest_letter_at
    yield _single(
        "notifications_oldest_pending_timestamp_seconds",
        "When the longest waiting letter was written.",
        oldest,
    )
