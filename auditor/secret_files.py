"""Secrets the auditor makes for itself, once: the pseudonym key and the token of the page."""

import errno
import os
from pathlib import Path

from auditor.errors import StoreError, StoreFull


def read_or_make(path: Path, what: str, new: str) -> str:
    """The first line of the file at `path`; when there is none, `new` is written there with mode 0600.

    Args:
        what: how errors call it, such as "pseudonym key".

    Raises:
        StoreError: it cannot be read or written, or others may read it.
    """
    return read(path, what) if path.exists() else _make(path, what, new)


def read(path: Path, what: str) -> str:
    """The first line of the file at `path`.

    Raises:
        StoreError: it is missing or unreadable, or others may read it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise StoreError(f"{path}: others may read the {what}; run: chmod 600 {path}")
            return file.readline().decode("ascii").strip()
    except FileNotFoundError:
        raise StoreError(f"{path}: no {what} here; it is made by the first start: auditor run") from None
    except UnicodeDecodeError:
        raise StoreError(f"{path}: not a {what}; restore it from a backup") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot read the {what}: {error.strerror}") from None


def _make(path: Path, what: str, new: str) -> str:
    """Written under another name first: a full disk or a crash leaves no half of a secret behind."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(new.encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # never over one that is there
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull(f"{path}: the disk is full; free some space") from None
        raise StoreError(
            f"{path}: cannot write the {what}: {error.strerror}; who runs the auditor has to own its folder"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return new
