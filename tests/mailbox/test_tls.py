"""One context for many connections, and refusals that say what to do."""

import ssl

import pytest

from auditor.errors import MailboxError
from auditor.mailbox.access import tls
from tests.components.authority import Authority


def test_contexts_are_shared_until_the_authority_changes(tmp_path):
    first, second = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    context = tls.context(first.ca_file)
    assert tls.context(first.ca_file) is context
    assert tls.context(second.ca_file) is not context
    assert tls.context(None) is tls.context(None)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    first.ca_file.write_bytes(second.ca_file.read_bytes())
    assert tls.context(first.ca_file) is not context


def test_a_file_without_certificates_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(MailboxError, match=r"ca.pem.*PEM"):
        tls.context(tmp_path / "ca.pem")


def test_a_handshake_that_fails_otherwise_says_how():
    error = ssl.SSLError(1, "x")
    error.reason = "NO_SHARED_CIPHER"
    assert "NO_SHARED_CIPHER" in tls.refusal(error)
