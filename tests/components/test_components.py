"""The rule for components that are not installed, and that those that are leave nothing behind."""

from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.components import free_port, require


def test_a_missing_component_skips_here_and_fails_in_ci(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(Skipped, match="Debian package nothing-imapd"):
        require("no-such-program", "nothing-imapd")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Failed, match="Debian package nothing-imapd"):
        require("no-such-program", "nothing-imapd")


def test_free_ports_differ():
    assert free_port() != free_port()


def test_a_dovecot_leaves_nothing_behind(start_dovecot):
    dovecot = start_dovecot()
    processes = [path for path in Path("/proc").glob("[0-9]*/cmdline") if is_of(path, dovecot.folder)]
    assert processes
    dovecot.close()
    assert not dovecot.folder.exists()
    assert not any(is_of(path, dovecot.folder) for path in processes)


def is_of(process, folder):
    try:
        return str(folder).encode() in process.read_bytes()
    except OSError:
        return False
