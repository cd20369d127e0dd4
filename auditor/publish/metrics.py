"""What Prometheus reads: the only home of prometheus_client.

Two kinds of numbers. Counters say what THIS process did since it started; they are for rates and health,
never for ratios. Everything else is the snapshot that the service last handed in: the truth of the store,
by the leader alone, and the state of this process. A scrape reads that one value and can neither wait for
the event loop nor see half a change.
"""

import platform
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.utils import floatToGoString

from auditor.answer.arrival import Sort
from auditor.answer.rates import Joined
from auditor.people import NO_TEAM, OTHER_TEAMS
from auditor.publish.gauges import Gauge as Gauge_
from auditor.publish.gauges import gauges
from auditor.publish.snapshot import Snapshot
from auditor.statistics.figures import Cell
from auditor.vocabulary import OUTREACH, RATED, Class, Direction, Kind

PREFIX = "auditor_"
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4
_SEND = ("team", "direction", "kind", "class")
_MOVE = ("team", "direction", "kind", "from", "to")
_DELAYS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)  # seconds; the promise is 2
_WORDS_AT_MOST = 64
"""Distinct values of an open label (reason, outcome); a further one is counted as `other`."""


def possible(read_internal: bool) -> tuple[tuple[Direction, Kind, Class], ...]:
    """What a send can be. The text of internal mail is not read by default: then nothing is known of it."""
    without_text = (Kind.AUTO, Kind.CALENDAR)
    later = (Kind.SERVICE,)  # only once a template has that purpose
    texts = [kind for kind in Kind if kind not in without_text + later]
    readable = [class_ for class_ in Class if class_ is not Class.EXCLUDED]
    found: list[tuple[Direction, Kind, Class]] = []
    for kind in texts:
        headers = [Class.MASS, Class.BRIEF] if kind in OUTREACH else [Class.BRIEF]  # a blast shows in them
        found += [(Direction.EXTERNAL, kind, class_) for class_ in readable]
        found += [(Direction.INTERNAL, kind, class_) for class_ in (readable if read_internal else headers)]
    aside = [(way, kind, Class.EXCLUDED) for way in Direction for kind in without_text]
    return (*found, *aside)


