"""A local sign-in server: what Microsoft, Google and any OAuth server look like to those who want a token.

It issues JWTs that a Dovecot with `oauth2_passdb` accepts, and refuses as the real ones do.
"""

import asyncio
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.components.authority import Authority

Refusal = tuple[int, dict[str, str]]


class TokenEndpoint:
    """Listens on 127.0.0.1 with TLS of `authority`. `asked` are the forms that came, in order.

    Tokens live for `life` seconds and name `email`, or whom the assertion names (Google's `sub`). While
    `refusal` is set, that is the answer: an HTTP status and a JSON object.
    """

    def __init__(self, authority: Authority, email: str = "ann") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tokens-", dir="/tmp"))
        self.folder.chmod(0o755)  # Dovecot reads the key in it as its own user
        self.email = email
        self.life = 3600.0
        self.refusal: Refusal | None = None
        self.more: dict[str, object] = {}  # further claims
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.issued: list[str] = []
        self.busiest = 0  # the most questions that waited at one time
        self.slowness = 0.0  # seconds before an answer
        self._waiting = 0
        self.port = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = authority.issue("127.0.0.1", "localhost")
        self._runner: web.AppRunner | None = None
        validating = self.folder / "jwt" / "default" / "ES256"
        validating.mkdir(parents=True, exist_ok=True)
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        (validating / "default").write_bytes(public)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{path:.*}", self._token)
        application.router.add_get("/{path:.*}", self._discovery)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate.certificate, self._certificate.key)
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End it; may be called twice."""
        if self._runner is not None:
            await self._runner.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def issue(self, email: str | None = None, *, at: Callable[[], float] = time.time) -> str:
        """A token that begins now."""
        now = int(at())
        claims = {"email": email or self.email, "sub": email or self.email, "iat": now - 5, "nbf": now - 5}
        token = jwt.encode({**claims, "exp": int(now + self.life), **self.more}, self._key, "ES256")
        self.issued.append(token)
        return token

    def dovecot_settings(self) -> str:
        """What `Dovecot(more=...)` needs to accept the tokens: validation of the JWT on the spot."""
        folder = self.folder
        (folder / "oauth2.conf").write_text(
            "introspection_mode = local\n"
            f"local_validation_key_dict = fs:posix:prefix={folder}/jwt/\n"
            "username_attribute = email\n"
        )
        return (
            "auth_mechanisms = plain login xoauth2 oauthbearer\n"
            "passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n"
            f"  args = {folder}/oauth2.conf\n}}\n"
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        self.headers.append(dict(request.headers))
        self._waiting += 1
        self.busiest = max(self.busiest, self._waiting)
        await asyncio.sleep(self.slowness)
        self._waiting -= 1
        if self.refusal is not None:
            return web.json_response(self.refusal[1], status=self.refusal[0])
        email = None
        if form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            email = jwt.decode(form["assertion"], options={"verify_signature": False})["sub"]
        answer = {"access_token": self.issue(email), "token_type": "Bearer", "expires_in": int(self.life)}
        return web.json_response(answer)

    async def _discovery(self, request: web.Request) -> web.Response:
        tenant = request.path.split("/")[1]
        if tenant == "nobody":
            return web.json_response(
                {"error": "invalid_tenant", "error_description": "AADSTS90002: no"}, status=400
            )
        return web.json_response(
            {
                "authorization_endpoint": f"{self.url}/{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{self.url}/{tenant}/oauth2/v2.0/token",
                "issuer": f"{self.url}/{tenant}/v2.0",
            }
        )
