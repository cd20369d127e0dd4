"""What a program writes into the repository is what it would write now, and what reads it can read it."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.generator.__main__ import documents
from tests.components import require

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "config" / "package"


@pytest.mark.parametrize("name", sorted(documents()))
def test_it_is_current(name):
    assert (ROOT / name).read_text(encoding="utf-8") == documents()[name], "write it anew: make documents"


def test_every_requirement_names_its_licence():
    rows = (PACKAGE / "LICENCES.md").read_text().splitlines()[7:]
    assert len(rows) > 50
    assert all(row.count("|") == 4 and row.split("|")[3].strip() for row in rows), rows


def test_the_man_page_has_every_command_and_no_fault():
    man = require("man", "man-db")
    command = [man, "--warnings", "--encoding=UTF-8", "-l", str(PACKAGE / "auditor.1")]
    shown = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"MANWIDTH": "100", "LC_ALL": "C.UTF-8"}
    )
    assert shown.stderr == ""
    for words in ("auditor run", "auditor alert silence", "--min-recipients", "EXIT STATUS"):
        assert words in shown.stdout


def test_bash_completes_commands_and_choices(tmp_path):
    """As bash does it at TAB: the function is called with the words typed so far."""
    program = tmp_path / "auditor"
    program.write_text(f"#!{sys.executable}\nfrom auditor.cli import main\n\nmain()\n")
    asked = (
        f". {PACKAGE / 'completion/bash/auditor'}; complete -p auditor >/dev/null; "
        'COMP_WORDS=(auditor template l); COMP_CWORD=2; _auditor_completion auditor; echo "${COMPREPLY[@]}"'
    )
    program.chmod(0o755)
    told = subprocess.run(
        ["bash", "-ec", asked],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )
    assert told.stdout == "list\n", told.stderr


@pytest.mark.parametrize(
    ("shell", "file"), [("bash", "auditor"), ("zsh", "_auditor"), ("fish", "auditor.fish")]
)
def test_each_shell_finds_its_script(shell, file):
    text = (PACKAGE / "completion" / shell / file).read_text()
    assert "_AUDITOR_COMPLETE=complete_" + shell in text
    assert shell != "zsh" or text.startswith("#compdef auditor\n")