class Metrics:
    """Counters of this process, and the snapshot beside them. Counting is safe from any thread."""

    def __init__(
        self,
        teams: Iterable[str] = (),
        *,
        version: str,
        read_internal: bool = False,
        answers: bool = False,
    ) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter that nobody reads
        self._registry = CollectorRegistry()
        self._possible = possible(read_internal)
        self._answers = answers  # whether what comes back is read
        self._teams: frozenset[str] = frozenset()
        self._words: dict[str, set[str]] = {}
        self._make_counters()
        about = "The release that runs, always 1."
        build = Gauge(f"{PREFIX}build_info", about, ("version", "python"), registry=self._registry)
        build.labels(version, platform.python_version()).set(1)
        self._snapshot: Snapshot | None = None
        self._expected: tuple[Cell, ...] = ()
        ProcessCollector(registry=self._registry)
        self.know_teams(teams)

    def know_teams(self, teams: Iterable[str]) -> None:
        """Start the counters of these teams at 0; others are counted as "other". May be called again."""
        for team in sorted(frozenset({*teams, NO_TEAM, OTHER_TEAMS}) - self._teams):
            for direction, kind, class_ in self._possible:
                self._messages.labels(team, direction, kind, class_)
                self._deliveries.labels(team, direction, kind, class_)
            self._backfilled.labels(team)
            self._merge_failures.labels(team)
            if self._answers:
                self._expect_answers(team)
            self._teams |= {team}
        self._expected = tuple(
            Cell(team, *combination) for team in sorted(self._teams) for combination in self._possible
        )

    def count_judged(
        self,
        team: str,
        direction: Direction,
        kind: Kind,
        class_: Class,
        *,
        deliveries: int,
        live: bool = True,
    ) -> None:
        """Count the first verdict of one send; one that was not found live is only counted as backfilled."""
        team = self._known(team)
        if not live:
            self._backfilled.labels(team).inc()
            return
        self._messages.labels(team, direction, kind, class_).inc()
        self._deliveries.labels(team, direction, kind, class_).inc(deliveries)

    def count_reclassified(
        self, team: str, direction: Direction, kind: Kind, before: Class, after: Class
    ) -> None:
        """Count one earlier send that changed its class."""
        self._reclassified.labels(self._known(team), direction, kind, before, after).inc()

    def count_merge_failure(self, team: str) -> None:
        """Count one live send with a merge field that was not filled."""
        self._merge_failures.labels(self._known(team)).inc()

    def count_skipped(self, reason: str, messages: int = 1) -> None:
        """Count messages that are no sends, or could not be read. `reason`: a stable snake_case word."""
        self._skipped.labels(self._bounded("skipped", reason)).inc(messages)

    def count_reconnect(self, reason: str) -> None:
        """Count one lost IMAP connection. `reason`: a stable snake_case word."""
        self._reconnects.labels(self._bounded("reconnects", reason)).inc()

    def count_token_failure(self, login: str, reason: str, failures: int = 1) -> None:
        """Count refused tokens and failed sign-ins. `login`: the name of a `[[logins]]` entry."""
        self._token_failures.labels(login, self._bounded("tokens", reason)).inc(failures)

    def count_notification(self, outcome: str) -> None:
        """Count one attempt to hand over a letter. `outcome`: sent, repeated, delayed or refused."""
        self._notifications.labels(self._bounded("notifications", outcome)).inc()

    def count_alert(self, scope: str, reason: str) -> None:
        """Count one incident that was opened."""
        self._alerts.labels(self._bounded("scope", scope), self._bounded("alerts", reason)).inc()

    def expect_alert(self, scope: str, reason: str) -> None:
        """Let such incidents count from 0, so that the first one is seen as a rise."""
        self._alerts.labels(self._bounded("scope", scope), self._bounded("alerts", reason))

    def count_answers(self, joined: Iterable[Joined]) -> None:
        """Count replies and bounces that were found while watching, by what they answer."""
        for one in joined:
            if one.live and one.sort is Sort.REPLY:
                self._replies.labels(self._known(one.team), one.kind, one.class_).inc()
            elif one.live and one.sort is Sort.BOUNCE:
                self._bounces.labels(self._known(one.team), one.class_).inc()

    def observe_delay(self, seconds: float) -> None:
        """Record how long one live send took from being found to being stored."""
        self._delay.observe(max(0.0, seconds))

    def show(self, snapshot: Snapshot) -> None:
        """Replace what the gauges say, whole."""
        self._snapshot = snapshot

    def render(self) -> bytes:
        """The page that Prometheus scrapes, in text format 0.0.4; call it off the event loop."""
        shown, expected = self._snapshot, self._expected
        families = () if shown is None else gauges(shown, expected)
        text = "".join(line for family in families for line in _written(family))
        return prometheus_client.generate_latest(self._registry) + text.encode()

    def _make_counters(self) -> None:
        live = "found while watching, at their first verdict"
        self._messages = self._counter("messages", f"Sends {live}.", _SEND)
        self._deliveries = self._counter("deliveries", f"Recipients of sends {live}.", _SEND)
        self._backfilled = self._counter("backfilled_messages", "Sends found in the past.", ("team",))
        self._reclassified = self._counter("reclassified", "Earlier sends that changed class.", _MOVE)
        self._merge_failures = self._counter(
            "merge_failures", "Sends with a merge field that was not filled.", ("team",)
        )
        self._replies = self._counter(
            "replies", "Answers of people outside, by the send they answer.", ("team", "kind", "class")
        )
        self._bounces = self._counter("bounces", "Sends that could not be delivered.", ("team", "class"))
        self._skipped = self._counter(
            "skipped_messages", "Messages that were not counted, and why.", ("reason",)
        )
        self._reconnects = self._counter("imap_reconnects", "IMAP connections that were lost.", ("reason",))
        self._token_failures = self._counter(
            "token_failures", "Access tokens that were refused or not given.", ("login", "reason")
        )
        self._notifications = self._counter(
            "notifications", "Letters handed to the mail server.", ("outcome",)
        )
        self._alerts = self._counter("alerts_opened", "Incidents that were opened.", ("scope", "reason"))
        self._delay = Histogram(
            f"{PREFIX}classification_delay_seconds",
            "From finding a send while watching to storing its verdict.",
            buckets=_DELAYS,
            registry=self._registry,
        )
        for outcome in ("sent", "repeated", "delayed", "refused"):
            self._notifications.labels(outcome)
        for reason in ("lost", "refused", "throttled"):
            self._reconnects.labels(self._bounded("reconnects", reason))
        for reason in ("unreadable", "vanished"):
            self.count_skipped(reason, 0)

    def _expect_answers(self, team: str) -> None:
        """Let answers to outreach count from 0."""
        for class_ in (*sorted(RATED), Class.BRIEF):
            self._bounces.labels(team, class_)
            for kind in sorted(OUTREACH):
                self._replies.labels(team, kind, class_)

    def _counter(self, name: str, about: str, labels: tuple[str, ...]) -> Counter:
        return Counter(PREFIX + name, about, labels, registry=self._registry)

    def _known(self, team: str) -> str:
        return team if team in self._teams else OTHER_TEAMS

    def _bounded(self, label: str, word: str) -> str:
        words = self._words.setdefault(label, set())
        if word not in words and len(words) >= _WORDS_AT_MOST:
            return "other"
        words.add(word)
        return word


def _written(gauge: Gauge_) -> Iterator[str]:
    """One family in text format 0.0.4. prometheus_client writes the same four times as slowly, and of a large
    company there are over ten thousand lines."""
    name = PREFIX + gauge.name
    yield f"# HELP {name} {gauge.about}\n# TYPE {name} gauge\n"
    order = sorted(range(len(gauge.labels)), key=gauge.labels.__getitem__)  # as prometheus_client writes them
    pattern = "{" + ",".join(f'{gauge.labels[place]}="%s"' for place in order) + "}" if order else ""
    number: Callable[[float], str] = floatToGoString
    for labels, value in gauge.samples:
        yield f"{name}{pattern % tuple([_escaped(labels[place]) for place in order])} {number(value)}\n"


@lru_cache(maxsize=4096)
def _escaped(label: str) -> str:
    """A label's value as it stands between quotes."""
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
