"""The SMTP sink on a thread of its own, for tests whose daemon and commands are processes."""

import asyncio
import email
import email.policy
import threading
from email.message import EmailMessage
from typing import Self

from tests.components.smtp_sink import SmtpSink


class SmtpThread:
    """A mail server in clear on a free port of loopback; use as a context manager."""

    def __init__(self) -> None:
        self.sink = SmtpSink()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.sink.start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def port(self) -> int:
        return self.sink.port

    def close(self) -> None:
        """Go away."""
        asyncio.run_coroutine_threadsafe(self.sink.stop(), self._loop).result(10)

    def mails(self) -> list[EmailMessage]:
        """What arrived, in order."""
        return [email.message_from_bytes(one.content, policy=email.policy.default) for one in self.sink.mails]
