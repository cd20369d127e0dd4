"""Dashboards and rules ask only for metrics, labels and label values that exist."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auditor.publish.metrics import Metrics
from tests.components import require
from tests.publish.invented import TEAMS, snapshot
from tests.publish.test_metrics import exercise

GRAFANA = Path(__file__).parents[2] / "grafana"
PROMETHEUS = GRAFANA / "prometheus"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
_SELECTOR = re.compile(r"(auditor_\w+)(?:\{([^{}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_VALUES = re.compile(r"label_values\((\w+), *(\w+)\)")


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


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def expressions():
    for path in DASHBOARDS:
        for panel in panels(json.loads(path.read_text())):
            for target in panel.get("targets", []):
                yield pytest.param(target["expr"], id=f"{path.stem}: {panel['title']} {target['refId']}")
    for line in (PROMETHEUS / "auditor.rules.yml").read_text().splitlines():
        if line.strip().startswith("expr: "):
            yield pytest.param(line.strip().removeprefix("expr: "), id=f"rule: {line.strip()[6:50]}")


@pytest.mark.parametrize("expression", list(expressions()))
def test_what_is_asked_for_exists(exported, expression):
    selectors = _SELECTOR.findall(expression)
    assert selectors
    for name, matchers in selectors:
        assert name in exported
        for label, operator, value in _MATCHER.findall(matchers):
            assert label in exported[name]
            if "$" in value:
                continue
            known = exported[name][label]
            wanted = re.compile(value) if "~" in operator else re.compile(re.escape(value))
            assert any(wanted.fullmatch(one) for one in known), f"{name}: no {label} is like {value}"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_imported_anywhere(exported, path):
    dashboard = json.loads(path.read_text())
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for variable in variables.values():
        if variable["type"] == "query":
            name, label = _VALUES.fullmatch(variable["definition"]).groups()
            assert label in exported[name]
    shown = [panel for panel in panels(dashboard) if panel["type"] != "row"]
    assert len({panel["id"] for panel in panels(dashboard)}) == len(list(panels(dashboard)))
    for panel in shown:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len(panel["description"]) > 20
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        for used in re.findall(r"\$\{?(\w+)\}?", json.dumps(panel["targets"])):
            assert used in variables or used.startswith("__")


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "auditor.rules.yml"),
        ("test", "rules", "auditor.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_accepts(command):
    promtool = require("promtool", "prometheus")
    told = subprocess.run([promtool, *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
