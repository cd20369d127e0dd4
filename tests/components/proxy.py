"""A TCP proxy that spoils connections: resets them, swallows what they carry, cuts or delays it."""

import asyncio
import random
import socket
import struct

from tests.components.listening import LocalServer


class FaultProxy(LocalServer):
    """Listens on `port` and passes everything on to 127.0.0.1:`target` until told otherwise."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self.target = target
        self.connections = 0
        self.heard = bytearray()  # everything that clients sent
        self.passed = 0  # bytes from the server that were handed on
        self.cut_after: int | None = None  # bytes from the server on each connection, then a reset
        self.cut_by_reset = True  # otherwise by an ordinary end (FIN)
        self.silent_after: int | None = None  # bytes from the server on each connection, then nothing more
        self.silent_at: bytes | None = None  # what a client says, in clear, before nothing passes any more
        self.delay = 0.0  # seconds before each chunk from the server
        self.silent = False  # swallow everything, in both directions
        self.clients: set[asyncio.StreamWriter] = set()
        self._stranded: set[asyncio.StreamWriter] = set()

    def reset(self) -> None:
        """Reset every connection now."""
        for client in tuple(self.clients):
            self.reset_one(client)

    def end(self) -> None:
        """End every connection now in the ordinary way (FIN)."""
        for client in tuple(self.clients):
            client.close()

    def strand(self, share: float = 1.0) -> None:
        """Leave this share of the connections half-open: nothing passes on them any more, nothing ends."""
        self._stranded.update(random.sample(sorted(self.clients, key=id), k=int(share * len(self.clients))))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.add(writer)
        self.connections += 1
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, upstream, writer))
                both.create_task(self._pass_back(answers, writer))
        finally:
            self.clients.discard(writer)
            self._stranded.discard(writer)
            if upstream is not None:
                upstream.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            self.heard += data
            if self.silent_at is not None and self.silent_at in data:
                self._stranded.add(client)
            if not self.silent and client not in self._stranded:
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await reader.read(65536):
            await asyncio.sleep(self.delay)
            if self.silent_after is not None and passed + len(data) > self.silent_after:
                self._stranded.add(writer)
            if self.silent or writer in self._stranded:
                continue
            allowed = len(data) if self.cut_after is None else max(0, self.cut_after - passed)
            writer.write(data[:allowed])
            self.passed += allowed
            await writer.drain()
            passed += len(data)
            if allowed < len(data):
                if self.cut_by_reset:
                    self.reset_one(writer)
                writer.close()
                break
        raise ConnectionResetError

    @staticmethod
    def reset_one(writer: asyncio.StreamWriter) -> None:
        """Reset the connection of one client (one of `clients`) now."""
        connected = writer.get_extra_info("socket")
        if connected is not None:
            # Closing with a linger of 0 seconds sends RST.
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
