"""`auditor alert` and `auditor plan`, with the daemon that runs and without it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from auditor.command.alert import moment
from auditor.errors import UsageError
from tests.cli.test_commands import auditor
from tests.components.dovecot import Dovecot
from tests.components.smtp_thread import SmtpThread
from tests.service.daemon import Daemon

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "whole_day", "seconds"),
    [
        ("2026-11-20", False, 1_795_129_200),
        ("2026-11-20", True, 1_795_215_600),
        ("2026-11-20T08:00", True, 1_795_158_000),
        ("2026-11-20T08:00+00:00", False, 1_795_161_600),
    ],
)
def test_days_and_moments(text: str, whole_day: bool, seconds: float) -> None:
    assert moment("--from", text, BERLIN, whole_day=whole_day) == seconds


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "2026-11-20T25:00", "9999-12-31", "-1"])
def test_what_is_neither_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="--to: write a day"):
        moment("--to", text, BERLIN, whole_day=True)


@pytest.fixture
def post() -> Iterator[SmtpThread]:
    with SmtpThread() as made:
        yield made


@pytest.fixture
def daemon(tmp_path: Path, start_dovecot: Callable[..., Dovecot], post: SmtpThread) -> Iterator[Daemon]:
    more = (
        f'[alerts]\nto = ["ops@northvans.example"]\n[smtp]\nhost = "127.0.0.1"\nport = {post.port}\n'
        'security = "none"\nsender = "auditor@northvans.example"\n'
    )
    made = Daemon(tmp_path, start_dovecot(("ann",)), ("ann",), more)
    yield made
    made.close()


@pytest.mark.parametrize("running", [True, False])
def test_plans_and_a_sample_letter(daemon: Daemon, post: SmtpThread, running: bool) -> None:
    daemon.start()
    if not running:
        daemon.stop()
    with_config = ("--config", daemon.config)
    wrong = auditor("alert", "test", "--to", "nobody", *with_config)
    assert (wrong.returncode, wrong.stderr) == (2, "auditor: --to: nobody: give a mail address\n")
    sent = auditor("alert", "test", *with_config)
    assert sent.stdout == "The test letter has left for ops@northvans.example.\n", sent.stderr
    (mail,) = post.mails()
    assert mail["Subject"].startswith("Test letter: 412 templated sends")
    assert "the numbers are invented" in re.sub(r"\s+", " ", mail.get_body(("plain",)).get_content())
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
    added = auditor(
        "plan", "add", "--from", "2030-05-01", "--to", "2030-05-02", "--expected", "400", *with_config
    )
    assert added.stdout == "Plan 1: 400 mails of the whole organisation are expected.\n", added.stderr
    again = auditor(
        "plan", "add", "--from", "2030-05-02", "--to", "2030-05-03", "--expected", "1", *with_config
    )
    assert again.returncode == 2
    assert "lies within these times" in again.stderr
    (told,) = json.loads(auditor("plan", "list", "--format", "json", *with_config).stdout)
    assert (told["expected"], told["series"]) == (400, "the whole organisation")
    assert "Wed 1 May 2030, 00:00" in auditor("plan", "list", *with_config).stdout
    assert auditor("plan", "remove", "1", *with_config).returncode == 0
    assert auditor("plan", "list", *with_config).stdout == "Nothing is planned.\n"
    assert auditor("alert", "list", *with_config).stdout.startswith("No incident is open")
    unknown = auditor("alert", "acknowledge", "7", *with_config)
    assert (unknown.returncode, unknown.stderr) == (
        2, "auditor: there is no incident 7; see auditor alert list\n"
    )  # fmt: skip
    assert "no team West is shown" in auditor("alert", "silence", "--team", "West", *with_config).stderr


def test_a_sample_that_cannot_leave_says_why(daemon: Daemon, post: SmtpThread) -> None:
    daemon.start()
    post.close()
    told = auditor("alert", "test", "--config", daemon.config)
    assert told.returncode == 1
    assert "cannot be reached" in told.stderr
