"""An IMAP server that says what a test wants it to say, for behaviour no real server shows."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from tests.components.listening import LocalServer

Answer = bytes | Callable[["Conversation", str], Awaitable[None]]
"""What follows a command: bytes, in which TAG stands for the command's tag, or a coroutine function."""

USUAL: dict[str, Answer] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n",
    "LOGIN": b"TAG OK welcome\r\n",
    "LIST": b'* LIST (\\Sent) "/" Sent\r\nTAG OK done\r\n',
    "EXAMINE": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] done\r\n",
    "UID SEARCH": b"* SEARCH 1 2 3\r\nTAG OK done\r\n",
    "NOOP": b"TAG OK done\r\n",
    "LOGOUT": b"* BYE see you\r\nTAG OK done\r\n",
}


class Conversation:
    """One client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def line(self) -> str:
        """What the client says next, without its line end; "" when it is gone."""
        return (await self.reader.readline()).decode("utf-8", "replace").rstrip("\r\n")

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()


class ScriptedServer(LocalServer):
    """Answers each command by the first entry of `answers` whose name the command begins with.

    `heard` are the command lines without their tags, in order, over all connections.
    """

    def __init__(
        self, answers: Mapping[str, Answer] | None = None, greeting: bytes = b"* OK ready\r\n"
    ) -> None:
        super().__init__()
        self.answers = {**(answers or {}), **{k: v for k, v in USUAL.items() if k not in (answers or {})}}
        self.greeting = greeting
        self.heard: list[str] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._talk(Conversation(reader, writer))

    async def _talk(self, conversation: Conversation) -> None:
        await conversation.say(self.greeting)
        while line := await conversation.line():
            tag, _, command = line.partition(" ")
            self.heard.append(command)
            answer = next((a for name, a in self.answers.items() if command.startswith(name)), None)
            if answer is None:
                await conversation.say(f"{tag} BAD unknown\r\n".encode())
            elif isinstance(answer, bytes):
                await conversation.say(re.sub(rb"\bTAG\b", tag.encode(), answer))
            else:
                await answer(conversation, tag)
