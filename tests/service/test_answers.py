"""Inboxes end to end: the daemon against a Dovecot that writes down what it was asked for."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.answer.post import SECRET, bounce, message
from tests.components.dovecot import Dovecot
from tests.mail import campaign
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
ANN = "ann@northvans.example"
ANSWERS = "SELECT sort, send_id IS NOT NULL FROM answer ORDER BY sort"


@pytest.fixture
def dovecot(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    return start_dovecot(("ann@northvans.example",), transcribe=True)


@pytest.fixture
def daemon(tmp_path: Path, dovecot: Dovecot) -> Iterator[Daemon]:
    more = "[answers]\nenabled = true\n[imap]\nbatch_messages = 7\n"
    made = Daemon(tmp_path, dovecot, (ANN,), more=more)
    yield made
    made.close()


def post() -> list[bytes]:
    """What came back on a campaign: a few answers, and what is none."""
    to = [f"kim{n}@haulier{n}.example" for n in range(40)]
    ids = [f"<c{n}.{ANN}>" for n in range(40)]
    later = LATELY + timedelta(days=1)
    mine = [
        message(to[n], at=later, in_reply_to=ids[n], message_id=f"<r{n}@x>", references=ids[n])
        for n in range(4)
    ]
    mine += [
        message(to[9], at=later, in_reply_to=ids[9], message_id="<v9@x>", auto_submitted="auto-replied"),
        bounce(to[10], ids[10], at=later),
        bounce(to[11], ids[11], at=later, message_id="<b2@mx.example>", headers_only=True),
        message(to[12], at=later, to="unsubscribe@northvans.example", message_id="<u@x>"),
        message("news@elsewhere.example", at=later, message_id="<n@x>"),
        message("bob@northvans.example", at=later, in_reply_to=ids[3], message_id="<i@x>"),
    ]
    return mine


def test_what_comes_back_is_counted_once_and_only_header_fields_are_read(
    daemon: Daemon, dovecot: Dovecot
) -> None:
    dovecot.deliver(ANN, *campaign(40, sender=ANN, start=LATELY), received=LATELY.timestamp())
    dovecot.deliver(ANN, *post(), folder="INBOX", received=(LATELY + timedelta(days=1)).timestamp())
    daemon.start()
    daemon.until_judged(40)
    expected = [("auto", 1), ("bounce", 1), ("bounce", 1), *[("reply", 1)] * 4, ("unsubscribe", 1)]
    daemon.until(lambda: daemon.query(ANSWERS) == expected)
    daemon.until(lambda: daemon.metric('auditor_organization_reply_ratio{class="mass"') == 0.1)
    page = daemon.get("/")
    assert "What is answered" in page
    assert re.search(r"Mass-sent</th>\s*<td class=\"n\">40</td><td class=\"n\">4</td>", page)

    told = [page, daemon.get("/metrics"), *(_report(daemon, form) for form in ("html", "json", "csv"))]
    assert "answered" in told[2]
    template = json.loads(told[3])["templates"][0]["id"]
    told.append(daemon.get(f"/templates/{template}"))
    assert "Whose words" in told[5]
    for text in told:  # nobody is named, neither ours nor theirs
        assert not re.search(r"ann@|kim\d|haulier\d", text, re.IGNORECASE)

    daemon.kill()
    daemon.start()
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 2)
    assert daemon.query(ANSWERS) == expected
    live = message("kim20@haulier20.example", in_reply_to=f"<c20.{ANN}>", message_id="<live@x>")
    dovecot.deliver(ANN, live, folder="INBOX")
    daemon.until(lambda: daemon.metric('auditor_replies_total{class="mass",kind="new",team="none"}') == 1)
    daemon.stop()

    dovecot.stop()
    asked, told = dovecot.transcript()
    inbox = _of_inbox(asked.decode())
    assert len(inbox) > 3
    for line in inbox:
        items = re.findall(r"BODY[^ ]*?\[([^\]]*)\]", line)
        assert all(
            item.startswith("HEADER.FIELDS (") or re.fullmatch(r"[\d.]+(?:\.HEADER)?", item) for item in items
        ), line
        assert "SUBJECT" not in line.upper()
    # The texts and subjects of what came back never left the server, and nothing of them is kept.
    assert SECRET.encode() not in told
    assert SECRET.encode() not in daemon.store.read_bytes()
    assert b"haulier" not in daemon.store.read_bytes()


def _report(daemon: Daemon, form: str) -> str:
    command = [sys.executable, "-m", "auditor", "report", "--config", str(daemon.config), "--format", form]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _of_inbox(asked: str) -> list[str]:
    """The FETCH commands that were not about Sent: they ask for some fields, or for parts of reports."""
    fetches = [line for line in asked.splitlines() if " UID FETCH " in line]
    return [line for line in fetches if "HEADER.FIELDS" in line or re.search(r"\[\d", line)]


def test_nothing_is_read_of_inboxes_unless_it_is_switched_on(tmp_path: Path, dovecot: Dovecot) -> None:
    daemon = Daemon(tmp_path, dovecot, (ANN,))
    try:
        dovecot.deliver(ANN, *campaign(8, sender=ANN, start=LATELY))
        dovecot.deliver(ANN, *post(), folder="INBOX")
        daemon.start()
        daemon.until_judged(8)
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
        page, metrics = daemon.get("/"), daemon.get("/metrics")
        assert "What is answered" not in page
        assert "auditor_reply_ratio{" not in metrics
        assert daemon.query("SELECT count(*) FROM answer") == [(0,)]
    finally:
        daemon.close()
    dovecot.stop()
    assert b"INBOX" not in dovecot.transcript()[0].replace(b'"INBOX/', b"")
