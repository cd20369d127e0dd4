"""What commands ask of the running daemon: questions at once, changes by way of judgement."""

import time
from typing import Any

from auditor import arguments
from auditor.errors import AuditorError, UsageError
from auditor.publish.control import Control
from auditor.question import kinds as questions
from auditor.question.house import House
from auditor.request import kinds as changes
from auditor.service.running import Running
from auditor.service.tasks import rung
from auditor.store import requests
from auditor.store.requests import Request, State

_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 1.0


def control_of(running: Running) -> Control:
    """What this daemon answers to commands."""

    async def ask(name: str, given: str, by: str) -> Any:
        question = arguments.read(questions.kind_of(name), given)
        return await question.answer(house_of(running, by))

    async def change(name: str, given: str, by: str) -> str:
        if name not in changes.KINDS:
            raise UsageError(f"the running daemon does not know “{name}”; restart it with this version")
        arguments.read(changes.KINDS[name], given)  # what cannot be read is refused before it is written
        return await _made(running, name, given, by)

    return Control(str(running.config.store.path), ask, change)


def house_of(running: Running, by: str) -> House:
    """What an answer may use, for `by`."""
    return House(
        config=running.config,
        company=running.company,
        pseudonyms=running.pseudonyms,
        store=running.store,
        tokens=running.tokens,
        paces=running.servers.paces,
        by=by,
        change=lambda wanted: _made(running, changes.name_of(wanted), arguments.written(wanted), by),
    )


async def _made(running: Running, name: str, given: str, by: str) -> str:
    """Write the request down, and wait until judgement has applied it.

    Raises:
        AuditorError: it was refused, or is still waiting, such as for room on the disk.
    """
    now = time.time()
    number = await running.store.run(lambda connection: requests.put(connection, name, by, given, now))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        running.stored.set()
        await rung(running.settled, _LOOK_AGAIN_SECONDS)
        running.settled.clear()
        found = await running.store.run(lambda connection: requests.find(connection, number))
        if found.state is not State.PENDING:
            return _told(found)
    raise AuditorError(f"request {number} is written down and will be made when judgement goes on")


def _told(settled: Request) -> str:
    if settled.state is State.REFUSED:
        raise UsageError(settled.answer)
    return settled.answer
