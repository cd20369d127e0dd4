"""Mail from files: an mbox, a Maildir, a folder of such, a single .eml. Nothing is changed."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from auditor.errors import UsageError
from auditor.mailbox import mbox
from auditor.mailbox.found import Archived
from auditor.mailbox.protocol.grammar import decode_name
from auditor.mailbox.sent import is_sent
from auditor.mailbox.session import Folder

KEEP = 1 << 20
"""Bytes kept of one message. Text comes first; what follows are attachments, which nobody asks for."""

_HEADER_LINE = re.compile(rb"(?:\xef\xbb\xbf)?(?:>?From [^\n]*\n)?[\x21-\x39\x3b-\x7e]{1,100}[ \t]*:")
_MAIL_HEADER = re.compile(
    rb"^(?:received|return-path|delivered-to|message-id|from|mime-version)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z"}
_OUTLOOK = {b"!BDN": "an Outlook data file (.pst)", b"\xd0\xcf\x11\xe0": "an Outlook message (.msg)"}
_FOREIGN = {".msg", ".pst", ".ost", ".emlx"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or the rest of one, that could not be read."""

    source: str
    reason: str  # stable, snake_case: cannot_read, not_a_message, unknown_format


class Archive:
    """The messages at `path`; iterate it. `total` and `done` are bytes, for a progress bar.

    An mbox file gives its messages; a Maildir those in cur/ and new/; a folder every .eml and mbox file
    below it, and whatever else begins as a message. Where a Maildir, or a folder of Maildirs, has a Sent
    folder inside (`.Sent`, `.Gesendet`, `Sent`, ...), that is read and nothing else: it is what was sent.
    Every message is cut at `keep` bytes, however large it is.

    Raises:
        UsageError: there is nothing of that name, or no mail in it.
    """

    def __init__(self, path: Path, keep: int = KEEP) -> None:
        self._keep = keep
        self.done = 0
        if not path.exists():
            raise UsageError(
                f"{path}: no such file or folder: name an mbox file, a Maildir or a folder of .eml files"
            )
        self._files = list(_listed(path))
        if not self._files:
            raise UsageError(
                f"{path}: no mail in this folder: name an mbox file, a Maildir or a folder of .eml files"
            )
        self.total = sum(_size(file) for file, _ in self._files)

    def __iter__(self) -> Iterator[Archived | Unreadable]:
        """Read everything once. What cannot be read is named, and the rest goes on."""
        self.done = 0
        for file, in_maildir in self._files:
            before = self.done
            try:
                with file.open("rb") as stream:
                    yield from self._messages(file, stream, in_maildir)
            except OSError:
                yield Unreadable(str(file), "cannot_read")
            self.done = before + _size(file)

    def _messages(self, file: Path, stream: BinaryIO, in_maildir: bool) -> Iterator[Archived | Unreadable]:
        def read(size: int) -> bytes:
            block = stream.read(size)
            self.done += len(block)
            return block

        if not in_maildir and _is_mbox(stream):
            for envelope, message in mbox.split(read, self._keep):
                if message.strip():
                    yield Archived(str(file), message, mbox.envelope_date(envelope))
            return
        message = read(self._keep)
        if not _HEADER_LINE.match(message):
            yield Unreadable(
                str(file), "unknown_format" if file.suffix.lower() in _FOREIGN else "not_a_message"
            )
            return
        # A Maildir file's time is its INTERNALDATE; an exported .eml has the time of the export.
        filed = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC) if in_maildir else None
        yield Archived(str(file), message, filed)


def _listed(path: Path) -> Iterator[tuple[Path, bool]]:
    """Every file to be read, in a stable order, and whether it lies in a Maildir."""
    if not path.is_dir():
        _check(path)
        yield path, False
        return
    maildirs = _maildirs(path)
    for maildir in maildirs:
        for part in ("cur", "new"):
            yield from ((file, True) for file in _sorted(maildir / part) if file.is_file())
    if not maildirs:
        yield from _below(path)


def _below(folder: Path) -> Iterator[tuple[Path, bool]]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder, False  # opening it fails, and is told, when its turn comes
        return
    for entry in entries:
        if entry.is_symlink() and entry.is_dir():
            continue  # a link upwards would never end
        if entry.is_dir():
            yield from _listed(entry)
        elif entry.is_file() and (
            entry.suffix.lower() in {".eml", ".mbox", *_FOREIGN} or _begins_as_mail(entry)
        ):
            yield entry, False


def _maildirs(path: Path) -> list[Path]:
    children = [child for child in _sorted(path) if _is_maildir(child)]
    sent = [
        child
        for child in children
        if is_sent(Folder(decode_name(os.fsencode(child.name.lstrip("."))), delimiter="."))
    ]
    if sent:
        return sent
    return [path] if _is_maildir(path) else children


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _sorted(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _check(path: Path) -> None:
    """Whether a file named by the user can be mail at all; what to do where it cannot."""
    if not path.is_file():
        raise UsageError(f"{path}: neither a file nor a folder")
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}): check its permissions") from None
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            raise UsageError(f"{path}: packed with {name}: unpack it first")
    for magic, name in _OUTLOOK.items():
        if head.startswith(magic):
            raise UsageError(f"{path}: {name}: export the mail as mbox or .eml files first")
    if head and not head.startswith(b"From ") and not _HEADER_LINE.match(head):
        raise UsageError(
            f"{path}: neither an mbox file nor a message: name an mbox file, a Maildir or .eml files"
        )


def _is_mbox(stream: BinaryIO) -> bool:
    begins = stream.read(5) == b"From "
    stream.seek(0)
    return begins


def _begins_as_mail(path: Path) -> bool:
    """Whether a file without a telling name is an mbox, or one message as MH and others file it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError:
        return False
    return head.startswith(b"From ") or bool(_HEADER_LINE.match(head) and _MAIL_HEADER.search(head))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
