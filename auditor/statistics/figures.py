"""What is true now, in numbers: volumes of the moving windows, their three parts, and the ratios.

Values and arithmetic only; `store.reading.figures` reads them, `publish` shows them. Every ratio is taken
from sums, never from other ratios, and is None where nothing was sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from auditor.statistics.tally import COARSE_SECONDS, FINE_SECONDS
from auditor.vocabulary import OUTREACH, PARTS, TEMPLATED, Class, Direction, Kind

ENOUGH_SENDS = 20
"""Below so many sends a percentage says more than is known: people are shown counts instead."""


class Window(StrEnum):
    """How far back a moving figure looks."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def seconds(self) -> int:
        """The length of the full buckets; the running bucket comes on top."""
        return _SECONDS[self]

    def start(self, now: float) -> int:
        """Start of the first bucket that counts at `now`: the full ones before the running one."""
        width = FINE_SECONDS if self.seconds <= Window.DAY.seconds else COARSE_SECONDS
        return int(now // width) * width - self.seconds


_SECONDS = {Window.HOUR: 3600, Window.DAY: 86_400, Window.WEEK: 7 * 86_400, Window.MONTH: 30 * 86_400}


class Unit(StrEnum):
    """What is counted: sends, or the people they reached."""

    MESSAGES = "messages"
    DELIVERIES = "deliveries"


class Scale(StrEnum):
    """Which kinds a ratio is about."""

    OUTREACH = "outreach"  # new and follow_up
    ALL = "all"

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that count."""
        return OUTREACH if self is Scale.OUTREACH else frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a volume is a volume of; the labels of the metrics."""

    team: str
    direction: Direction
    kind: Kind
    class_: Class


@dataclass(frozen=True, slots=True)
class Volume:
    """How much was sent: sends, deliveries, and the words whose share was measured."""

    messages: int = 0
    deliveries: int = 0
    own_words: int = 0
    words: int = 0
    merge_failures: int = 0

    def __add__(self, other: "Volume") -> "Volume":
        return Volume(
            self.messages + other.messages,
            self.deliveries + other.deliveries,
            self.own_words + other.own_words,
            self.words + other.words,
            self.merge_failures + other.merge_failures,
        )

    def __neg__(self) -> "Volume":
        return Volume(-self.messages, -self.deliveries, -self.own_words, -self.words, -self.merge_failures)


Volumes = Mapping[Cell, Volume]


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts that people always see."""

    mass: int = 0
    tailored: int = 0
    personal: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Parts":
        """From counts by class; others are left out."""
        return cls(*(counts.get(class_, 0) for class_ in PARTS))

    @property
    def total(self) -> int:
        """The denominator of the ratios."""
        return self.mass + self.tailored + self.personal

    @property
    def mass_ratio(self) -> float | None:
        """0..1; None where nothing was sent."""
        return self.mass / self.total if self.total else None

    @property
    def personalized_ratio(self) -> float | None:
        """1 - mass ratio, taken from the same sums."""
        return (self.tailored + self.personal) / self.total if self.total else None

    def fields(self) -> dict[str, float | None]:
        """The parts and their ratios, as files for programs name them."""
        return {
            "mass": self.mass,
            "tailored": self.tailored,
            "personal": self.personal,
            "mass_ratio": self.mass_ratio,
            "personalized_ratio": self.personalized_ratio,
        }

    def of_hundred(self) -> tuple[int, int, int]:
        """Whole percentages that add up to 100 (largest remainders); (0, 0, 0) where nothing was sent."""
        if not self.total:
            return 0, 0, 0
        amounts = (self.mass, self.tailored, self.personal)
        floors = [amount * 100 // self.total for amount in amounts]
        by_remainder = sorted(range(3), key=lambda part: (-(amounts[part] * 100 % self.total), part))
        for part in by_remainder[: 100 - sum(floors)]:
            floors[part] += 1
        return floors[0], floors[1], floors[2]


def parts(volumes: Volumes, scale: Scale, unit: Unit, team: str | None = None) -> Parts:
    """The three parts of external sends; of one team, or of the whole organisation."""
    sums: dict[str, int] = dict.fromkeys(PARTS, 0)
    for cell, volume in _external(volumes, scale, team):
        if cell.class_ in sums:
            sums[cell.class_] += volume.messages if unit is Unit.MESSAGES else volume.deliveries
    return Parts.of(sums)


def handwritten_share(volumes: Volumes, scale: Scale, team: str | None = None) -> float | None:
    """Words that only one recipient received, of all words measured; None where none was."""
    own = words = 0
    for _, volume in _external(volumes, scale, team):
        own += volume.own_words
        words += volume.words
    return own / words if words else None


def templated_messages(volumes: Volumes, team: str | None = None) -> int:
    """External sends that follow a template that reached enough people, whatever their kind."""
    return sum(v.messages for cell, v in _external(volumes, Scale.ALL, team) if cell.class_ in TEMPLATED)


def merge_failures(volumes: Volumes, team: str | None = None) -> int:
    """External sends with a merge field that was not filled."""
    return sum(volume.merge_failures for _, volume in _external(volumes, Scale.ALL, team))


def merge_failures_by_team(volumes: Volumes) -> Mapping[str, int]:
    """The same for every team that sent anything, in one pass."""
    counts = dict.fromkeys(teams(volumes), 0)
    for cell, volume in _external(volumes, Scale.ALL, None):
        counts[cell.team] += volume.merge_failures
    return counts


def teams(volumes: Volumes) -> tuple[str, ...]:
    """Every team that sent anything, sorted."""
    return tuple(sorted({cell.team for cell in volumes}))


def by_team(volumes: Volumes) -> Mapping[str, Volumes]:
    """The volumes of each team that sent anything, sorted by team."""
    apart: dict[str, dict[Cell, Volume]] = {}
    for cell, volume in volumes.items():
        apart.setdefault(cell.team, {})[cell] = volume
    return dict(sorted(apart.items()))


def _external(volumes: Volumes, scale: Scale, team: str | None) -> Iterable[tuple[Cell, Volume]]:
    for cell, volume in volumes.items():
        if cell.direction is Direction.EXTERNAL and cell.kind in scale.kinds and team in (None, cell.team):
            yield cell, volume


@dataclass(frozen=True, slots=True)
class Figures:
    """What the metrics say of the store at one moment; read every few seconds, so it has to be cheap."""

    at: float  # seconds since the epoch
    windows: Mapping[Window, Volumes]
    templates: Mapping[str, int] = field(default_factory=dict)  # by state: reached, not_reached
    top_templates: Mapping[Window, tuple[tuple[str, int], ...]] = field(default_factory=dict)  # id, messages
    template_names: Mapping[str, str] = field(default_factory=dict)  # of the above, where people gave one
    template_births: Mapping[str, float] = field(default_factory=dict)  # of the above: the first send
    templates_born: Mapping[Window, int] = field(default_factory=dict)  # founded within, and reached
    open_incidents: Mapping[str, int] = field(default_factory=dict)  # by scope
    letters_waiting: int = 0
    oldest_letter_at: float | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """Outreach deliveries outside the organisation on one local day."""

    date: date
    parts: Parts


@dataclass(frozen=True, slots=True)
class TemplateFigure:
    """One template as people see it; `wording` only where enough recipients have the same words."""

    id: str
    name: str | None
    wording: str | None
    sends: int  # since it was founded
    recent_sends: int  # in the last 30 days
    recent_deliveries: int
    senders: int
    first_sent: float
    last_sent: float
    reached: bool


@dataclass(frozen=True, slots=True)
class IncidentFigure:
    """One incident as people see it."""

    id: int
    scope: str
    series: str
    unit: str
    state: str
    cause: str
    opened_at: float | None
    updated_at: float
    resolved_at: float | None
    window: int  # seconds
    observed: int
    usual: float
    low: float
    high: float
    name: str | None = None  # of the template, where the series is one and somebody named it
    wording: str | None = None  # of that template, in clear, where enough recipients have the same words


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows beside `Figures`; read when somebody looks."""

    days: tuple[Day, ...] = ()  # the last 14, oldest first
    templates: tuple[TemplateFigure, ...] = ()  # most used of the last 30 days first
    incidents: tuple[IncidentFigure, ...] = ()  # open ones first, then the latest
    templated_today: int = 0  # external mass and tailored sends since local midnight


@dataclass(frozen=True, slots=True)
class TeamUse:
    """How much one team used a template."""

    team: str
    sends: int
    deliveries: int
    senders: int


@dataclass(frozen=True, slots=True)
class TemplateStory:
    """What `/templates/ID` shows."""

    template: TemplateFigure
    days: tuple[Day, ...]  # the last 30, oldest first
    teams: tuple[TeamUse, ...]  # since it was founded, most sends first
    kinds: Mapping[str, int]  # sends by kind
    mean_share: float | None  # handwritten share, by send
