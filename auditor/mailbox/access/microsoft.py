"""Tokens of Microsoft 365 for an app of its own, without a user: the only home of msal and cryptography.

The app has the application permission IMAP.AccessAsApp, and the mailboxes it may open are granted to its
service principal one by one
(https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth).
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auditor.config.logins import Login
from auditor.errors import ConnectionLost, LoginRefused, MailboxError
from auditor.mailbox.access.account import Method
from auditor.mailbox.access.credentials import read_key, read_secret
from auditor.mailbox.access.refusals import at_sign_in
from auditor.mailbox.access.token import Token

SCOPE = "https://outlook.office365.com/.default"
AUTHORITY = "https://login.microsoftonline.com"


class Microsoft:
    """Client credentials: a certificate or a secret. One token opens every mailbox granted to the app."""

    each_its_own = False

    def __init__(self, login: Login) -> None:
        self._login = login

    async def fetch(self, username: str) -> Token:
        """See `tokens.Provider.fetch`."""
        return await asyncio.to_thread(self._fetch)

    def expiry(self) -> datetime | None:
        """When the certificate expires; None for a secret, which does not say."""
        login = self._login
        if login.key_file is None and login.key_credential is None:
            return None
        try:
            from cryptography import x509  # noqa: PLC0415 - an extra

            _, data = read_key(login.key_file, login.key_credential)
            return x509.load_pem_x509_certificate(data).not_valid_after_utc.astimezone(UTC)
        except (ImportError, MailboxError, ValueError):
            return None  # `fetch` says what is wrong

    def _fetch(self) -> Token:
        try:
            import msal  # noqa: PLC0415 - an extra

            from auditor.mailbox.access import http  # noqa: PLC0415 - needs the extra too
        except ImportError:
            raise MailboxError("msal is missing: pip install 'campaign-auditor[microsoft]'") from None
        login = self._login
        credential = self._credential()
        with http.session(login.ca_file) as session:
            try:
                # A new one each time: msal would keep a token that the mail server has refused, and the
                # file may hold a new secret.
                app = msal.ConfidentialClientApplication(
                    login.client_id,
                    client_credential=credential,
                    authority=f"{(login.authority or AUTHORITY).rstrip('/')}/{login.tenant}",
                    instance_discovery=False if login.authority else None,
                    http_client=session,
                )
                answer = app.acquire_token_for_client(scopes=[login.scope or SCOPE])
            except http.NoAnswer as error:
                raise ConnectionLost(f"the sign-in server does not answer ({type(error).__name__})") from None
            except ValueError as error:
                raise self._unusable(str(error)) from None
        return self._token(answer)

    def _credential(self) -> str | dict[str, str]:
        login = self._login
        if login.key_file is None and login.key_credential is None:
            return read_secret(login.secret_file, login.secret_credential, "secret")
        path, data = read_key(login.key_file, login.key_credential)
        text = data.decode("ascii", "replace")
        if "PRIVATE KEY-----" not in text or "-----BEGIN CERTIFICATE-----" not in text:
            raise MailboxError(f"{path}: write the private key and the certificate there, both in PEM")
        if "ENCRYPTED" in text:
            raise MailboxError(f"{path}: the private key has a passphrase: write it without one (mode 0600)")
        return {"private_key": text, "public_certificate": text[text.index("-----BEGIN CERTIFICATE-----") :]}

    def _token(self, answer: Mapping[str, Any]) -> Token:
        text = answer.get("access_token")
        if isinstance(text, str) and text:
            return Token(text, time.time() + float(answer.get("expires_in", 300)))
        said = f"{answer.get('error', '')} {answer.get('error_description', '')}"
        if answer.get("error") == "temporarily_unavailable" or "AADSTS90033" in said:
            raise ConnectionLost("the sign-in server is unavailable for now")
        raise self._refused(said, str(answer.get("error") or "no reason given"))

    def _unusable(self, said: str) -> MailboxError:
        """msal's own errors before anything is asked: the tenant is unknown, or the key is no key."""
        if "authority" in said.lower() or "tenant" in said.lower():
            return self._refused(f"AADSTS90002 {said}", "invalid_tenant")
        return MailboxError("the key cannot be used: write an RSA private key and its certificate in PEM")

    def _refused(self, said: str, word: str) -> LoginRefused:
        facts = {"client_id": self._login.client_id, "tenant": self._login.tenant}
        refusal = at_sign_in(Method.MICROSOFT, said, facts)
        number = next((part.rstrip(":") for part in said.split() if part.startswith("AADSTS")), word[:40])
        return LoginRefused(f"no token: {refusal.next_step} ({number})", refusal.reason)
