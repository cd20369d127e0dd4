"""What a refused login or token means, and what to do about it: a table of known errors. Pure functions.

Microsoft's numbers are those of its sign-in server
(https://learn.microsoft.com/entra/identity-platform/reference-error-codes); Google's words are those of
its token endpoint and of imap.gmail.com; the rest is RFC 6749 section 5.2 and RFC 7628 section 3.2.2.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.mailbox.access.account import Method

NOT_CONNECTED = re.compile(r"authenticated but not connected", re.IGNORECASE)
"""What Exchange Online answers after a login that succeeded to somebody without rights in the mailbox."""

MAILBOX_AT_FAULT = frozenset({"no_mailbox_permission", "imap_off"})
"""Reasons that a new token does not remove."""

ROLE = "IMAP.AccessAsApp"
GMAIL_SCOPE = "https://mail.google.com/"

_ENTERPRISE_ID = (
    "New-ServicePrincipal needs the object id of the ENTERPRISE application{object_id}, not that of the app "
    "registration"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login was refused: a stable snake_case word, and what to do, one sentence for a person."""

    reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class _Known:
    sign: str  # a regular expression
    reason: str
    next_step: str


_MICROSOFT_SIGN_IN = (
    _Known(
        "AADSTS7000215", "invalid_secret", "the client secret is wrong: write the secret's Value, not its ID"
    ),
    _Known("AADSTS7000222", "secret_expired", "the client secret has expired: make a new one in the app"),
    _Known("AADSTS700016", "unknown_client", "tenant {tenant} has no such app: check client_id and tenant"),
    _Known("AADSTS90002|AADSTS900023", "unknown_tenant", "there is no tenant {tenant}: check tenant"),
    _Known(
        "AADSTS700027|AADSTS700023", "unknown_certificate", "upload the certificate of key_file to the app"
    ),
    _Known(
        "AADSTS70011|AADSTS1002012|AADSTS500011|AADSTS28003",
        "invalid_scope",
        "the scope is wrong: remove `scope`, the usual one is https://outlook.office365.com/.default",
    ),
    _Known(
        "AADSTS65001|AADSTS7000229|AADSTS650052|AADSTS500014",
        "no_admin_consent",
        f"grant admin consent for the application permission {ROLE} in this tenant",
    ),
    _Known(
        "AADSTS7000112",
        "client_disabled",
        "the app is disabled: enable sign-in in its enterprise application",
    ),
    _Known("AADSTS53003|AADSTS530003", "conditional_access", "a conditional access policy blocks the app"),
)
_MICROSOFT_MAILBOX = (
    _Known(
        NOT_CONNECTED.pattern,
        "no_mailbox_permission",
        "the app may not open this mailbox: Add-MailboxPermission for it is missing, or it was made for "
        f"another object: {_ENTERPRISE_ID}",
    ),
    _Known(
        "AUTHENTICATE failed|LOGIN failed|AUTHENTICATIONFAILED|Authentication unsuccessful",
        "refused",
        f"switch IMAP on for this mailbox (Set-CASMailbox -ImapEnabled $true); {_ENTERPRISE_ID}; "
        "username must be the mailbox's address",
    ),
)
_GOOGLE_SIGN_IN = (
    _Known(
        "unauthorized_client",
        "no_delegation",
        "in the Admin console, Security, API controls, Domain-wide delegation: add client id {client_id} "
        f"with the scope {GMAIL_SCOPE}, exactly",
    ),
    _Known(
        "Invalid email or User ID",
        "unknown_user",
        "the Workspace has no such user: check username or people file",
    ),
    _Known(
        "invalid_scope",
        "invalid_scope",
        f"the scope is wrong: remove `scope`, the usual one is {GMAIL_SCOPE}",
    ),
    _Known("short-lived token", "clock", "the clock of this machine is wrong: set it"),
    _Known(
        "Invalid JWT|account not found",
        "invalid_key",
        "the key was deleted or belongs to another service account: make a new one, and name it in key_file",
    ),
    _Known(
        "access_denied|admin_policy", "access_denied", "a policy of the Workspace blocks the service account"
    ),
)
_GOOGLE_MAILBOX = (
    _Known(
        "not enabled for IMAP|IMAP access is disabled",
        "imap_off",
        "switch IMAP on: Admin console, Gmail, End User Access",
    ),
    _Known(
        r'"scope"|Invalid credentials|AUTHENTICATIONFAILED',
        "refused",
        f"domain-wide delegation needs the scope {GMAIL_SCOPE}; username must be the user's own address, and "
        "IMAP must be on for the user (Admin console, Gmail, End User Access)",
    ),
)
_OAUTH_SIGN_IN = (
    _Known("invalid_client", "invalid_client", "the token endpoint does not know client_id with this secret"),
    _Known("invalid_grant", "invalid_grant", "the refresh token has expired or was withdrawn: get a new one"),
    _Known("invalid_scope", "invalid_scope", "the token endpoint does not give this scope: check `scope`"),
    _Known(
        "unauthorized_client|unsupported_grant_type",
        "no_grant",
        "the client may not ask this way: allow client credentials or refresh tokens for it",
    ),
)
_OAUTH_MAILBOX = (
    _Known(
        "insufficient_scope", "insufficient_scope", "the token has too small a scope for IMAP: set `scope`"
    ),
    _Known(
        "",
        "refused",
        "the mail server does not accept the token for this user: check that it trusts the "
        "token endpoint, and that username is the user of the token",
    ),
)
_PASSWORD = (
    _Known(
        "Application-specific password", "app_password", "Google wants an app password, or a [[logins]] entry"
    ),
    _Known("not enabled for IMAP|IMAP access is disabled", "imap_off", "switch IMAP on for this account"),
    _Known("", "refused", "check user name and password"),
)
_MASTER = (
    _Known(
        "",
        "refused",
        "check the master user's name and password, and that Dovecot has a passdb with master "
        'yes, auth_master_user_separator = "*", and this user',
    ),
)
_AT_SIGN_IN = {
    Method.MICROSOFT: _MICROSOFT_SIGN_IN,
    Method.GOOGLE: _GOOGLE_SIGN_IN,
    Method.OAUTH: _OAUTH_SIGN_IN,
}
_AT_MAILBOX = {
    Method.MICROSOFT: _MICROSOFT_MAILBOX,
    Method.GOOGLE: _GOOGLE_MAILBOX,
    Method.OAUTH: _OAUTH_MAILBOX,
    Method.MASTER: _MASTER,
    Method.PASSWORD: _PASSWORD,
}


