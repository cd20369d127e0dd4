"""Archives: what mail programs and exports leave behind, whole, broken and hostile."""

import io
import mailbox
import os
import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.mailbox import mbox
from auditor.mailbox.archive import KEEP, Archive, Unreadable
from auditor.mailbox.found import Archived
from tests.components.dovecot import mail

ENVELOPE = b"From ann@ours.example Mon Nov  2 10:00:00 2026"
LINE = st.one_of(
    st.sampled_from(
        [b"", b"From me", b">From you", b">>From us Mon Nov  2 10:00:00 2026", b"From: x", b"\r", b">"]
    ),
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
)
MESSAGE = st.lists(LINE, min_size=1, max_size=12).map(lambda lines: b"\n".join(lines) + b"\n")


def quoted(message):
    """As mboxrd writes it."""
    lines = message.split(b"\n")
    return b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)


def small_reads(data, sizes):
    stream, count = io.BytesIO(data), iter(range(1 << 30))
    return lambda size: stream.read(min(size, sizes[next(count) % len(sizes)]))


@given(st.lists(MESSAGE, max_size=5), st.lists(st.integers(1, 200), min_size=1, max_size=5))
@example([b"\n"], [1])
@example([b"a\n", b"\n\n", b"From \n"], [3])
def test_mboxrd_round_trip(messages, sizes):
    data = b"".join(ENVELOPE + b"\n" + quoted(message) + b"\n" for message in messages)
    split = list(mbox.split(small_reads(data, sizes), 1 << 20))
    assert split == [(ENVELOPE, message) for message in messages]


@given(st.lists(MESSAGE, min_size=1, max_size=5), st.integers(1, 60))
def test_what_is_kept_is_the_beginning(messages, keep):
    data = b"".join(ENVELOPE + b"\n" + quoted(message) + b"\n" for message in messages)
    split = list(mbox.split(small_reads(data, [7]), keep))
    assert len(split) == len(messages)
    assert all(len(message) <= keep for _, message in split)


@given(st.binary(max_size=500), st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_any_bytes_are_split_alike_however_they_are_read(data, sizes):
    data = b"From x\n" + data
    assert list(mbox.split(small_reads(data, sizes), 100)) == list(mbox.split(io.BytesIO(data).read, 100))


def test_text_that_begins_a_line_with_from_is_no_message():
    body = b"Hello\n\nFrom now on we meet at 10.\n\nFrom the team\n"
    data = ENVELOPE + b"\nSubject: x\n\n" + body + b"\n" + ENVELOPE + b"\nSubject: y\n\nz\n"
    assert [message.count(b"From") for _, message in mbox.split(io.BytesIO(data).read, 1 << 20)] == [2, 0]
    # Without dates on the envelope lines, a blank line before them decides.
    data = b"From nobody\nSubject: x\n\nsaid\nFrom him\n\nFrom nobody\nSubject: y\n\nz\n"
    assert len(list(mbox.split(io.BytesIO(data).read, 1 << 20))) == 2


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        (b"From a@b Mon Nov  2 10:00:05 2026", datetime(2026, 11, 2, 10, 0, 5, tzinfo=UTC)),
        (b"From 17@xxx Mon Nov 02 10:00:05 +0200 2026", datetime(2026, 11, 2, 8, 0, 5, tzinfo=UTC)),
        (b"From a@b Mon Nov  2 10:00:05 2026 -0100", datetime(2026, 11, 2, 11, 0, 5, tzinfo=UTC)),
        (b"From a@b Mon Nov  2 10:00 CET 2026\r", datetime(2026, 11, 2, 10, 0, tzinfo=UTC)),
        (b"From a@b Mon Feb 31 10:00:05 2026", None),
        (b"From - ", None),
    ],
)
def test_envelope_dates(envelope, expected):
    assert mbox.envelope_date(envelope) == expected


def test_an_mbox_of_pythons_own_with_both_line_ends(tmp_path):
    path = tmp_path / "sent"
    box = mailbox.mbox(path)
    for number in range(3):
        box.add(mail(number, text=f"one\nFrom two {number}\n"))
    box.close()
    archive = Archive(path)
    read = list(archive)
    assert [b"From two" in message.raw and b">From" not in message.raw for message in read] == [True] * 3
    assert all(message.received_at is not None and message.source == str(path) for message in read)
    assert archive.done == archive.total == path.stat().st_size
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert len(list(Archive(path))) == 3
    assert all(b"\r\n" in message.raw for message in Archive(path))


