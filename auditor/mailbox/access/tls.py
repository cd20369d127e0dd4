"""TLS to mail servers: one shared context per certificate authority, and errors that say what to do."""

import functools
import ssl
from asyncio import sslproto
from pathlib import Path

from auditor.errors import MailboxError

READ_BUFFER = 16_384
"""Bytes that asyncio reserves for reading on each TLS connection. Its own 256 KiB, times thousands of idle
mailboxes, is most of the daemon's memory; one TLS record is at most 16 KiB (RFC 8446 section 5.1)."""

_EXPIRED, _NOT_YET_VALID, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64  # X509_V_ERR_* of OpenSSL
_NEXT_STEPS = {
    _EXPIRED: "the server's certificate has expired: renew it on the server",
    _NOT_YET_VALID: "the server's certificate is not valid yet: check the clocks of server and this machine",
    _WRONG_NAME: "the server's certificate is for another host name: set `host` to the name in it",
    _WRONG_ADDRESS: "the server's certificate is not for this address: set `host` to the name in it",
}
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}


def context(ca_file: Path | None) -> ssl.SSLContext:
    """The context that every connection under one authority shares (each costs 0.8 MB and 20 ms).

    A `ca_file` that was replaced is read again.

    Raises:
        MailboxError: `ca_file` cannot be used.
    """
    try:
        return _context(ca_file, ca_file.stat().st_mtime_ns if ca_file else 0)
    except OSError as error:
        raise MailboxError(f"{ca_file}: cannot read `ca_file`: {error.strerror}") from None


@functools.lru_cache(maxsize=32)
def _context(ca_file: Path | None, _changed: int) -> ssl.SSLContext:
    sslproto.SSLProtocol.max_size = READ_BUFFER
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise MailboxError(f"{ca_file}: no certificate in it; `ca_file` must hold PEM certificates") from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def refusal(error: ssl.SSLError) -> str:
    """What is wrong with the server's TLS and what to do, without its certificate's content."""
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = "the server's certificate is from an unknown authority: set `ca_file` to its certificate"
        return _NEXT_STEPS.get(error.verify_code, unknown)
    if error.reason in _NO_TLS:
        return "the server does not speak TLS here: 993 is the usual `port` for IMAP over TLS"
    reason = error.reason or "no reason given"
    return f"no TLS connection is agreed on ({reason}): check the server's TLS settings"
