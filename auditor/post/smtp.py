"""Handing one letter to the mail server; the only home of aiosmtplib.

A new connection a letter (the library does not reconnect), the TLS that was asked for or none of it: the
library's default would go on in clear when a box in between strips STARTTLS (RFC 3207 section 6).
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Literal, Protocol

import aiosmtplib
from aiosmtplib import errors

from auditor.errors import DeliveryDelayed, DeliveryError, DeliveryUnknown, ServerAway, ServerUnusable

TIMEOUT_SECONDS = 60.0


class Bearer(Protocol):
    """Where access tokens for the login come from (XOAUTH2), instead of a password."""

    async def get(self) -> str:
        """A token that is good now.

        Raises:
            DeliveryError: there is none; `DeliveryDelayed` when there may be one later.
        """
        ...

    def refused(self, token: str) -> bool:
        """The mail server refused this token; whether a new one may help."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed over. The password is read by the caller and never printed."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = None
    bearer: Bearer | None = None
    timeout: float = TIMEOUT_SECONDS  # seconds, of each step

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port}, {self.security})"


@dataclass(frozen=True, slots=True)
class Handed:
    """For whom the server took the letter, who is to be tried again, and who is refused for good."""

    taken: tuple[str, ...]
    later: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    note: str = ""  # the server's codes, in one line


async def hand_over(server: Server, sender: str, recipients: Sequence[str], mail: EmailMessage) -> Handed:
    """Hand `mail` to the server for all recipients at once.

    Raises:
        DeliveryUnknown: the connection was lost between DATA and its answer.
        DeliveryDelayed: the server cannot be reached, is busy, or takes it for nobody right now.
        ServerUnusable: TLS, the login or the sender has to be changed; the letter was not judged.
        DeliveryError: nobody it is addressed to will ever be taken, or it is not a letter to this server.
    """
    client = _client(server)
    try:
        await _open(client, server)
        handed = await _envelope(client, sender, recipients)
        await _data(client, mail)
    except BaseException:
        client.close()
        raise
    await _quit(client)
    return handed


async def try_server(server: Server) -> None:
    """Connect, secure the connection and log in as a letter would, and send nothing.

    Raises:
        DeliveryError: as `hand_over` for these steps.
    """
    client = _client(server)
    try:
        await _open(client, server)
    except BaseException:
        client.close()
        raise
    await _quit(client)


def _client(server: Server) -> aiosmtplib.SMTP:
    context = None
    if server.security != "none":
        try:
            context = ssl.create_default_context(cafile=server.ca_file)
        except OSError:
            raise ServerUnusable(
                f"{server.ca_file}: cannot read smtp.ca_file; check the path and the file"
            ) from None
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=context,
        timeout=server.timeout,
    )


async def _open(client: aiosmtplib.SMTP, server: Server) -> None:
    place = f"{server.host}:{server.port}"
    try:
        await client.connect()
        if server.bearer is not None:
            await _show_token(client, server, server.bearer)
        elif server.username is not None:
            await client.login(server.username, server.password or "")
    except errors.SMTPAuthenticationError as error:
        raise _by_code(
            error.code,
            f"{place}: login refused ({error.code}); check smtp.username and its password",
            ServerUnusable,
        ) from None
    except errors.SMTPException as error:
        raise _not_opened(error, server, place) from None
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        raise ServerUnusable(
            f"{place}: certificate not accepted: {why}; check smtp.host and smtp.ca_file"
        ) from None
    except ssl.SSLEOFError:
        raise ServerAway(f"{place}: connection lost within the TLS handshake; trying again") from None
    except ssl.SSLError as error:
        raise ServerUnusable(
            f"{place}: TLS failed: {error.reason or 'unknown'}; check smtp.security and ca_file"
        ) from None
    except (OSError, TimeoutError) as error:
        raise ServerAway(f"{place}: cannot be reached: {type(error).__name__}; trying again") from None


