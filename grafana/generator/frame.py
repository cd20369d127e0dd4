"""What the dashboards share: variables, links to each other, incidents as annotations, rows and ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from grafana.generator.colours import ALARM, CALM
from grafana.generator.panels import DATASOURCE, Panel
from grafana.generator.queries import truth

TAG = "campaign-auditor"
WINDOWS = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
Variable = Builder[models.VariableModel]
PAGE = "${page}"
"""The address of the auditor's page, as the auditor itself exports it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading, left to right and downwards; a collapsed one is asked only when opened."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One dashboard."""

    uid: str
    title: str
    about: str
    rows: Sequence[Row]
    since: str
    refresh: str
    window: str = ""  # the preset of the variable; without one there is none
    teams: bool = True
    coverage: bool = False
    restarts: bool = False


def frame(plan: Plan) -> models.Dashboard:
    """The finished dashboard."""
    made = (
        dashboard.Dashboard(plan.title)
        .uid(plan.uid)
        .description(plan.about)
        .tags([TAG])
        .timezone("browser")
        .time(plan.since, "now")
        .refresh(plan.refresh)
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .version(1)
    )
    for variable in _variables(plan):
        made.with_variable(variable)
    made.link(
        dashboard.DashboardLink("Campaign auditor")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(True)
        .keep_time(False)
        .as_dropdown(False)
    )
    made.link(
        dashboard.DashboardLink("The auditor's page")
        .type(models.DashboardLinkType.LINK)
        .icon("external link")
        .url(f"{PAGE}/")
        .tooltip("Today, templates with their wording, incidents and mailboxes")
        .target_blank(True)
    )
    for annotation in _annotations(plan):
        made.annotation(annotation)
    number = 0
    for row in plan.rows:
        heading = dashboard.Row(row.title).collapsed(row.collapsed)
        if row.title:
            number += 1
            heading.id(number)
        for panel in row.panels:
            number += 1
            panel.id(number)
            heading.with_panel(panel) if row.collapsed else None
        if row.title:
            made.with_row(heading)
        if not row.collapsed:
            for panel in row.panels:
                made.with_panel(panel)
    return made.build()


def _variables(plan: Plan) -> list[Variable]:
    variables: list[Variable] = [
        dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    ]
    if plan.teams:
        everyone = models.VariableOption(text=["All"], value=["$__all"], selected=True)
        variables.append(
            _query("team", "label_values(auditor_window_messages, team)")
            .label("Team")
            .sort(models.VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(everyone)
        )
    if plan.window:
        chosen = models.VariableOption(text=WINDOWS[plan.window], value=plan.window, selected=True)
        options = [
            models.VariableOption(text=said, value=window, selected=window == plan.window)
            for window, said in WINDOWS.items()
        ]
        variables.append(
            dashboard.CustomVariable("window")
            .label("Window")
            .values(",".join(f"{said} : {window}" for window, said in WINDOWS.items()))
            .current(chosen)
            .options(options)
        )
    if plan.coverage:
        read, all_ = truth("people", 'state="watched"', "team"), truth("people", "", "team", "state")
        aim = f"{truth('organization_target_ratio', '')} or vector(-1)"  # a line over all times, or none
        variables += [
            _number("watched", f"sum({read})"),
            _number("people", f"sum({all_})"),
            _number("target", aim),
        ]
    hidden = models.VariableHide.HIDE_VARIABLE
    variables.append(_query("page", "label_values(auditor_page_info, url)").hide(hidden))
    return variables


def _query(name: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .datasource(DATASOURCE)
        .query({"query": query, "refId": name})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _number(name: str, expr: str) -> dashboard.QueryVariable:
    """One number as a hidden variable, for use in sentences: `query_result` gives "{} 287 1773745320000"."""
    hidden = models.VariableHide.HIDE_VARIABLE
    return _query(name, f"query_result({expr})").regex(r"/.* (-?[\d.]+) .*/").hide(hidden)


def _annotations(plan: Plan) -> list[dashboard.AnnotationQuery]:
    incidents = _annotation(
        "Incidents",
        f"{truth('alerts_open', '', 'scope')} > 0",
        ALARM,
        "Incident: one {{scope}} sends more than is usual",
    )
    if not plan.restarts:
        return [incidents]
    started = _annotation(
        "Starts",
        "time() - process_start_time_seconds < 60 and on (job, instance) auditor_build_info",
        CALM,
        "The auditor started",
    )
    return [incidents, started]


def _annotation(name: str, expr: str, colour: str, title: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(colour)
        .expr(expr)
        .step("60s")
        .title_format(title)
        .target(prometheus.Dataquery().ref_id("Anno").expr(expr).range())
    )
