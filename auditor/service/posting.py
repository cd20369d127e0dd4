"""Emptying the outbox every few seconds."""

import asyncio
import time

from auditor import log
from auditor.config import Config
from auditor.errors import MailboxError, StoreFull
from auditor.mailbox.credentials import read_secret
from auditor.post.outbox import Attempt, Postman
from auditor.post.smtp import Server
from auditor.service.running import Running

_logger = log.logger("auditor.post")

_EVERY_SECONDS = 2.0


async def deliver(running: Running) -> None:
    """Hand over what is due. A password that cannot be read leaves the letters where they are."""
    postman, config = None, None
    while True:
        if running.config is not config or postman is None:
            config = running.config
            postman = await asyncio.to_thread(_postman, running, config)
        if postman is not None:
            for attempt in await _attempts(postman):
                _tell(running, attempt)
        await asyncio.sleep(_EVERY_SECONDS)


async def _attempts(postman: Postman) -> tuple[Attempt, ...]:
    try:
        return await postman.deliver_due(time.time)
    except StoreFull:
        return ()  # the letter stays in doubt and goes again under its Message-ID


def _postman(running: Running, config: Config) -> Postman | None:
    try:
        server = server_of(config)
    except MailboxError as error:
        _logger.error("smtp_password_unreadable", problem=str(error))
        return None
    return Postman(running.store.run, server, config.smtp.sender, config.smtp.letters_per_minute)


def server_of(config: Config) -> Server:
    """The mail server that takes the letters; its password is read now.

    Raises:
        MailboxError: the password cannot be read.
    """
    smtp = config.smtp
    password = None
    if smtp.password_file is not None or smtp.credential is not None:
        password = read_secret(smtp.password_file, smtp.credential)
    return Server(smtp.host, smtp.port, smtp.security, smtp.ca_file, smtp.username, password)


def _tell(running: Running, attempt: Attempt) -> None:
    running.metrics.count_notification(attempt.outcome)
    level = _logger.info if not attempt.error else _logger.warning
    level("letter_attempted", letter=attempt.letter_id, outcome=str(attempt.outcome), problem=attempt.error)
    running.changed.set()
