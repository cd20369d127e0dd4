"""What systemd itself says of the units, and the promises that a newer release must not lose."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.components import require

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/usr/bin/auditor"


@pytest.fixture
def units(tmp_path):
    """The units with a program that exists here: verify also looks for the binary."""
    for unit in UNITS.glob("*.*"):
        if unit.suffix in {".service", ".timer"}:
            text = (
                unit.read_text().replace(PROGRAM, "/bin/true").replace("Documentation=man:auditor(1)\n", "")
            )
            (tmp_path / unit.name).write_text(text)
    return tmp_path


def test_systemd_finds_nothing_to_say(units):
    analyze = require("systemd-analyze", "systemd")
    names = [str(path).replace("@.", "@north.") for path in units.iterdir()]
    told = subprocess.run(
        [analyze, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    # Unknown keys are only said on stderr; the exit code stays 0.
    assert (told.returncode, told.stderr, told.stdout) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_the_sandbox_is_tight(unit):
    analyze = require("systemd-analyze", "systemd")
    command = [analyze, "security", "--offline=true", "--threshold=15", unit]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-300:]


def test_a_configuration_error_does_not_loop():
    lines = (UNITS / "auditor.service").read_text().splitlines()
    for line in ("Type=notify", "RestartPreventExitStatus=2", "Restart=on-failure", "LimitCORE=0"):
        assert line in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)


def test_an_instance_is_the_service_with_a_name():
    instance = _settings("auditor@.service")
    assert instance.pop("DynamicUser") == ["yes"]
    told = {key: [value.replace("-%i", "") for value in values] for key, values in instance.items()}
    assert told == _settings("auditor.service") | {"Description": told["Description"]}


def test_the_check_runs_as_the_service_does():
    service, check = _settings("auditor.service"), _settings("auditor-check.service")
    own = {"Description", "Type", "ExecStart", "TimeoutStartSec", "After"}
    assert {
        key: values for key, values in check.items() if key not in own and service.get(key) != values
    } == {}
    missing = {key for key in service if key.startswith(("Protect", "Private", "Restrict", "SystemCall"))}
    assert missing <= set(check)


def test_the_backup_is_locked_up_more_tightly():
    service, backup = _settings("auditor.service"), _settings("auditor-backup.service")
    sandbox = {key for key in service if key.startswith(("Protect", "Private", "Restrict", "SystemCall"))}
    assert {key for key in sandbox if service[key] != backup.get(key)} == {"RestrictAddressFamilies"}
    assert (backup["PrivateNetwork"], backup["PrivateUsers"]) == (["yes"], ["yes"])


def _settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", (UNITS / name).read_text()):
        found.setdefault(key, []).append(value)
    return found
