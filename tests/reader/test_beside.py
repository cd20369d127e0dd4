"""A process that reads beside this one: the same answers, and nothing lost when it dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.message.values import Skipped
from auditor.people import People
from auditor.reader import beside
from auditor.reader.beside import Readers
from auditor.reader.work import Manner, Raw, Read, Wanted
from tests.mail import START, campaign, letters, mail

COMPANY = People.of(["northvans.example"])
KEY = bytes(range(32))
BACKLOG = Manner()
MAILS = [
    *campaign(20),
    *letters(20),
    mail("Grüße von der Rampe, ein Satz für Jörg – und noch einer, weil es so schön war.\n"),
    mail("Not ours.\n", sender="joe@customer1.example"),
    b"no field at all",
    b"\xff\xfe\x00 no mail either\r\n\r\n\x00",
]


def raws() -> list[Raw]:
    return [Raw(data, START, journal=bool(n % 2), uid=n) for n, data in enumerate(MAILS, 1)]


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """Readers for whom every backlog is worth a process, also on a machine with one processor."""
    monkeypatch.setattr(beside, "_processors", lambda: 2)
    made = Readers(COMPANY, KEY, worth=0)
    yield made
    made.rest()


@pytest.mark.parametrize(
    "manner", [BACKLOG, Manner(past=True), Manner(archive=True), Manner(headers_only=True)]
)
def test_it_reads_what_is_read_here(readers: Readers, manner: Manner) -> None:
    here = Readers(COMPANY, KEY, worth=10_000).read(raws(), manner)
    assert readers.read(raws(), BACKLOG)
    assert readers.process_id is not None
    assert readers.read(raws(), manner) == here
    kinds = {type(one) for one in here}
    assert kinds == {Skipped, Wanted} if manner.headers_only else {Skipped, Read}


def test_a_killed_process_is_replaced_and_nothing_is_lost(readers: Readers) -> None:
    expected = readers.read(raws(), BACKLOG)
    first = readers.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert readers.read(raws(), BACKLOG) == expected
    assert readers.process_id not in {None, first}


def test_what_kills_it_again_and_again_is_read_here(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_PROGRAM", "raise SystemExit(3)")
    assert len(readers.read(raws(), BACKLOG)) == len(MAILS)
    assert readers.process_id is None


def test_where_no_process_can_start_it_is_read_here(
    readers: Readers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    assert len(readers.read(raws(), BACKLOG)) == len(MAILS)
    assert readers.process_id is None


def test_what_cannot_be_read_there_is_tried_here(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error then says where it is from; the process lives on."""
    readers.read(raws(), BACKLOG)
    known = readers.process_id
    broken = [Raw(None, START)]  # type: ignore[arg-type]  # a fault of ours
    with pytest.raises(TypeError):
        readers.read(broken, BACKLOG)
    assert readers.process_id == known
    assert len(readers.read(raws(), BACKLOG)) == len(MAILS)


def test_mail_that_comes_as_it_is_watched_needs_no_process(readers: Readers) -> None:
    readers.read(raws(), Manner(live=True))
    assert readers.process_id is None


def test_a_short_backlog_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_processors", lambda: 2)
    readers = Readers(COMPANY, KEY, worth=len(MAILS))
    readers.read(raws(), BACKLOG)
    assert readers.process_id is None
    readers.read(raws(), BACKLOG)
    assert readers.process_id is not None
    readers.rest()
    assert readers.process_id is None


def test_a_few_now_and_then_are_no_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_processors", lambda: 2)
    monkeypatch.setattr(beside, "PAUSE_SECONDS", -1.0)  # every time is long after the time before
    readers = Readers(COMPANY, KEY, worth=len(MAILS))
    for _ in range(3):
        readers.read(raws(), BACKLOG)
    assert readers.process_id is None


def test_it_knows_new_people_at_once(readers: Readers) -> None:
    readers.read(raws(), BACKLOG)
    readers.know(People.of(["customer1.example"]), read_internal=False)
    read = [one for one in readers.read(raws(), BACKLOG) if isinstance(one, Read)]
    assert [one.send.sender for one in read] == ["joe@customer1.example"]


def test_the_key_stands_in_no_argument_and_no_variable(readers: Readers) -> None:
    readers.read(raws(), BACKLOG)
    process = Path(f"/proc/{readers.process_id}")
    for place in ("cmdline", "environ"):
        told = (process / place).read_bytes()
        assert KEY not in told
        assert KEY.hex().encode() not in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_are_for_the_process_that_asks(readers: Readers, number: signal.Signals) -> None:
    """systemd sends SIGTERM to both: the one that asks still gets its answer."""
    readers.read(raws(), BACKLOG)
    known = readers.process_id
    assert known is not None
    os.kill(known, number)
    readers.read(raws(), BACKLOG)
    assert readers.process_id == known


_ASKS_AND_WAITS = """
import sys, time
from auditor.people import People
from auditor.reader import beside
from auditor.reader.work import Manner, Raw
beside._processors = lambda: 2
readers = beside.Readers(People.of(["northvans.example"]), bytes(32), worth=0)
readers.read([Raw(b"From: a@northvans.example", None)], Manner())
print(readers.process_id, flush=True)
time.sleep(60)
"""


def test_it_does_not_outlive_the_process_that_asks() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", _ASKS_AND_WAITS], stdout=subprocess.PIPE, env=environment
    ) as asking:
        assert asking.stdout is not None
        process = Path(f"/proc/{int(asking.stdout.readline())}")
        assert process.exists()
        asking.kill()
    until = time.monotonic() + 10
    while process.exists() and _state(process) != "Z":
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.05)


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_reader_says_nothing_of_its_key() -> None:
    assert KEY.hex() not in repr(Readers(COMPANY, KEY)._setup)
    assert str(KEY) not in repr(Readers(COMPANY, KEY)._setup)