def at_sign_in(method: Method, said: str, facts: Mapping[str, str | None] | None = None) -> Refusal:
    """Why a token endpoint gave no token. `facts`: client_id and tenant, as far as they are known."""
    known = _find(_AT_SIGN_IN.get(method, ()), said, facts or {})
    return known or Refusal("refused", "the token endpoint refuses; its word for it is in its documentation")


def at_mailbox(method: Method, said: str, token: str = "") -> Refusal:
    """Why a mail server refused a login. The token, unopened by anybody else, often tells what it lacks."""
    told = claims(token) if method is Method.MICROSOFT else {}
    if told and not NOT_CONNECTED.search(said) and ROLE not in _words(told.get("roles")):
        step = (
            f"the token lacks {ROLE}: add this application permission (Office 365 Exchange Online) to the app"
        )
        return Refusal("no_permission", f"{step}, and grant admin consent")
    object_id = told.get("oid")
    known = _find(_AT_MAILBOX[method], said, {"object_id": f" ({object_id})" if object_id else ""})
    return known or Refusal("refused", "the mail server refuses the token; check user name and permissions")


def claims(token: str) -> Mapping[str, object]:
    """What a JWT says of itself (RFC 7519), unchecked, for advice alone; empty for other tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        told = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _words(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _find(table: tuple[_Known, ...], said: str, facts: Mapping[str, str | None]) -> Refusal | None:
    for known in table:
        if re.search(known.sign, said, re.IGNORECASE):
            named = {key: facts.get(key) or "" for key in ("client_id", "tenant", "object_id")}
            return Refusal(known.reason, " ".join(known.next_step.format(**named).split()))
    return None
