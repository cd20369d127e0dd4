"""What systemd itself says of the units, and the promises that a newer release must not lose."""

import subprocess
from pathlib import Path

import pytest

from tests.components import require

UNITS = Path(__file__).parents[2] / "systemd"
PROGRAM = "/usr/bin/auditor"


@pytest.fixture
def unit(tmp_path):
    """The unit with a program that exists here: verify also looks for the binary."""
    text = (UNITS / "auditor.service").read_text()
    assert PROGRAM in text
    copy = tmp_path / "auditor.service"
    copy.write_text(text.replace(PROGRAM, "/bin/true").replace("Documentation=man:auditor(1)\n", ""))
    return copy


def test_systemd_finds_nothing_to_say(unit):
    analyze = require("systemd-analyze", "systemd")
    told = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    # Unknown keys are only said on stderr; the exit code stays 0.
    assert (told.returncode, told.stderr, told.stdout) == (0, "", "")


def test_the_sandbox_is_tight(unit):
    analyze = require("systemd-analyze", "systemd")
    command = [analyze, "security", "--offline=true", "--threshold=15", unit]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-300:]


def test_a_configuration_error_does_not_loop():
    lines = (UNITS / "auditor.service").read_text().splitlines()
    for line in ("Type=notify", "RestartPreventExitStatus=2", "Restart=on-failure", "DynamicUser=yes"):
        assert line in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)
