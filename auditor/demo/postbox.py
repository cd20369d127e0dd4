"""Where the demo's letters arrive: a mail server that keeps them in a folder, to be read and opened.

The only home of aiosmtpd, which comes with the extra `demo`.
"""

import asyncio
import base64
import contextlib
import email
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from auditor.errors import UsageError


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter that arrived."""

    subject: str
    text: str
    page: Path  # the letter as a page for the browser


class Postbox:
    """Takes every letter on a free port of 127.0.0.1 and keeps it in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.letters: list[Letter] = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Postbox"]:
        """Accept letters until the block ends.

        Raises:
            UsageError: aiosmtpd is not installed.
        """
        try:
            from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - only the demo needs it
        except ImportError:
            raise UsageError(
                "the demo needs aiosmtpd; install it with: pip install 'campaign-auditor[demo]'"
            ) from None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="localhost"), "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one letter: as it came, and its HTML part to be opened."""
        self.folder.mkdir(parents=True, exist_ok=True)
        octets = bytes(envelope.content)
        letter = email.message_from_bytes(octets, policy=default)
        stem = self.folder / f"letter-{len(self.letters) + 1}"
        stem.with_suffix(".eml").write_bytes(octets)
        page = stem.with_suffix(".html")
        page.write_text(_page(letter), encoding="utf-8")
        self.letters.append(Letter(str(letter["Subject"]), _part(letter, "plain"), page))
        return "250 OK"


def _page(letter: EmailMessage) -> str:
    """The HTML part with its pictures in it: a browser knows nothing of the parts beside it."""
    html = _part(letter, "html")
    for part in letter.walk():
        if part.get_content_maintype() == "image":
            content_id = str(part["Content-ID"]).strip("<>")
            picture = base64.b64encode(part.get_payload(decode=True)).decode("ascii")  # type: ignore[arg-type]  # a leaf has octets
            html = html.replace(f"cid:{content_id}", f"data:image/png;base64,{picture}")
    return html


def _part(letter: EmailMessage, subtype: str) -> str:
    part = letter.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""
