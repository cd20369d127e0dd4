"""Dashboards and rules ask only for what the metrics have, and nothing that the metrics have is forgotten."""

import json
import re
import sys
from subprocess import run

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auditor.publish.metrics import Metrics
from grafana.generator import colours
from tests.grafana.asked import (
    DASHBOARDS,
    GRAFANA,
    alerts,
    dashboards,
    interpolated,
    of_frames,
    of_panels,
    of_rules,
    panels,
    recorded,
)
from tests.publish.invented import TEAMS, snapshot
from tests.publish.test_metrics import exercise

_SELECTOR = re.compile(r"(auditor[_:][\w:]+)(?:\{([^{}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_GROUPED = re.compile(r"\b(?:by|on|group_left)\s*\(([^()]*)\)")
_PROMETHEUS_OWN = {"instance", "job", "le"}

UNUSED = {
    "auditor_mass_ratio": "dashboards and rules take ratios of sums, so that teams and windows add up; "
    "this one is for people who ask Prometheus by hand",
    "auditor_personalized_ratio": "the same; it is 1 - mass ratio",
    "auditor_organization_mass_ratio": "the same, of everybody",
    "auditor_organization_personalized_ratio": "the same",
    "auditor_reply_ratio": "teams' rates rest on few people; page and report show them with their intervals",
    "auditor_organization_reply_ratio_bound": "the same: an interval is read as a number, beside its rate",
    "auditor_replies_total": "counts what this process found; the dashboard shows the store's ratio",
    "auditor_bounces_total": "the same; page and report have the counts of the span",
    "auditor_classification_delay_seconds_sum": "a mean delay hides the slow ones",
}
UNUSED_LABELS = {
    ("auditor_deliveries_total", "team"): "the counter is for rates; teams are seen in window_deliveries",
    ("auditor_deliveries_total", "direction"): "the same",
    ("auditor_deliveries_total", "kind"): "the same",
    ("auditor_deliveries_total", "class"): "the same",
    ("auditor_messages_total", "team"): "the counter is for rates; teams are seen in window_messages",
    ("auditor_messages_total", "direction"): "the same",
    ("auditor_messages_total", "kind"): "the same",
    ("auditor_backfilled_messages_total", "team"): "shown as one number: the past is read once",
    ("auditor_merge_failures_total", "team"): "shown as one number; window_merge_failures has the teams",
    (
        "auditor_reclassified_total",
        "direction",
    ): "what moved where matters; kinds and directions are for questions",
    ("auditor_reclassified_total", "kind"): "the same",
}


@pytest.fixture(scope="module")
def exported():
    """Every sample name with the values that each of its labels has."""
    metrics = Metrics(TEAMS, version="1")
    metrics.show(snapshot())
    exercise(metrics)
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


EVERYTHING = [*of_panels(), *of_frames(), *of_rules()]


@pytest.mark.parametrize("asked", EVERYTHING, ids=lambda asked: asked.where)
def test_what_is_asked_for_exists(exported, asked):
    selectors = _SELECTOR.findall(asked.expr)
    assert selectors or asked.expr.startswith("vector(")  # of a variable, whose query is asked for too
    known_labels = set(_PROMETHEUS_OWN)
    for name, matchers in selectors:
        if ":" in name:
            assert name in recorded()
            continue
        assert name in exported
        known_labels |= exported[name].keys()
        for label, operator, value in _MATCHER.findall(matchers):
            assert label in exported[name]
            if "$" in value:
                continue
            known = exported[name][label]
            wanted = re.compile(value) if "~" in operator else re.compile(re.escape(value))
            assert any(wanted.fullmatch(one) for one in known), f"{name}: no {label} is like {value}"
    if not any(":" in name for name, _ in selectors):
        grouped = {label.strip() for labels in _GROUPED.findall(asked.expr) for label in labels.split(",")}
        assert grouped - {""} <= known_labels


def test_no_metric_is_forgotten(exported):
    used = {name for asked in EVERYTHING for name, _ in _SELECTOR.findall(asked.expr)}
    ours = {name for name in exported if name.startswith("auditor_")}
    assert ours - used == UNUSED.keys()


def test_no_label_is_forgotten(exported):
    forgotten = set()
    for name, labels in exported.items():
        texts = [
            f"{asked.expr} {asked.beside}"
            for asked in EVERYTHING
            if name in (found for found, _ in _SELECTOR.findall(asked.expr))
        ]
        if name.startswith("auditor_") and texts:
            forgotten |= {
                (name, label) for label in labels if not any(re.search(rf"\b{label}\b", t) for t in texts)
            }
    assert forgotten == UNUSED_LABELS.keys()


def test_the_committed_dashboards_are_those_that_the_generator_writes():
    told = run(
        [sys.executable, "-m", "grafana.generator", "--check"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert {path.stem for path in DASHBOARDS} == {"leadership", "sales-operations", "operations"}


@pytest.mark.parametrize(("stem", "dashboard"), list(dashboards()), ids=[path.stem for path in DASHBOARDS])
def test_a_dashboard_can_be_imported_anywhere(stem, dashboard):
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert dashboard["uid"] == f"auditor-{stem}"
    assert variables["datasource"]["type"] == "datasource"
    shown = list(panels(dashboard))
    ids = [panel["id"] for panel in [*shown, *(one for one in dashboard["panels"] if one["type"] == "row")]]
    assert len(set(ids)) == len(ids)
    for panel in shown:
        assert len(panel["description"]) > 20
        for used in re.findall(r"\$\{?(\w+)", json_of(panel)):
            assert used in variables or used.startswith("__") or used == "1"
        if panel["type"] == "text":
            continue
        assert panel["title"]
        title = panel["title"].replace("${window:text}", "24 hours")
        assert len(title) <= 7.4 * panel["gridPos"]["w"] - 4, "it would be cut on a laptop"
        assert len(panel["fieldConfig"]["defaults"]["noValue"]) > 10, "an empty panel says why"
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        if panel["type"] in {"stat", "timeseries", "bargauge", "barchart"}:
            assert panel["fieldConfig"]["defaults"]["unit"]


def test_every_panel_query_can_be_interpolated():
    for asked in [*of_panels(), *of_frames()]:
        assert interpolated(asked.expr)


@pytest.mark.parametrize(("stem", "dashboard"), list(dashboards()), ids=[path.stem for path in DASHBOARDS])
def test_a_dashboard_leads_to_the_others_and_to_the_page(stem, dashboard):
    others, page = dashboard["links"]
    assert (others["type"], others["tags"], others["includeVars"]) == ("dashboards", dashboard["tags"], True)
    assert page["url"] == "${page}/"
    linked = "/templates/${__data.fields" in json.dumps(dashboard)
    assert linked == (stem != "operations")
    assert "Incidents" in {annotation["name"] for annotation in dashboard["annotations"]["list"]}


def test_panels_do_not_overlap():
    for _, dashboard in dashboards():
        taken = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert place["x"] + place["w"] <= 24
            taken |= cells


def test_a_percentage_needs_twenty_sends():
    shares = [asked for asked in of_panels() if "window_deliveries" in asked.expr and " / " in asked.expr]
    assert shares
    for asked in shares:
        assert ">= 20" in asked.expr or "target_ratio" in asked.expr, asked.where


def test_long_ranges_are_tiles_and_no_ratio_is_averaged():
    for asked in EVERYTHING:
        assert "avg" not in asked.expr
        if "$__range:" in asked.expr:
            assert 'window="24h"' in asked.expr
            assert "[$__range:1d]" in asked.expr


def test_every_alert_says_what_happened_and_what_to_do():
    for rule in alerts():
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["labels"]["audience"] in {"operator", "sales_ops", "nobody"}
    volume = next(rule for rule in alerts() if rule["alert"] == "AuditorIncidentOpen")
    assert volume["labels"]["audience"] == "nobody", "the letter is the only alarm about volume"


def test_the_three_parts_have_the_colours_of_the_page():
    """Grafana has one colour for both of its themes: those of the dark sheet are legible on light too."""
    sheet = (GRAFANA.parent / "auditor" / "publish" / "pages" / "page.css").read_text()
    dark = sheet[sheet.index("prefers-color-scheme: dark") :]
    ours = {name: re.search(rf"--{name}: (#\w+)", dark)[1] for name in ("mass", "tailored", "personal")}
    assert ours == {"mass": colours.MASS, "tailored": colours.TAILORED, "personal": colours.PERSONAL}


def json_of(panel):
    return str([panel.get("targets"), panel["title"], panel.get("options", {}).get("content", "")])
