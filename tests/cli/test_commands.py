"""The commands as a person calls them, beside a store that a daemon has filled."""

import getpass
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import campaign, letters
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
REPOSITORY = Path(__file__).parents[2]


def auditor(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def daemon(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> Iterator[Daemon]:
    dovecot = start_dovecot(("ann", "bob"))
    dovecot.deliver("ann", *campaign(12, start=LATELY), *letters(3, start=LATELY))
    made = Daemon(tmp_path, dovecot, ("ann", "bob"))
    yield made
    made.close()


def test_explain_a_send_and_a_template(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_judged(15)
    told = auditor("explain", "<c3.ann@northvans.example>", "--config", daemon.config).stdout
    assert "is mass-sent" in told
    assert "sent 12 times by 1 person since " in told
    assert "reached 12 people outside in 12 organisations: 12 mass-sent." in told
    assert "haulage" in told
    (template,) = daemon.query("SELECT id FROM template WHERE reached")[0]
    assert "12 mass-sent" in auditor("explain", template, "--config", daemon.config).stdout
    own = auditor("explain", "h1.bob@northvans.example", "--config", daemon.config).stdout
    assert "Nobody else received these words" in own
    daemon.stop()
    assert auditor("explain", "<c3.ann@northvans.example>", "--config", daemon.config).stdout == told


def test_a_command_needs_nothing_of_the_store_where_a_daemon_runs(daemon: Daemon, tmp_path: Path) -> None:
    """The key is the daemon's: the command hands the Message-ID over, and the daemon looks it up."""
    daemon.start()
    daemon.until_judged(15)
    hidden = tmp_path / "elsewhere"
    hidden.mkdir()
    for path in ("pseudonym.key", "auditor.db"):
        (tmp_path / path).rename(hidden / path)
    told = auditor("explain", "<c3.ann@northvans.example>", "--config", daemon.config)
    assert "is mass-sent" in told.stdout
    assert json.loads(auditor("mailbox", "list", "--format", "json", "--config", daemon.config).stdout)


def test_a_name_is_given_beside_the_daemon_and_without_it(daemon: Daemon) -> None:
    daemon.start()
    daemon.until_judged(15)
    ((template,),) = daemon.query("SELECT id FROM template WHERE reached")
    named = auditor("template", "name", template, "  Ramp\n offer ", "--config", daemon.config)
    assert named.stdout == f"Template {template} is called “Ramp offer” now.\n"
    metric = f'auditor_template_info{{name="Ramp offer",template="{template}"}}'
    daemon.until(lambda: daemon.metric(metric) == 1)
    assert "Ramp offer" in daemon.get("/")
    daemon.stop()
    again = auditor("template", "name", "Ramp offer", "The ramps", "--config", daemon.config)
    assert again.stdout == f"Template {template} is called “The ramps” now.\n"
    assert daemon.query("SELECT name FROM template WHERE reached") == [("The ramps",)]
    asked = daemon.query("SELECT what, by, state, reason FROM request ORDER BY id")
    assert asked == [("template_name", getpass.getuser(), "applied", "")] * 2


def test_a_change_that_cannot_be_made_says_why(daemon: Daemon) -> None:
    daemon.start()
    refused = auditor("template", "name", "t00000000", "Ramp", "--config", daemon.config)
    assert refused.returncode == 2
    assert refused.stderr == ("auditor: no template is called “t00000000”; see auditor template list\n")
    assert daemon.query("SELECT state, reason FROM request") == [("refused", "unknown_template")]


def test_somebody_is_forgotten(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start()
    daemon.until_judged(15)
    people = len(daemon.query("SELECT DISTINCT address FROM recipient"))
    asked = auditor("forget", "Kim3@haulier3.example", "--config", daemon.config)
    assert asked.returncode == 2  # nobody was there to say yes
    told = auditor("forget", "Kim3@haulier3.example", "--yes", "--config", daemon.config)
    assert told.stdout.startswith("Forgotten. Of nobody now: mails to this person, 1; mails by them, 0.\n")
    assert str(tmp_path / "auditor.db.forgotten") in told.stdout
    assert len(daemon.query("SELECT DISTINCT address FROM recipient")) == people
    ((row,),) = daemon.query("SELECT arguments FROM request")
    assert "kim3" not in row
    assert "kim3" not in (tmp_path / "auditor.db.forgotten").read_text()
    unknown = auditor("forget", "kim@heron.example", "--yes", "--config", daemon.config).stdout
    assert unknown.startswith("Forgotten, though no mail to or by them is kept here: is the address spelt")


def test_a_daemon_without_a_socket_is_named(daemon: Daemon, tmp_path: Path) -> None:
    daemon.start()
    (tmp_path / "control.sock").unlink()
    refused = auditor("template", "name", "t00000000", "Ramp", "--config", daemon.config)
    assert refused.returncode == 1
    assert "another auditor already uses this store" in refused.stderr


def test_explain_what_the_store_does_not_know(daemon: Daemon) -> None:
    missing = auditor("explain", "<x@y>", "--config", daemon.config)
    assert missing.returncode == 1
    assert "it is made by the first start: auditor run" in missing.stderr
    daemon.start()
    unknown = auditor("explain", "<x@y>", "--config", daemon.config)
    assert unknown.returncode == 2
    assert "the store knows no template and no message" in unknown.stderr


def test_check_looks_at_everything(daemon: Daemon) -> None:
    ended = auditor("check", "--config", daemon.config)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if " ann " in line]
    for word in ("ok ", "TLSv1.", "password", '"Sent" (special use), read-only proven', " 15 "):
        assert word in line
    found = json.loads(auditor("check", "--config", daemon.config, "--format", "json").stdout)
    ann, bob = (finding["mailbox"] for finding in found if finding["what"].startswith("mailbox"))
    assert (ann["messages"], ann["backlog"], bob["messages"], ann["read_only"]) == (15, 15, 0, True)
    assert LATELY.date().isoformat() in (ann["oldest"][:10], ann["newest"][:10])


def test_check_names_a_broken_mailbox(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong\n")
    ended = auditor("check", "--config", daemon.config)
    assert ended.returncode == 1
    assert "FAILED" in ended.stdout
    assert "wrong" not in ended.stdout


def test_check_offline_reads_the_example() -> None:
    """It can be read as it is, and names nothing to watch yet."""
    ended = auditor("check", "--config", REPOSITORY / "config" / "auditor.example.toml", "--offline")
    assert ended.returncode == 2, ended.stderr
    said = " ".join(ended.stdout.split())
    assert "every key is understood" in said
    assert "no [[mailboxes]] is given, so nothing would be watched" in said


def test_run_with_the_unedited_example_says_what_to_write() -> None:
    example = REPOSITORY / "config" / "auditor.example.toml"
    ended = auditor("run", "--config", example)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert f"{example}: no [[mailboxes]] is given" in ended.stderr
    assert f"auditor check --config {example}" in ended.stderr


def test_config_example_and_schema() -> None:
    example = auditor("config", "example").stdout
    assert example == (REPOSITORY / "config" / "auditor.example.toml").read_text()
    assert json.loads(auditor("config", "schema").stdout)["properties"]["organisation"]


def test_help_and_version() -> None:
    assert auditor("--version").stdout.startswith("auditor ")
    assert {"run", "check", "scan", "explain", "demo", "config"} <= set(auditor("--help").stdout.split())


def test_a_missing_configuration_is_one_line() -> None:
    ended = auditor("run", "--config", "/nowhere/auditor.toml")
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "auditor config example" in ended.stderr
