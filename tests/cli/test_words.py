"""Words are shown only where that is allowed, every look is noted, and a review keeps nothing but counts."""

import getpass
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.test_commands import auditor
from tests.components.dovecot import Dovecot
from tests.mail import PITCH, campaign, letters, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
ALLOWED = "[privacy]\nshow_words = true\n"
OPENER = (
    "The quince jelly you brought to the harbour meeting was gone within the hour, and my aunt would like to "
    "know which orchard the fruit came from.\n\n"
)


def edited() -> bytes:
    return mail(
        OPENER + PITCH.format(name="Lee", company="Crane"),
        to="lee@crane.example",
        subject="Your \x1b[31mramp",
        at=LATELY + timedelta(minutes=40),
        message_id="<edited@northvans.example>",
    )


def files(dovecot: Dovecot) -> set[Path]:
    return {path for path in dovecot.maildir("ann", "Sent").glob("*/*") if path.parent.name in {"cur", "new"}}


@pytest.fixture
def dovecot(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    made = start_dovecot(("ann",))
    made.deliver("ann", *campaign(12, start=LATELY), edited(), *letters(6, start=LATELY))
    return made


@pytest.fixture
def daemon(tmp_path: Path, dovecot: Dovecot, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    made = Daemon(tmp_path, dovecot, more=getattr(request, "param", ALLOWED))
    made.start()
    made.until_judged(19)
    yield made
    made.close()


def test_words_come_from_the_mailbox_and_the_look_is_noted(daemon: Daemon, dovecot: Dovecot) -> None:
    before = files(dovecot)
    told = auditor("explain", "<edited@northvans.example>", "--words", "--config", daemon.config)
    assert told.returncode == 0, told.stderr
    assert "is tailored by hand." in told.stdout
    assert "in its opening" in told.stdout
    shown = " ".join(told.stdout.partition("What it says")[2].split())
    assert "[the quince jelly you brought to the harbour meeting" in shown
    assert re.search(r"orchard the fruit came from\] (?:hi|‹name›|i noticed)", shown)
    assert files(dovecot) == before  # a Maildir's file names are the flags
    auditor("explain", "c3.ann@northvans.example", "--config", daemon.config)
    log = json.loads(auditor("audit", "--format", "json", "--config", daemon.config).stdout)
    assert [(one["what"], one["by"], one["sender"]) for one in log] == [
        ("words", getpass.getuser(), "ann@northvans.example"),
        ("verdict", getpass.getuser(), "ann@northvans.example"),
    ]
    table = auditor("audit", "--config", daemon.config).stdout
    assert "ann@northvans.example" in table
    kept = daemon.store.read_bytes() + b"".join(p.read_bytes() for p in daemon.folder.glob("auditor.db-*"))
    assert b"quince" not in kept
    assert b"quince" not in daemon.log.read_bytes()


def test_without_a_daemon_the_command_reads_the_mailbox_itself(daemon: Daemon) -> None:
    daemon.stop()
    told = auditor("explain", "<edited@northvans.example>", "--words", "--config", daemon.config)
    assert "quince" in told.stdout, told.stderr
    assert daemon.query("SELECT what FROM audit") == [("words",)]


def test_a_message_that_is_gone_is_said_to_be(daemon: Daemon, dovecot: Dovecot) -> None:
    for path in files(dovecot):
        if b"quince" in path.read_bytes():
            path.unlink()
    told = auditor("explain", "<edited@northvans.example>", "--words", "--config", daemon.config)
    assert told.returncode == 1
    assert "not in its mailbox any more" in told.stderr


@pytest.mark.parametrize("daemon", [""], indirect=True)
def test_words_are_refused_unless_they_are_switched_on(daemon: Daemon) -> None:
    for command in (("explain", "<edited@northvans.example>", "--words"), ("review", "--sample", "3")):
        told = auditor(*command, "--config", daemon.config)
        assert told.returncode == 2
        assert "privacy.show_words" in told.stderr
        assert "quince" not in told.stdout + told.stderr
    assert daemon.query("SELECT * FROM audit") == []


NEVER_READ = 'never_read = ["works-council@northvans.example"]\n'
SECRET = "canary"


def test_words_that_may_not_be_read_are_refused_and_do_not_travel(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    """By what the store knows of the send, or by its headers, which are fetched first."""
    dovecot = start_dovecot(("ann",), transcribe=True)
    council, lawyer, bob = "works-council@northvans.example", "clerk@lawyers.example", "bob@northvans.example"
    for name, to in (("never", f"joe@one.example, {council}"), ("since", lawyer), ("internal", bob)):
        raw = mail(f"{SECRET} {PITCH}", to=to, at=LATELY, message_id=f"<{name}@northvans.example>")
        dovecot.deliver("ann", raw)
    daemon = Daemon(tmp_path, dovecot, more=ALLOWED + NEVER_READ)
    try:
        daemon.start()
        daemon.until_judged(3)
        more = NEVER_READ.replace("]", ', "lawyers.example"]')
        daemon.config.write_text(daemon.config.read_text().replace(NEVER_READ, more))
        daemon.hang_up()
        daemon.until(lambda: daemon.events("reloaded"))
        for name in ("never", "since", "internal"):
            told = auditor("explain", f"<{name}@northvans.example>", "--words", "--config", daemon.config)
            assert told.returncode == 1
            assert "its text may not be read: privacy.never_read, or internal mail" in told.stderr
            assert SECRET not in told.stdout + told.stderr
        assert daemon.query("SELECT what FROM audit") == [("words",)] * 3  # that somebody wanted to look
        daemon.stop()
        assert dovecot.transcript()[1].count(SECRET.encode()) == 1  # what might be read when it was audited
    finally:
        daemon.close()


class Terminal:
    """A command on a pseudo-terminal: what it shows, and answers to it."""

    def __init__(self, *arguments: str | Path) -> None:
        self._ours, theirs = pty.openpty()
        environment = os.environ | {"TERM": "dumb", "COLUMNS": "120"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "auditor", *map(str, arguments)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""
        self._read = 0

    def until(self, *wanted: str, seconds: float = 60.0) -> str:
        """What was shown since the last answer, once one of these stands in it."""
        deadline = time.monotonic() + seconds
        while not any(one in self.shown[self._read :] for one in wanted):
            assert time.monotonic() < deadline, self.shown
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    data = os.read(self._ours, 65_536)
                except OSError:  # the command has ended
                    data = b""
                if not data:
                    break
                self.shown += data.decode("utf-8", "replace")
        return self.shown[self._read :]

    def answer(self, text: str) -> None:
        self._read = len(self.shown)
        os.write(self._ours, text.encode() + b"\n")

    def end(self) -> int:
        self.until("\0never")
        code = self.process.wait(30)
        os.close(self._ours)
        return code


def test_a_review_asks_and_keeps_counts(daemon: Daemon) -> None:
    """Seven are asked about, as many of each class as there are; one answer is wrong on purpose."""
    terminal = Terminal("review", "--sample", "7", "--config", daemon.config)
    seen: list[str] = []
    wrong = 0
    while "quit:" in (text := terminal.until("quit:", "It stands on the report")):
        seen.append(text)
        if "quince" in text:
            assert "\x1b[31m" not in text
            terminal.answer("t")
        elif "haulage" in text:
            terminal.answer("m" if wrong else "p")
            wrong += 1
        else:
            terminal.answer("x")  # no such answer: it is asked again
            terminal.until("quit:")
            terminal.answer("p")
    assert terminal.end() == 0, terminal.shown
    assert len(seen) == 7
    assert "mass-sent" not in "".join(seen[1:])  # our verdict is not shown before
    assert "You agreed with 6 of 7." in " ".join(terminal.shown.split())
    ((said, population),) = daemon.query("SELECT said, population FROM review")
    assert json.loads(population) == {"mass": 12, "personal": 6, "tailored": 1}
    assert {ours: sum(row.values()) for ours, row in json.loads(said).items()} == {
        "mass": 3, "tailored": 1, "personal": 3,
    }  # fmt: skip
    looks = daemon.query("SELECT what, count(*) FROM audit GROUP BY what")
    assert looks == [("review", 7)]
    ((arguments,),) = daemon.query("SELECT arguments FROM request WHERE what = 'review'")
    assert set(json.loads(arguments)) == {"said"}


def test_a_review_that_is_left_keeps_what_was_said(daemon: Daemon) -> None:
    terminal = Terminal("review", "--sample", "9", "--config", daemon.config)
    terminal.until("quit:")
    terminal.answer("s")
    terminal.until("quit:")
    terminal.answer("q")
    assert terminal.end() == 0, terminal.shown
    assert "nothing is kept" in terminal.shown
    assert daemon.query("SELECT * FROM review") == []
