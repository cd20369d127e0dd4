"""What Prometheus' and Alertmanager's own tools say of the rules."""

import re
import subprocess

import pytest

from tests.components import require
from tests.grafana.asked import PROMETHEUS, alerts


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "auditor.rules.yml"),
        ("test", "rules", "auditor.test.yml"),
        ("test", "rules", "auditor.week.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_accepts(command):
    promtool = require("promtool", "prometheus")
    told = subprocess.run([promtool, *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_alertmanager_accepts_the_example():
    amtool = require("amtool", "prometheus-alertmanager")
    example = PROMETHEUS / "alertmanager.example.yml"
    told = subprocess.run([amtool, "check-config", example], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=AuditorIncidentOpen", "audience=nobody"), "nobody"),
        (("alertname=AuditorMassRatioAboveTarget", "audience=sales_ops"), "sales_ops"),
        (("alertname=AuditorNoData", "audience=operator", "severity=critical"), "operator"),
    ],
    ids=["volume", "target", "no data"],
)
def test_alerts_reach_whom_they_are_for(labels, receiver):
    amtool = require("amtool", "prometheus-alertmanager")
    example = PROMETHEUS / "alertmanager.example.yml"
    told = subprocess.run(
        [amtool, "config", "routes", "test", f"--config.file={example}", *labels],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.strip() == receiver


def test_every_alert_is_tested():
    texts = "".join((PROMETHEUS / name).read_text() for name in ("auditor.test.yml", "auditor.week.test.yml"))
    fired = set(re.findall(r"alertname: (\w+)\n +exp_alerts:", texts))
    assert {rule["alert"] for rule in alerts()} == fired


def test_each_alert_has_its_section_among_the_operations():
    told = (PROMETHEUS.parents[1] / "systemd" / "OPERATIONS.md").read_text()
    named = re.findall(r"(?m)^ +- alert: (\w+)$", (PROMETHEUS / "auditor.rules.yml").read_text())
    assert re.findall(r"(?m)^## (\w+)$", told) == named
