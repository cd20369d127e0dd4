"""What the documents say can be typed and configured so."""

import os
import re
import shlex
import subprocess
import sys

import pytest
import typer

from auditor.cli import app
from auditor.config.load import parse
from auditor.config.sections import Config
from tests.mail import campaign
from tests.test_documents import ROOT, documents

MISUSED = typer.BadParameter.__base__
COMMAND = typer.main.get_command(app)
HEAD = '[organisation]\ndomains = ["example.com"]\npeople_file = "people.csv"\n'
ELSEWHERE = {ROOT / "CHANGELOG.md", ROOT / "config" / "COMMANDS.md"}
"""One tells of what was, too; the other is written from the commands themselves."""
NUMBERS = {"N": "3", "ID": "3"}
"""What stands for a number."""


def texts() -> list[tuple[str, str]]:
    found = [path for path in documents() if path not in ELSEWHERE]
    return [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found]


def blocks(text: str) -> list[str]:
    """Fenced and indented blocks, without their fences and indents."""
    fenced = re.findall(r"(?ms)^```\w*\n(.*?)^```", text)
    rest = re.sub(r"(?ms)^```\w*\n.*?^```", "", text)
    indented = re.findall(r"(?m)(?:^ {4,7}\S.*\n|^\n(?= {4}))+", rest)
    return [*fenced, *(re.sub(r"(?m)^ {4}(?:   )?(?=\S)", "", block) for block in indented)]


def commands(text: str) -> list[str]:
    """Everything that is typed as `auditor …`, in blocks and in running text; an ellipsis ends it."""
    lines = [line.partition(" # ")[0].strip() for block in blocks(text) for line in block.splitlines()]
    spans = re.findall(r"`((?:/\S+/)?auditor [^`\n]+)`", text)
    found = [line for line in (*lines, *spans) if re.match(r"(?:/\S+/)?auditor [a-z-]", line)]
    return [re.split(r"[;|>&]|…", line)[0].strip() for line in found]


def fault(line: str) -> str:
    """What is wrong with a command; "" where it can be typed so. What is left out is no fault."""
    words, command = [NUMBERS.get(word, word) for word in shlex.split(line)[1:]], COMMAND
    while words and hasattr(command, "commands"):
        options = [word for word in words if word.startswith("-")] if words[0].startswith("-") else []
        if options:  # such as --version, before any command
            known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
            return "" if options[0] in known else f"no option {options[0]}"
        if words[0] not in command.commands:
            return f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    try:
        command.make_context("auditor", list(words), resilient_parsing=False)
    except MISUSED as misused:
        told = str(misused.format_message())
        return "" if re.match(r"Missing|.*requires an argument", told) else told
    except typer.Exit:  # --help
        pass
    return ""


CASES = sorted({(name, line) for name, text in texts() for line in commands(text)})


def test_there_are_many():
    assert len(CASES) > 30
    assert fault("auditor scan --fromat json x")
    assert fault("auditor alert mute")
    assert not fault("auditor scan sent.mbox --format jsonl")


@pytest.mark.parametrize(("name", "line"), CASES)
def test_a_command_can_be_typed_so(name, line):
    assert not fault(line), f"{name}: {line}: {fault(line)}"


@pytest.mark.parametrize(("name", "text"), texts(), ids=[name for name, _ in texts()])
def test_a_configuration_loads(name, text):
    keys = "|".join(Config.model_fields)
    for block in blocks(text):
        if re.search(rf"(?m)^\[\[?(?:{keys})\]", block) and not re.search(
            r"(?m)^\[(?:Service|Unit)\]", block
        ):
            parse(block if "[organisation]" in block else HEAD + block, ROOT / "config" / "auditor.toml")


@pytest.mark.parametrize(("name", "text"), texts(), ids=[name for name, _ in texts()])
def test_an_option_that_is_named_is_there(name, text):
    for section, key in re.findall(r"`([a-z_]+)\.([a-z_]+)(?: = [^`]*)?`", text):
        field = Config.model_fields.get(section)
        if field is not None and key not in {"toml", "py", "sock", "db", "key"}:
            assert key in str(Config.model_json_schema()["$defs"]), f"{name}: {section}.{key}"
            model = next(
                one
                for one in (field.annotation, *getattr(field.annotation, "__args__", ()))
                if hasattr(one, "model_fields")
            )
            assert key in model.model_fields, f"{name}: there is no {section}.{key}"


@pytest.mark.parametrize(("name", "text"), texts(), ids=[name for name, _ in texts()])
def test_a_target_of_make_is_there(name, text):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?m)(?:^ *|`)make ([a-z-]+)", "\n".join(blocks(text)) + "\n" + text):
        if target not in {"it", "up", "sure"}:
            assert re.search(rf"(?m)^{target}:", makefile), f"{name}: make {target}"


@pytest.mark.parametrize(("name", "text"), texts(), ids=[name for name, _ in texts()])
def test_blocks_for_a_shell_are_shell(name, text):
    for block in re.findall(r"(?ms)^```(?:sh|bash)\n(.*?)^```", text):
        told = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert told.returncode == 0, f"{name}: {told.stderr}"


def test_the_first_commands_of_the_readme_are_run(tmp_path):
    """An archive of one's own, as the README says it; an account is another test's."""
    section = (ROOT / "README.md").read_text().split("## Audit an archive now\n")[1].split("\n## ")[0]
    typed = [line for block in blocks(section) for line in block.splitlines() if "sent.mbox" in line]
    assert len(typed) == 3
    raw = [mail.replace(b"\r\n", b"\n") + b"\n" for mail in campaign(12)]
    archive = b"".join(b"From ann@northvans.example Mon Sep  7 08:00:00 2026\n" + mail for mail in raw)
    (tmp_path / "sent.mbox").write_bytes(archive)
    for line in typed:
        words = shlex.split(line, comments=True)[1:]
        ended = subprocess.run(
            [sys.executable, "-m", "auditor", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
    assert {"verdicts.jsonl", "report.html"} <= {path.name for path in tmp_path.iterdir()}
