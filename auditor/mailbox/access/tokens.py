"""Access tokens: fetched off the loop, kept until shortly before they expire, fetched anew when refused."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from auditor.config.logins import Login
from auditor.errors import AuditorError, ConnectionLost, LoginRefused, MailboxError
from auditor.mailbox.access.google import Google
from auditor.mailbox.access.microsoft import Microsoft
from auditor.mailbox.access.oauth import OAuth
from auditor.mailbox.access.refusals import MAILBOX_AT_FAULT
from auditor.mailbox.access.token import Token

_AT_ONCE = 4  # sign-ins in flight, over all logins
_MARGIN_SECONDS = 300.0
"""A token is renewed so long before it expires, or a fifth of its life before, whichever is later."""
_YOUNG_SECONDS = 60.0
"""A token this young that a server refuses is not at fault: the mailbox, or the app's rights, are."""
_SIGN_IN_AGAIN_SECONDS = 10.0
"""How long the answer to a failed sign-in holds for everybody else who waits for the same token."""


class Provider(Protocol):
    """Where tokens come from: Microsoft, Google, any OAuth server."""

    each_its_own: bool
    """Whether every mailbox needs a token of its own; else one opens all."""

    async def fetch(self, username: str) -> Token:
        """A new token for a mailbox.

        Raises:
            LoginRefused: refused, with the next step.
            MailboxError: a person must act first: a file, a missing extra.
            ConnectionLost: the token endpoint does not answer.
        """
        ...

    def expiry(self) -> datetime | None:
        """When the secret behind the tokens expires, as far as it says so itself."""
        ...


@dataclass(slots=True)
class _Kept:
    """What is kept for one provider and mailbox."""

    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: Token | None = None
    fetched_at: float = 0.0
    failure: AuditorError | None = None
    failed_at: float = 0.0


class Tokens:
    """The tokens of every login. One object a process, so that mailboxes share what they can.

    `failures` counts refused tokens and failed sign-ins by login and reason, from 0 at the start.
    `expiries` has, by login, when its certificate or secret expires (epoch seconds), where that is known.
    """

    def __init__(self, logins: Iterable[Login] = (), clock: Callable[[], float] = time.time) -> None:
        self.failures: Counter[tuple[str, str]] = Counter()
        self.expiries: dict[str, float] = {}
        self._clock = clock
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._logins: dict[str, Login] = {}
        self._providers: dict[str, Provider] = {}
        self._kept: dict[tuple[str, str], _Kept] = {}
        self.know(logins)

    def know(self, logins: Iterable[Login]) -> None:
        """Use these logins from now on; tokens of one that changed, or is gone, are dropped."""
        new = {login.name: login for login in logins}
        same = {name for name, login in new.items() if self._logins.get(name) == login}
        self._providers = {
            name: self._providers[name] if name in same else _provider(new[name]) for name in new
        }
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in same}
        self._logins = new
        told = {name: at for name, at in self.expiries.items() if name in same}
        self.expiries = told | {
            name: _midnight(day) for name, login in new.items() if (day := login.secret_expires)
        }

    def login(self, name: str) -> Login:
        """A login by its name.

        Raises:
            MailboxError: the configuration has none of that name.
        """
        if name not in self._logins:
            raise MailboxError(f'no [[logins]] has the name "{name}"')
        return self._logins[name]

    async def get(self, name: str, username: str) -> Token:
        """A token that is still good for a while, of the login `name`, for a mailbox.

        Raises:
            MailboxError, ConnectionLost: as `Provider.fetch`; the message begins with the login's name.
        """
        self.login(name)
        provider = self._providers[name]
        kept = self._kept.setdefault((name, username if provider.each_its_own else ""), _Kept())
        async with kept.one_at_a_time:
            now = self._clock()
            if kept.token is not None and now < _renewal(kept.token, kept.fetched_at):
                return kept.token
            if kept.failure is not None and 0 <= now - kept.failed_at < _SIGN_IN_AGAIN_SECONDS:
                raise _like(kept.failure, str(kept.failure))
            await self._note_expiry(name, provider)
            try:
                kept.token = await self._fetch(provider, username)
            except (MailboxError, ConnectionLost) as error:
                self.failures[name, _reason(error)] += 1
                if (
                    kept.token is not None
                    and now < kept.token.expires_at
                    and isinstance(error, ConnectionLost)
                ):
                    return kept.token  # its renewal can wait a little
                kept.failure, kept.failed_at = _like(error, f'login "{name}": {error}'), self._clock()
                raise _like(kept.failure, str(kept.failure)) from None
            kept.failure, kept.fetched_at = None, self._clock()
            return kept.token

    def refused(self, name: str, username: str, token: Token, reason: str) -> bool:
        """A mail server refused `token`: count it, and say whether a new one may help.

        It may when this one was fetched a while ago; a young token is refused for the mailbox's sake.
        """
        self.failures[name, reason] += 1
        provider = self._providers.get(name)
        kept = self._kept.get((name, username if provider is None or provider.each_its_own else ""))
        if kept is None or reason in MAILBOX_AT_FAULT:
            return False
        if kept.token is not token:
            return True  # somebody else has it renewed
        if 0 <= self._clock() - kept.fetched_at < _YOUNG_SECONDS:
            return False
        kept.token = None
        return True

    async def _fetch(self, provider: Provider, username: str) -> Token:
        async with self._gate:
            try:
                return await provider.fetch(username)
            except AuditorError:
                raise
            except Exception as error:  # noqa: BLE001 - foreign libraries must not end the daemon
                name = type(error).__name__  # its text may hold what was sent
                raise MailboxError(
                    f"the sign-in failed unexpectedly ({name}): check the key and ca_file"
                ) from None

    async def _note_expiry(self, name: str, provider: Provider) -> None:
        if self._logins[name].secret_expires is not None:
            return
        if (at := await asyncio.to_thread(provider.expiry)) is not None and name in self._logins:
            self.expiries[name] = at.timestamp()


def _provider(login: Login) -> Provider:
    match login.provider:
        case "microsoft":
            return Microsoft(login)
        case "google":
            return Google(login)
        case "oauth":
            return OAuth(login)


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _renewal(token: Token, fetched_at: float) -> float:
    return token.expires_at - min(_MARGIN_SECONDS, max(0.0, token.expires_at - fetched_at) / 5)


def _reason(error: AuditorError) -> str:
    if isinstance(error, LoginRefused):
        return error.reason
    return "unreachable" if isinstance(error, ConnectionLost) else "unusable"


def _like(error: AuditorError, message: str) -> AuditorError:
    """A new error of the same kind: one object raised again and again would collect every traceback."""
    if isinstance(error, LoginRefused):
        return LoginRefused(message, error.reason)
    return type(error)(message)
