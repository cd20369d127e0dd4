"""Everything that dashboards and rules ask of Prometheus."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

GRAFANA = Path(__file__).parents[2] / "grafana"
PROMETHEUS = GRAFANA / "prometheus"
RULES = PROMETHEUS / "auditor.rules.yml"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
_VALUES = re.compile(r"label_values\((\w+), *(\w+)\)")
_RESULT = re.compile(r"query_result\((.+)\)")


@dataclass(frozen=True)
class Asked:
    """One expression, where it stands, and all words beside it that may name labels."""

    where: str
    expr: str
    beside: str = ""
    instant: bool = True
    seconds: int = 0  # the range that is shown


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel, those in collapsed rows too; no rows."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels") or []


def dashboards() -> Iterator[tuple[str, dict[str, Any]]]:
    """File stems and contents."""
    for path in DASHBOARDS:
        yield path.stem, json.loads(path.read_text())


def of_panels() -> Iterator[Asked]:
    """Every query of every panel."""
    for stem, dashboard in dashboards():
        for panel in panels(dashboard):
            beside = json.dumps(
                [panel.get("transformations"), [t["legendFormat"] for t in panel.get("targets", [])]]
            )
            for target in panel.get("targets", []):
                yield Asked(
                    f"{stem}: {panel['title']} {target['refId']}",
                    target["expr"],
                    beside,
                    target.get("instant", False),
                )


def of_frames() -> Iterator[Asked]:
    """Queries of variables and annotations."""
    for stem, dashboard in dashboards():
        for annotation in dashboard["annotations"]["list"]:
            yield Asked(
                f"{stem}: annotation {annotation['name']}", annotation["expr"], annotation["titleFormat"]
            )
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"]["query"]
                values, result = _VALUES.fullmatch(query), _RESULT.fullmatch(query)
                assert values or result, query
                expr = f"{values[1]}" if values else result[1]
                yield Asked(f"{stem}: variable {variable['name']}", expr, values[2] if values else "")


def of_rules() -> Iterator[Asked]:
    """Every rule, recording and alerting."""
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert") or rule["record"]
            yield Asked(f"rule {name}", rule["expr"], json.dumps(rule.get("annotations", {})))


def alerts() -> list[dict[str, Any]]:
    """The alerting rules."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def recorded() -> set[str]:
    """Names that the recording rules make."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def interpolated(expr: str, window: str = "7d", range_: str = "30d", rate: str = "20s") -> str:
    """An expression with the variables that Grafana would put in."""
    for name, value in {
        "$__rate_interval": rate,
        "$__range": range_,
        "$team": ".*",
        "$target": "0.6",
        "$window": window,
    }.items():
        expr = expr.replace(name, value)
    assert "$" not in expr.replace("$1", ""), expr
    return expr
