"""What is asked of Prometheus.

The truth of the store is exported by the leader alone. While the leader changes, the samples of two processes
can be valid for one moment: `truth` takes the larger, so that sums never count a send twice. Long ranges are
made of tiles, the 24 hours before each midnight (UTC), added up; a ratio is always a ratio of sums. Below
`ENOUGH_SENDS` a percentage says more than is known: then there is no sample at all.
"""

from auditor.statistics.figures import ENOUGH_SENDS

CLASSES = {"Mass-sent": "mass", "Tailored by hand": "tailored", "Personal": "personal"}
"""The three parts, by the names that people read."""

RATED = "mass|tailored|personal"
OUTREACH = 'direction="external",kind=~"new|follow_up",team=~"$team"'
TEAMS = 'team=~"$team"'
_TILES = "$__range:1d"


def truth(metric: str, matchers: str, *labels: str) -> str:
    """One sample for each combination of `labels`, whichever process exports it."""
    selector = f"{{{matchers}}}" if matchers else ""
    return f"max{_by(labels)} (auditor_{metric}{selector})"


def outreach(class_: str, *by: str, unit: str = "deliveries", window: str = "$window") -> str:
    """Outreach of a class (a regular expression) in a moving window, as judged now."""
    matchers = f'{OUTREACH},class=~"{class_}",window="{window}"'
    return f"sum{_by(by)} ({truth(f'window_{unit}', matchers, 'team', 'kind', 'class')})"


def tiles(class_: str, *by: str, unit: str = "deliveries") -> str:
    """Outreach of a class over the whole range that is shown, from full days."""
    return f"sum_over_time({outreach(class_, *by, unit=unit, window='24h')}[{_TILES}])"


def of_hundred(class_: str, *by: str, window: str = "$window") -> str:
    """Of 100 mails that reached a person, those of a class; nothing where fewer than 20 were sent."""
    part, whole = outreach(class_, *by, window=window), outreach(RATED, *by, window=window)
    enough = f"{outreach(RATED, *by, unit='messages', window=window)} >= {ENOUGH_SENDS}"
    return f"(100 * {part} / {whole} and {enough})"


def of_hundred_in_range(class_: str, *by: str) -> str:
    """The same over the whole range that is shown."""
    part, whole = tiles(class_, *by), tiles(RATED, *by)
    enough = f"{tiles(RATED, *by, unit='messages')} >= {ENOUGH_SENDS}"
    return f"(100 * {part} / {whole} and {enough})"


def target(window: str = "$window") -> str:
    """Of 100 mails, how many may be mass: each team's target, weighted by what the team sent."""
    sent = outreach(RATED, "team", window=window)
    targets = truth("target_ratio", TEAMS, "team")
    return f"100 * sum({targets} * on (team) {sent}) / sum({sent} and on (team) {targets})"


def of_teams_that_send(expr: str, window: str = "$window") -> str:
    """Leave out teams that sent nothing at all in the window."""
    return f"({expr}) and on (team) {outreach(RATED, 'team', window=window)} > 0"


def named(templates: str) -> str:
    """Templates with the names people gave them; one without a name is called by how its id begins."""
    names = truth("template_info", "", "template", "name")
    nameless = f'label_replace({templates}, "name", "Template $1", "template", "(.{{1,6}}).*")'
    return f"{templates} * on (template) group_left (name) {names} or on (template) {nameless}"


def top_templates(window: str = "$window", count: int = 20) -> str:
    """Sends of the most used templates of a window."""
    matchers = f'window="{window}"'
    return f"topk({count}, {truth('template_messages', matchers, 'template')})"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""