def test_a_wrong_content_length_is_ignored(tmp_path):
    path = tmp_path / "sent.mbox"
    path.write_bytes((ENVELOPE + b"\nContent-Length: 99999\nSubject: x\n\nbody\n\n") * 2)
    assert len(list(Archive(path))) == 2


def test_a_hostile_message_of_200_mb_takes_no_memory(tmp_path):
    path = tmp_path / "huge.mbox"
    with path.open("wb") as file:
        file.write(ENVELOPE + b"\nSubject: huge\n\n")
        file.seek(200 << 20, os.SEEK_CUR)  # a hole: one endless line
        file.write(b"\n\n" + ENVELOPE + b"\nSubject: small\n\nx\n")
    tracemalloc.start()
    start = time.process_time()
    sizes = [len(message.raw) for message in Archive(path)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sizes == [KEEP, len(b"Subject: small\n\nx\n")]
    assert peak < 16 << 20
    assert time.process_time() - start < 10


def test_a_hostile_eml_too(tmp_path):
    path = tmp_path / "huge.eml"
    with path.open("wb") as file:
        file.write(b"Subject: huge\n\n")
        file.truncate(200 << 20)
    assert [len(message.raw) for message in Archive(path)] == [KEEP]


def make_maildir(path, *messages):
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    for number, message in enumerate(messages):
        file = path / ("cur" if number % 2 else "new") / f"{number}.host"
        file.write_bytes(message)
        os.utime(file, (1_700_000_000 + number,) * 2)


def test_a_maildir_gives_what_is_in_cur_and_new(tmp_path):
    make_maildir(tmp_path / "box", *(mail(number) for number in range(4)))
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"Subject: half")
    read = list(Archive(tmp_path / "box"))
    assert len(read) == 4
    assert {message.received_at.timestamp() for message in read} == {1_700_000_000 + n for n in range(4)}


@pytest.mark.parametrize(
    "name", [".Sent", ".INBOX.Sent Items", ".Gesendete Objekte", ".&kAFP4W4IMH8-", "Sent", "Sent Items"]
)
def test_of_a_maildir_with_a_sent_folder_only_that_is_read(tmp_path, name):
    make_maildir(tmp_path, mail(1))
    make_maildir(tmp_path / name, mail(2), mail(3))
    make_maildir(tmp_path / ".Drafts", mail(4))
    assert sorted(b"<1@" in message.raw for message in Archive(tmp_path)) == [False, False]


def test_a_folder_of_files_is_read_to_its_depth(tmp_path):
    (tmp_path / "2025" / "q1").mkdir(parents=True)
    (tmp_path / "2025" / "q1" / "a.eml").write_bytes(mail(1))
    (tmp_path / "2025" / "B.EML").write_bytes(mail(2))
    (tmp_path / "Sent").write_bytes(ENVELOPE + b"\n" + mail(3).replace(b"\r\n", b"\n"))
    (tmp_path / "notes.txt").write_text("Subject: not mail\n")
    (tmp_path / "loop").symlink_to(tmp_path)
    read = list(Archive(tmp_path))
    assert [type(message) for message in read] == [Archived] * 3
    assert [message.received_at is None for message in read] == [True, True, False]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path):
    (tmp_path / "a.eml").write_bytes(b"\x00\x01 no mail at all")
    (tmp_path / "b.eml").write_bytes(mail(1))
    (tmp_path / "c.msg").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "d.eml").write_bytes(mail(2))
    archive = Archive(tmp_path)
    (tmp_path / "d.eml").unlink()
    read = list(archive)
    assert [m.reason for m in read if isinstance(m, Unreadable)] == [
        "not_a_message",
        "unknown_format",
        "cannot_read",
    ]
    assert sum(isinstance(message, Archived) for message in read) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b\x08junk", "unpack"),
        (b"PK\x03\x04junk", "unpack"),
        (b"!BDNjunk", "export"),
        (b"%PDF-1.4", "neither an mbox file nor a message"),
        (None, "no such file"),
    ],
)
def test_what_is_no_archive_says_what_to_do(tmp_path, content, words):
    path = tmp_path / "archive"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        Archive(path)


def test_an_empty_file_is_an_empty_mbox_and_an_empty_folder_is_a_mistake(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert [m for m in Archive(tmp_path / "file") if isinstance(m, Archived)] == []
    with pytest.raises(UsageError, match="no mail"):
        Archive(tmp_path / "folder")
