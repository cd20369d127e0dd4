"""Passwords from files and systemd credentials, and what is said when there is none."""

from pathlib import Path

import pytest

from auditor.errors import MailboxError
from auditor.mailbox.access.credentials import read_secret, readable_by_others


def test_the_first_line_without_its_end_is_the_password(tmp_path):
    file = tmp_path / "password"
    for content, password in (
        (b"secret\n", "secret"),
        (b"secret", "secret"),
        (b" two words \r\nsecond line\n", " two words "),
        ("pässword\n".encode(), "pässword"),
        (b"\xef\xbb\xbfsecret\n", "secret"),
    ):
        file.write_bytes(content)
        assert read_secret(file, None) == password


def test_a_systemd_credential(tmp_path, monkeypatch):
    (tmp_path / "imap").write_text("secret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(None, "imap") == "secret"
    (tmp_path / "auditor_smtp").write_text("of a folder\n")  # LoadCredential=auditor:/etc/auditor/credentials
    assert read_secret(None, "smtp") == "of a folder"
    for name in ("../imap", "", ".."):
        with pytest.raises(MailboxError, match="LoadCredential"):
            read_secret(None, name)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(MailboxError, match="systemctl start auditor-check"):
        read_secret(None, "imap")


@pytest.mark.parametrize("content", [b"", b"\n", b"  \nsecret\n", b"hush\xff\xfe\n", b"hush\0\n"])
def test_what_is_no_password_is_named_without_showing_it(tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(MailboxError, match="password") as raised:
        read_secret(file, None)
    assert "hush" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_missing_file_is_named():
    with pytest.raises(MailboxError, match=r"/nowhere/password.*No such file.*password_file"):
        read_secret(Path("/nowhere/password"), None)
    with pytest.raises(MailboxError, match="password_file or credential"):
        read_secret(None, None)


def test_a_file_that_everybody_may_read_is_noticed(tmp_path):
    file = tmp_path / "password"
    file.write_text("secret")
    file.chmod(0o640)
    assert not readable_by_others(file)
    file.chmod(0o644)
    assert readable_by_others(file)
    assert not readable_by_others(tmp_path / "missing")
