"""Where passwords come from: a file, or a credential that systemd hands to the unit."""

import os
from pathlib import Path

from auditor.errors import MailboxError

_LONGEST = 65_536  # a password file is not read further than this


def read_secret(password_file: Path | None, credential: str | None) -> str:
    """The first line of the file, or of the systemd credential, without its line end.

    Exactly one of the two is given. It is read each time, so that a changed password needs no restart.

    Raises:
        MailboxError: missing, unreadable, empty, or not UTF-8; the message never holds any of it.
    """
    if password_file is not None:
        path, key = password_file, "password_file"
    elif credential is not None:
        path, key = _credential_path(credential), "credential"
    else:
        raise MailboxError("no password: set password_file or credential")
    try:
        with path.open("rb") as file:
            line = file.readline(_LONGEST).rstrip(b"\r\n")
    except OSError as error:
        raise MailboxError(f"{path}: cannot read the password ({error.strerror}): check `{key}`") from None
    try:
        secret = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without `from None` the error would carry the bytes themselves.
        raise MailboxError(f"{path}: the password is not UTF-8 text: write it again in UTF-8") from None
    if not secret.strip():
        raise MailboxError(f"{path}: the first line is empty: write the password there")
    if "\0" in secret:
        raise MailboxError(f"{path}: the first line is not text: write the password there")
    return secret


def readable_by_others(password_file: Path) -> bool:
    """Whether anybody but the owner and the group may read the file; `auditor check` warns then."""
    try:
        return bool(password_file.stat().st_mode & 0o007)
    except OSError:
        return False


def _credential_path(name: str) -> Path:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise MailboxError(
            f'credential "{name}": systemd handed none over: add LoadCredential={name}:FILE to the unit, '
            "or use password_file"
        )
    if "/" in name or name in {"", ".", ".."}:
        raise MailboxError(f'credential "{name}": write the name only, as in LoadCredential=')
    return Path(folder) / name
