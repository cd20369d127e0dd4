"""What a configuration names that is secret, files and credentials of systemd, and who else may read it.

The configuration itself holds no secret.
"""

from collections.abc import Iterator
from pathlib import Path

from auditor.config.base import Section
from auditor.config.sections import Config

_FILES = frozenset(
    {
        "key_file",
        "password_file",
        "refresh_token_file",
        "secret_file",
        "tls_key_file",
        "token_file",
        "url_file",
    }
)


def secret_files_of(config: Config) -> frozenset[Path]:
    """Every file with a secret that the configuration names."""
    found = (value for name, value in _values(config) if name in _FILES)
    return frozenset(value for value in found if isinstance(value, Path))


def credentials_of(config: Config) -> frozenset[str]:
    """The names of every systemd credential that the configuration names."""
    found = (value for name, value in _values(config) if name.endswith("credential"))
    return frozenset(value for value in found if isinstance(value, str))


def exposed(config: Config, path: Path) -> list[str]:
    """What other users of this machine may read or change and should not: a sentence for each file, with what
    to do. `path` is the configuration's own."""
    told = [
        f"{file}: everybody may read this secret; run: chmod 600 {file}"
        for file in sorted(secret_files_of(config))
        if _mode(file) & 0o007
    ]
    people = config.organisation.people_file
    told += [
        f"{file}: everybody may change it, and so what is audited; run: chmod o-w {file}"
        for file in (path, people)
        if file is not None and _mode(file) & 0o002
    ]
    store = config.store.path
    if _mode(store) & 0o077:
        told.append(f"{store}: other users may read the store; run: chmod 600 {store}")
    return told


def _mode(file: Path) -> int:
    """Its permission bits; 0 where there is none, or none that we may look at."""
    try:
        return file.stat().st_mode
    except OSError:
        return 0


def _values(section: Section) -> Iterator[tuple[str, object]]:
    """Every key with its value, of the section and of those within it."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        yield name, value
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Section):
                yield from _values(one)
