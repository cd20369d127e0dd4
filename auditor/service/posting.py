"""Emptying the outbox every few seconds."""

import asyncio
import time

from auditor import log
from auditor.config import Config
from auditor.errors import AuditorError, StoreWaits
from auditor.post.outbox import Attempt, Postman
from auditor.postman import postman_of
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
    except StoreWaits:
        return ()  # the letter stays in doubt and goes again under its Message-ID


def _postman(running: Running, config: Config) -> Postman | None:
    try:
        return postman_of(config, running.judging, running.tokens)
    except AuditorError as error:
        _logger.error("post_unusable", problem=str(error))
        return None


def _tell(running: Running, attempt: Attempt) -> None:
    running.metrics.count_notification(attempt.outcome)
    letter, outcome = attempt.letter_id, str(attempt.outcome)
    if attempt.error:
        _logger.warning("letter_attempted", letter=letter, outcome=outcome, problem=attempt.error)
    else:
        _logger.info("letter_attempted", letter=letter, outcome=outcome)
    running.changed.set()
