"""How far an incident reaches: what the sends of its series and window are, counted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TeamPart:
    """What one team contributed: how many of its people, and how many sends.

    `named` are these people as they may be shown, by name or by role, most sends first; empty where nobody is
    to be named.
    """

    team: str
    senders: int
    messages: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """What one template contributed, and what may be shown of it.

    `wording` is masked and has slots; None until enough people outside received the same words.
    """

    id: str
    name: str | None
    wording: str | None
    messages: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What a letter says of one series over one window.

    `people` are distinct recipients outside; `templates` are the three most sent; times are seconds since
    the epoch, None when nothing is left of it.
    """

    messages: int
    deliveries: int
    people: int
    merge_failures: int
    first_sent: float | None
    last_sent: float | None
    teams: tuple[TeamPart, ...]
    templates: tuple[TemplatePart, ...]
