"""Where passwords come from: a file, or a credential that systemd hands to the unit."""

import os
from pathlib import Path

from auditor.errors import MailboxError

_LONGEST = 65_536  # a secret's file is not read further than this
_OF_A_FOLDER = "auditor_"
"""What LoadCredential=auditor:FOLDER puts before the name of each file of that folder (systemd.exec(5))."""


def read_secret(file: Path | None, credential: str | None, what: str = "password") -> str:
    """The first line of the file, or of the systemd credential, without its line end.

    Exactly one of the two is given. It is read each time, so that a changed secret needs no restart.
    `what` is its name in errors and in the configuration: `password` is set by `password_file`, `secret`
    by `secret_file`.

    Raises:
        MailboxError: missing, unreadable, empty, or not UTF-8; the message never holds any of it.
    """
    path, data = _read(file, credential, what)
    line = data.partition(b"\n")[0].rstrip(b"\r")
    try:
        secret = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without `from None` the error would carry the bytes themselves.
        raise MailboxError(f"{path}: the {what} is not UTF-8 text: write it again in UTF-8") from None
    if not secret.strip():
        raise MailboxError(f"{path}: the first line is empty: write the {what} there")
    if "\0" in secret:
        raise MailboxError(f"{path}: the first line is not text: write the {what} there")
    return secret


def read_key(file: Path | None, credential: str | None, what: str = "key") -> tuple[Path, bytes]:
    """The whole file, or the whole systemd credential, and where it is: a certificate, a JSON key.

    Raises:
        MailboxError: as `read_secret`.
    """
    return _read(file, credential, what)


def readable_by_others(file: Path) -> bool:
    """Whether anybody but the owner and the group may read the file; `auditor check` warns then."""
    try:
        return bool(file.stat().st_mode & 0o007)
    except OSError:
        return False


def _read(file: Path | None, credential: str | None, what: str) -> tuple[Path, bytes]:
    if file is not None:
        path, key = file, f"{what}_file"
    elif credential is not None:
        path, key = _credential_path(credential), "credential" if what == "password" else f"{what}_credential"
    else:
        raise MailboxError(
            f"no {what}: set {what}_file or {'credential' if what == 'password' else what + '_credential'}"
        )
    try:
        with path.open("rb") as opened:
            return path, opened.read(_LONGEST)
    except OSError as error:
        raise MailboxError(f"{path}: cannot read the {what} ({error.strerror}): check `{key}`") from None


def _credential_path(name: str) -> Path:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise MailboxError(
            f'credential "{name}": systemd handed none over: it is there for the units, such as '
            "systemctl start auditor-check; elsewhere use a file"
        )
    if "/" in name or name in {"", ".", ".."}:
        raise MailboxError(f'credential "{name}": write the name only, as in LoadCredential=')
    alone, of_a_folder = Path(folder) / name, Path(folder) / (_OF_A_FOLDER + name)
    return alone if alone.exists() else of_a_folder
