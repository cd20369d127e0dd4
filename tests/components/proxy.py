"""A TCP proxy that spoils connections: resets them, swallows what they carry, cuts or delays it."""

import asyncio
import socket
import struct
from typing import Self


class FaultProxy:
    """Listens on `port` and passes everything on to 127.0.0.1:`target` until told otherwise."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections = 0
        self.heard = bytearray()  # everything that clients sent
        self.passed = 0  # bytes from the server that were handed on
        self.cut_after: int | None = None  # bytes from the server on each connection, then a reset
        self.delay = 0.0  # seconds before each chunk from the server
        self.silent = False  # swallow everything, in both directions
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        """Reset every connection now."""
        for client in tuple(self._clients):
            self._reset(client)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._clients.add(writer)
        self.connections += 1
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, upstream))
                both.create_task(self._pass_back(answers, writer))
        except (ExceptionGroup, OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._clients.discard(writer)
            for side in (writer, upstream):
                if side is not None:
                    side.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.heard += data
            if not self.silent:
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await reader.read(65536):
            await asyncio.sleep(self.delay)
            if self.silent:
                continue
            allowed = len(data) if self.cut_after is None else max(0, self.cut_after - passed)
            writer.write(data[:allowed])
            self.passed += allowed
            await writer.drain()
            passed += len(data)
            if allowed < len(data):
                self._reset(writer)
                break
        raise ConnectionResetError

    @staticmethod
    def _reset(writer: asyncio.StreamWriter) -> None:
        connected = writer.get_extra_info("socket")
        if connected is not None:
            # Closing with a linger of 0 seconds sends RST.
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
