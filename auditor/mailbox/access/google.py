"""Tokens of Google Workspace for a service account that stands in for users: the only home of google-auth.

Domain-wide delegation lets the service account read, change and delete the mail of EVERY user of the
Workspace; IMAP has no smaller scope (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
"""

import asyncio
import functools
import json
import time
from datetime import UTC, datetime
from typing import Any

from auditor.config.logins import Login
from auditor.errors import ConnectionLost, LoginRefused, MailboxError
from auditor.mailbox.access.account import Method
from auditor.mailbox.access.credentials import read_key
from auditor.mailbox.access.refusals import GMAIL_SCOPE, at_sign_in
from auditor.mailbox.access.token import Token


class Google:
    """A service account with domain-wide delegation. Each mailbox has a token of its own."""

    each_its_own = True

    def __init__(self, login: Login) -> None:
        self._login = login

    async def fetch(self, username: str) -> Token:
        """See `tokens.Provider.fetch`."""
        return await asyncio.to_thread(self._fetch, username)

    def expiry(self) -> datetime | None:
        """None: keys of service accounts expire only where a policy says so, and do not tell."""
        return None

    def _fetch(self, username: str) -> Token:
        try:
            from google.auth import exceptions  # noqa: PLC0415 - an extra
            from google.auth.transport.requests import Request  # noqa: PLC0415 - an extra
            from google.oauth2 import service_account  # noqa: PLC0415 - an extra

            from auditor.mailbox.access import http  # noqa: PLC0415 - needs the extra too
        except ImportError:
            raise MailboxError("google-auth is missing: pip install 'campaign-auditor[google]'") from None
        key = self._key()
        with http.session(self._login.ca_file) as session:
            try:
                credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]  # untyped there
                    key, scopes=[self._login.scope or GMAIL_SCOPE], subject=username
                )
                credentials.refresh(functools.partial(Request(session), timeout=http.SECONDS))
            except exceptions.TransportError as error:
                cause = type(error.args[0] if error.args else error).__name__
                raise ConnectionLost(f"Google's token endpoint does not answer ({cause})") from None
            except exceptions.RefreshError as error:
                if error.retryable:
                    raise ConnectionLost("Google's token endpoint is unavailable for now") from None
                raise _refused(error.args, str(key.get("client_id") or "")) from None
            except ValueError:
                raise MailboxError(
                    "the key cannot be used: download the service account's JSON again"
                ) from None
        return _token(credentials)

    def _key(self) -> dict[str, Any]:
        path, data = read_key(self._login.key_file, self._login.key_credential)
        try:
            key = json.loads(data)
        except ValueError:
            key = None
        if not isinstance(key, dict) or key.get("type") != "service_account":
            raise MailboxError(
                f"{path}: not the JSON key of a service account: make one in the Cloud console"
            )
        return key


def _token(credentials: Any) -> Token:
    expiry = credentials.expiry  # naive, in UTC
    at = expiry.replace(tzinfo=UTC).timestamp() if expiry is not None else time.time() + 300
    return Token(str(credentials.token), at)


def _refused(arguments: tuple[Any, ...], client_id: str) -> LoginRefused:
    """google-auth's RefreshError holds `error: description` and the endpoint's JSON."""
    said = " ".join(str(argument) for argument in arguments)
    word = next((str(part["error"]) for part in arguments if isinstance(part, dict) and "error" in part), "")
    refusal = at_sign_in(Method.GOOGLE, said, {"client_id": client_id})
    return LoginRefused(f"no token: {refusal.next_step} ({word[:40] or 'no reason given'})", refusal.reason)