async def _show_token(client: aiosmtplib.SMTP, server: Server, bearer: Bearer) -> None:
    """Log in with an access token; one that is refused for its age is fetched anew for the next attempt."""
    await client.ehlo()  # what is offered within TLS
    if "xoauth2" not in client.server_auth_methods:
        raise ServerUnusable(
            f"{server.host}:{server.port}: offers no XOAUTH2; remove smtp.login or switch OAuth on there"
        )
    token = await bearer.get()
    try:
        await client.auth_xoauth2(server.username or "", token)
    except errors.SMTPAuthenticationError:
        if bearer.refused(token):
            raise DeliveryDelayed(f"{server.host}: access token refused; trying again with another") from None
        raise ServerUnusable(
            f"{server.host}: a new access token was refused for {server.username}; check that the login may "
            "send (Microsoft: SMTP.SendAsApp, and SMTP AUTH switched on for the mailbox)"
        ) from None


def _not_opened(error: errors.SMTPException, server: Server, place: str) -> DeliveryError:
    if isinstance(error, errors.SMTPResponseException):
        return _by_code(error.code, f"{place}: refused the connection ({error.code})", ServerUnusable)
    if isinstance(error, (errors.SMTPConnectError, errors.SMTPServerDisconnected, errors.SMTPTimeoutError)):
        return ServerAway(f"{place}: cannot be reached: {type(error).__name__}; trying again")
    if server.security == "starttls":
        return ServerUnusable(
            f"{place}: offers no STARTTLS, and nothing is sent in clear; check smtp.security"
        )
    return ServerUnusable(f"{place}: offers no login that can be used; check smtp.security and smtp.username")


async def _envelope(client: aiosmtplib.SMTP, sender: str, recipients: Sequence[str]) -> Handed:
    """MAIL and RCPT: who is taken is the server's answer for each (RFC 5321 section 3.3)."""
    taken: list[str] = []
    later: list[str] = []
    refused: list[str] = []
    codes: list[str] = []
    try:
        await client.mail(sender)
        for one in recipients:
            try:
                await client.rcpt(one)
                taken.append(one)
            except errors.SMTPRecipientRefused as error:
                (later if error.code < 500 else refused).append(one)
                codes.append(str(error.code))
    except errors.SMTPResponseException as error:
        raise _by_code(
            error.code,
            f"the mail server does not accept the sender ({error.code}); check smtp.sender",
            ServerUnusable,
        ) from None
    except (errors.SMTPException, OSError, TimeoutError) as error:
        raise DeliveryDelayed(f"connection lost: {type(error).__name__}; trying again") from None
    note = f"recipients not taken: {', '.join(codes)}" if codes else ""
    if taken:
        return Handed(tuple(taken), tuple(later), tuple(refused), note)
    if later:
        raise DeliveryDelayed(f"{note}; trying again")
    raise DeliveryError(f"{note}; check alerts.to")


async def _data(client: aiosmtplib.SMTP, mail: EmailMessage) -> None:
    try:
        await client.data(mail.as_bytes(policy=SMTP_POLICY))
    except errors.SMTPResponseException as error:
        raise _by_code(error.code, f"the mail server did not take the letter ({error.code})") from None
    except (errors.SMTPException, OSError, TimeoutError) as error:
        raise DeliveryUnknown(f"connection lost after DATA: {type(error).__name__}; sending again") from None


async def _quit(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; the letter is delivered whatever the answer is (RFC 5321 section 4.1.1.10)."""
    try:
        await client.quit()
    except (errors.SMTPException, OSError, TimeoutError):
        client.close()


def _by_code(code: int, line: str, permanent: type[DeliveryError] = DeliveryError) -> DeliveryError:
    """4yz may work later, 5yz will not (RFC 5321 section 4.2.1); 421 and a lost answer are temporary too."""
    if code >= 500:
        return permanent(line)
    temporary = ServerAway if permanent is ServerUnusable else DeliveryDelayed
    return temporary(f"{line}; trying again")
