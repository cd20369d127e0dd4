"""Who may ask for what over HTTP; decided from headers alone, without a library.

A browser on the administrator's machine can be made to ask 127.0.0.1 by any page it has open. So the Host
must be one of ours (against DNS rebinding), a foreign Origin is refused (against cross-site requests), and
what concerns people needs the token.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
COOKIE = "auditor_page"


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one listener.

    `hosts` are further Host names, as "name" (any port) or "name:port". `token` opens pages; an empty one
    opens nothing. `open_metrics` is False where the listener is not on loopback.
    """

    token: str
    port: int
    hosts: frozenset[str] = frozenset()
    open_metrics: bool = True

    @classmethod
    def of(cls, token: str, port: int, hosts: Iterable[str] = (), listen: str = "127.0.0.1") -> "Access":
        """Rules for a listener at `listen`; anything but loopback closes metrics too."""
        loopback = listen in {"127.0.0.1", "::1", "localhost"}
        return cls(token, port, frozenset(host.lower() for host in hosts), loopback)

    @property
    def session(self) -> str:
        """What the cookie holds: derived from the token, so that the cookie never gives the token away."""
        return hmac.new(self.token.encode(), b"auditor page session", hashlib.sha256).hexdigest()

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this listener (RFC 9110 section 7.2)."""
        host = host.lower()
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):  # no port, or a bare IPv6 address
            name, port = host, "80"
        if name in LOOPBACK:
            return port == str(self.port)
        return host in self.hosts or name in self.hosts

    def is_foreign(self, origin: str | None, fetch_site: str | None) -> bool:
        """Whether another site's page made the browser ask (RFC 6454 section 7; Fetch Metadata)."""
        if origin is None:
            return False
        try:
            parts = urlsplit(origin)
        except ValueError:
            return True
        return (
            parts.scheme not in {"http", "https"}
            or not self.is_ours(parts.netloc)
            or fetch_site == "cross-site"
        )

    def opens(self, authorization: str | None, cookie: str | None) -> bool:
        """Whether a bearer token (RFC 6750 section 2.1) or the page's cookie is right."""
        if not self.token:
            return False
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_token(given.strip())
        return cookie is not None and _same(cookie, self.session)

    def is_token(self, given: str) -> bool:
        """Compare without telling by time how much was right."""
        return bool(self.token) and _same(given, self.token)


def _same(given: str, wanted: str) -> bool:
    # Headers may hold any byte; the server hands those that are not UTF-8 on as surrogates.
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
