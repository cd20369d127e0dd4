"""How a login is shown to the server: SASL mechanisms and their messages. Pure functions."""

import base64
import binascii
import re
from collections.abc import Iterable

from auditor.errors import MailboxError
from auditor.mailbox.access.account import Account
from auditor.mailbox.protocol.grammar import quote

LAST_WORD = "AQ=="
"""What ends an OAUTHBEARER exchange that has failed: one control A (RFC 7628 section 3.2.3). XOAUTH2 ends
with an empty line."""


def mechanism(account: Account, capabilities: frozenset[str]) -> str | None:
    """The SASL mechanism for an account at a server that can do this; None: the LOGIN command.

    Raises:
        MailboxError: the server offers none that fits.
    """
    if account.bearer:
        return _bearer(account, capabilities)
    closed = "LOGINDISABLED" in capabilities
    if "AUTH=PLAIN" in capabilities and (closed or not (account.username + account.password).isascii()):
        return "PLAIN"  # LOGIN's strings are ASCII; PLAIN's are UTF-8 (RFC 4616)
    if closed:
        raise MailboxError(
            f"{account}: the server allows no login with a password here: use TLS, or its OAuth login"
        )
    return None


def _bearer(account: Account, capabilities: frozenset[str]) -> str:
    wanted = ("XOAUTH2", "OAUTHBEARER") if account.mechanism == "auto" else (account.mechanism.upper(),)
    for name in wanted:
        if f"AUTH={name}" in capabilities:
            return name
    offered = ", ".join(sorted(c.removeprefix("AUTH=") for c in capabilities if c.startswith("AUTH=")))
    raise MailboxError(
        f"{account}: the server offers no {' or '.join(wanted)} (it offers {offered or 'nothing'}): "
        "switch OAuth on there, or give a password_file instead of login"
    )


def response(account: Account, name: str) -> str:
    """The client's first message of a mechanism, in base64."""
    user, secret = account.username, account.password
    match name:
        case "XOAUTH2":
            text = f"user={user}\x01auth=Bearer {secret}\x01\x01"
        case "OAUTHBEARER":  # RFC 7628 section 3.1, inside the GS2 header of RFC 5801
            who = user.replace("=", "=3D").replace(",", "=2C")
            text = f"n,a={who},\x01host={account.host}\x01port={account.port}\x01auth=Bearer {secret}\x01\x01"
        case _:
            text = f"\0{user}\0{secret}"
    return base64.b64encode(text.encode()).decode("ascii")


def failure(challenge: bytes) -> str:
    """What a server says in the challenge of a failed bearer login, as it stands: JSON, mostly."""
    try:
        return base64.b64decode(challenge, validate=True).decode("utf-8", "replace")[:2000]
    except (binascii.Error, ValueError):
        return ""


def secrets(account: Account) -> Iterable[str]:
    """Every form in which the account's secret may come back in a server's words, the longest first."""
    names = ("XOAUTH2", "OAUTHBEARER") if account.bearer else ("PLAIN",)
    forms = {account.password, quote(account.password)[1:-1], *(response(account, name) for name in names)}
    return sorted(filter(None, forms), key=len, reverse=True)


def breaks_the_line(account: Account) -> bool:
    """Whether user name or secret would end the line it stands in."""
    return bool(re.search(r"[\0\r\n\x01]", account.username + account.password))
