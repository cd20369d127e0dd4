"""A real SMTP server that keeps what it is given, and misbehaves on request."""

import asyncio
import base64
import ssl
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.components.authority import Certificate

USER, PASSWORD = "letters", "open sesame"


@dataclass
class Received:
    """One mail as it arrived."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class SmtpSink:
    """Listens on a free port of loopback. Each fault is a plain attribute, changed at any time.

    `rcpt` maps a recipient to the answer it gets; `data` is the answer to a whole mail, `drop_after_data`
    keeps the mail and cuts the connection instead of answering.
    """

    certificate: Certificate | None = None
    implicit_tls: bool = False
    auth: bool = False
    strip_starttls: bool = False
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = "250 OK"
    drop_after_data: bool = False
    bearer: str | None = None  # the access token that opens it (XOAUTH2)
    greylisting: bool = False  # each recipient is put off once
    mails: list[Received] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _seen: set[str] = field(default_factory=set)
    _protocols: list[SMTP] = field(default_factory=list)

    async def start(self, port: int = 0) -> None:
        """Begin to listen, on `port` when one is given."""
        loop = asyncio.get_running_loop()
        context = self._context() if self.implicit_tls else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and let go of every connection."""
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0.01)

    def _context(self) -> ssl.SSLContext:
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return context

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802
        """AUTH XOAUTH2 as Microsoft and Google speak it: a refusal is a challenge first."""
        if self.bearer is None:
            return AuthResult(success=False, handled=False)
        given = base64.b64decode(arguments[1]).decode()
        if given == f"user={USER}\x01auth=Bearer {self.bearer}\x01\x01":
            return AuthResult(success=True, auth_data=given)
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        await server._reader.readline()
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    def _protocol(self) -> SMTP:
        starttls = self.certificate is not None and not self.implicit_tls and not self.strip_starttls
        protocol = SMTP(
            self,
            tls_context=self._context() if starttls else None,
            require_starttls=starttls,
            authenticator=self._authenticate if self.auth else None,
            auth_exclude_mechanism=[] if self.bearer is not None else ["XOAUTH2"],
            auth_required=self.auth,
            auth_require_tls=not self.implicit_tls,
            hostname="sink.example",
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticate(self, *arguments: Any) -> AuthResult:
        given = arguments[-1]
        right = given.login == USER.encode() and given.password == PASSWORD.encode()
        return AuthResult(success=right, handled=right)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer for one recipient."""
        answer = self.rcpt.get(address, "250 OK")
        if self.greylisting and address not in self._seen:
            self._seen.add(address)
            answer = "450 4.2.0 Greylisted, see you later"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, or refuse it, or keep it and say nothing."""
        if self.data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(Received(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        if self.drop_after_data:
            server.transport.abort()
        return self.data
