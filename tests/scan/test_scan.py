"""`auditor scan` as a person calls it, on every kind of source."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import START, campaign, journaled, letters, mail

FIELDS = {
    "message_id",
    "source",
    "sender",
    "sent_at",
    "recipients",
    "direction",
    "kind",
    "class",
    "template",
    "handwritten_share",
    "similarity",
    "words",
    "merge_failure",
    "generated_field",
    "reason",
}


def scan(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", "scan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd)


def as_mbox(messages: Sequence[bytes]) -> bytes:
    return b"".join(
        b"From ann@northvans.example Mon Sep  7 08:00:00 2026\n" + raw.replace(b"\r\n", b"\n") + b"\n"
        for raw in messages
    )


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    path = tmp_path / "sent.mbox"
    path.write_bytes(as_mbox([*campaign(20), *letters(10)]))
    return path


def test_every_send_is_one_line(mbox: Path, tmp_path: Path) -> None:
    ended = scan(mbox, "--format", "jsonl", "--output", tmp_path / "verdicts.jsonl")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "30 messages: 30 sends" in ended.stderr
    verdicts = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()]
    assert all(set(verdict) == FIELDS for verdict in verdicts)
    assert sum(verdict["class"] == "mass" for verdict in verdicts) == 20
    assert sum(verdict["class"] == "personal" for verdict in verdicts) == 10
    assert {verdict["message_id"] for verdict in verdicts} >= {"<c0.ann@northvans.example>"}


def test_the_same_archive_gives_the_same_verdicts(mbox: Path) -> None:
    once, again = (scan(mbox, "--format", "jsonl").stdout for _ in range(2))
    assert once
    assert once == again


def test_totals_as_json(mbox: Path) -> None:
    found = json.loads(scan(mbox, "--format", "json").stdout)
    assert found["totals"]["sends"] == 30
    assert found["ratios"]["outreach_deliveries"]["mass_ratio"] == pytest.approx(2 / 3)
    (template, *_) = found["templates"]
    assert (template["sends"], template["recipients"], template["senders"]) == (20, 20, 1)
    assert "vans stand at the ramp" in template["wording"].replace("\n", " ")
    assert found["domains"] == ["northvans.example"]


def test_a_page_for_people(mbox: Path) -> None:
    ended = scan(mbox)
    assert "67 were mass-sent" in ended.stdout.replace("\n", " ")
    assert "kim3" not in ended.stdout.lower()


def test_maildir_and_folder_of_eml(tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "maildir" / part).mkdir(parents=True)
    (tmp_path / "eml").mkdir()
    for n, raw in enumerate(campaign(6)):
        path = tmp_path / "maildir" / "cur" / f"{n}.M1P1.host:2,S"
        path.write_bytes(raw)
        os.utime(path, (1_788_000_000 + n, 1_788_000_000 + n))
        (tmp_path / "eml" / f"{n}.eml").write_bytes(raw)
    for folder in ("maildir", "eml"):
        found = json.loads(scan(tmp_path / folder, "--format", "json").stdout)
        assert (found["totals"]["sends"], found["totals"]["by_class"]) == (6, {"mass": 6})


def test_a_journal_in_a_folder_and_in_an_account(dovecot: Dovecot, tmp_path: Path) -> None:
    """Reports are opened: the sender is who wrote the message inside, and everybody in Bcc was reached."""
    hidden = [f"Bcc: kim{n}@customer{n}.example" for n in range(2, 9)]
    reports = [journaled(raw, "To: joe@customer1.example", *hidden) for raw in letters(4)]
    (tmp_path / "journal").mkdir()
    for n, raw in enumerate(reports):
        (tmp_path / "journal" / f"{n}.eml").write_bytes(raw)
    dovecot.deliver("ann", *reports, folder="INBOX")
    (tmp_path / "password").write_text(dovecot.password + "\n")
    account = f"imaps://ann@127.0.0.1:{dovecot.port}/"
    login = ("--ca-file", dovecot.ca_file, "--password-file", tmp_path / "password", "--mailbox", "INBOX")
    for source in ((tmp_path / "journal",), (account, *login)):
        ended = scan(*source, "--format", "jsonl", "--domain", "northvans.example")
        assert ended.returncode == 0, ended.stderr
        sends = [json.loads(line) for line in ended.stdout.splitlines()]
        assert [(one["class"], one["recipients"] >= 7) for one in sends] == 4 * [("mass", True)]


def test_the_same_sends_in_two_sources_count_once(mbox: Path, tmp_path: Path) -> None:
    (tmp_path / "again.mbox").write_bytes(mbox.read_bytes())
    found = json.loads(scan(mbox, tmp_path / "again.mbox", "--format", "json").stdout)
    assert (found["totals"]["sends"], found["totals"]["copies"]) == (30, 30)


def test_an_account(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver("ann", *campaign(20), *letters(10), received=time.time())
    (tmp_path / "password").write_text(dovecot.password + "\n")
    address = f"imaps://ann@127.0.0.1:{dovecot.port}/"
    options = ("--ca-file", dovecot.ca_file, "--password-file", tmp_path / "password")
    found = json.loads(scan(address, *options, "--format", "json").stdout)
    assert (found["totals"]["sends"], found["totals"]["by_class"]) == (30, {"mass": 20, "personal": 10})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.mbox"], "no such file or folder"),
        (["imaps://127.0.0.1/"], "write imaps://LOGIN@HOST/"),
        (["imaps://ann:secret@127.0.0.1/"], "holds a password, which others can see"),
        (["http://example.com/"], "write imaps://LOGIN@HOST/"),
        (["free.mbox"], "name them: --domain example.com"),
        (["free.mbox", "--format", "xml"], "'xml' is not one of"),
    ],
)
def test_what_cannot_work_says_so_in_one_line(tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "free.mbox").write_bytes(as_mbox([mail("Hello.\n", sender="ann@gmail.com")]))
    ended = scan(*arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert "secret" not in ended.stderr


def test_a_wrong_password_says_so(dovecot: Dovecot, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong\n")
    address = f"imaps://ann@127.0.0.1:{dovecot.port}/"
    ended = scan(address, "--ca-file", dovecot.ca_file, "--password-file", tmp_path / "password")
    assert ended.returncode == 1
    assert "password" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_is_left_behind(mbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    assert scan(mbox, "--format", "json").returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_report_of_an_archive(mbox: Path, tmp_path: Path) -> None:
    ended = scan(mbox, "--format", "html", "--output", tmp_path / "report.html")
    assert (ended.returncode, ended.stdout) == (0, "")
    text = (tmp_path / "report.html").read_text()
    assert "67&nbsp;were mass-sent" in text
    assert "33&nbsp;were written for that person" in text
    assert "Based on 30 messages in sent.mbox" in text
    assert "auditor review" not in text
    assert "<script" not in text


def test_alerts_are_replayed_over_the_mail(mbox: Path, tmp_path: Path) -> None:
    assert json.loads(scan(mbox, "--format", "json", "--alerts").stdout)["incidents"] == []
    assert "No alert would have been sent." in scan(mbox, "--alerts").stdout
    working = [
        START + timedelta(days=day) for day in range(30) if (START + timedelta(days=day)).weekday() < 5
    ]
    mail = [
        raw
        for day in working
        for sender in ("ann@northvans.example", "bob@northvans.example")
        for raw in campaign(12, sender=sender, start=day)
    ]
    night = (working[-1] + timedelta(days=1)).replace(hour=2)
    path = tmp_path / "weeks.mbox"
    path.write_bytes(as_mbox([*mail, *campaign(60, start=night)]))
    (incident,) = json.loads(scan(path, "--format", "json", "--alerts").stdout)["incidents"]
    assert (incident["scope"], incident["series"]) == ("sender", "ann@northvans.example")
    assert (incident["direction"], incident["reason"]) == ("up", "night_blast")
    assert "Alerts" in scan(path, "--alerts").stdout
