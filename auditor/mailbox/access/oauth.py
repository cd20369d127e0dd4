"""Tokens of any OAuth 2.0 server (RFC 6749): a refresh token, or the client's own credentials."""

import asyncio
import base64
import time
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import aiohttp

from auditor.config.logins import Login
from auditor.errors import ConnectionLost, LoginRefused
from auditor.mailbox.access import tls
from auditor.mailbox.access.account import Method
from auditor.mailbox.access.credentials import read_secret
from auditor.mailbox.access.refusals import at_sign_in
from auditor.mailbox.access.token import Token

_SECONDS = 30.0
_UNTOLD_SECONDS = 600.0
"""Life of a token whose answer tells none (`expires_in` is only recommended, section 5.1)."""


class OAuth:
    """One token endpoint. One token opens every mailbox that the mail server opens with it."""

    each_its_own = False

    def __init__(self, login: Login) -> None:
        self._login = login
        self._refresh_token: str | None = None  # a newer one than the file's (section 6)

    async def fetch(self, username: str) -> Token:
        """See `tokens.Provider.fetch`."""
        status, answer = await self._ask()
        text = answer.get("access_token")
        if status == 200 and isinstance(text, str) and text:
            newer = answer.get("refresh_token")
            self._refresh_token = newer if isinstance(newer, str) and newer else self._refresh_token
            return Token(text, time.time() + _seconds(answer.get("expires_in")))
        if status >= 500 or status == 429:
            raise ConnectionLost(f"the token endpoint is unavailable for now (HTTP {status})")
        word = str(answer.get("error") or f"HTTP {status}")[:40]
        self._refresh_token = None  # the file may hold a new one by now
        refusal = at_sign_in(Method.OAUTH, word)
        raise LoginRefused(f"no token: {refusal.next_step} ({word})", refusal.reason)

    def expiry(self) -> datetime | None:
        """None: these secrets do not tell."""
        return None

    def _request(self) -> tuple[dict[str, str], dict[str, str]]:
        """The form and the headers of the question; reads the secrets anew."""
        login = self._login
        form, headers = {"grant_type": "client_credentials"}, {"Accept": "application/json"}
        if login.refresh_token_file is not None or login.refresh_token_credential is not None:
            stored = read_secret(login.refresh_token_file, login.refresh_token_credential, "refresh_token")
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token or stored}
        if login.scope is not None:
            form["scope"] = login.scope
        if login.secret_file is None and login.secret_credential is None:
            form["client_id"] = login.client_id or ""
        else:
            secret = read_secret(login.secret_file, login.secret_credential, "secret")
            basic = f"{quote_plus(login.client_id or '')}:{quote_plus(secret)}"  # section 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(basic.encode('ascii')).decode('ascii')}"
        return form, headers

    async def _ask(self) -> tuple[int, dict[str, Any]]:
        login = self._login
        form, headers = await asyncio.to_thread(self._request)
        context = await asyncio.to_thread(tls.context, login.ca_file)
        try:
            # Never redirected: the secret is for this endpoint alone.
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
                session.post(
                    login.token_url or "",
                    data=form,
                    headers=headers,
                    ssl=context,
                    allow_redirects=False,
                ) as response,
            ):
                answer = await response.json(content_type=None)
                return response.status, answer if isinstance(answer, dict) else {}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ConnectionLost(f"the token endpoint does not answer ({type(error).__name__})") from None
        except ValueError:
            return response.status, {}


def _seconds(told: object) -> float:
    try:
        return max(1.0, float(str(told)))
    except ValueError:
        return _UNTOLD_SECONDS
