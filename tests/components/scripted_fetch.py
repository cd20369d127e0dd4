"""What a scripted server answers to FETCH: whatever is asked for, of messages that it holds or makes."""

import re
from collections.abc import Callable

from tests.components.scripted import Conversation, ScriptedServer

_PART = re.compile(r"BODY\.PEEK\[([^\]]*)\](?:<(\d+)\.(\d+)>)?")
_PLAIN = b'("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" %d %d NIL NIL NIL NIL)'

Told = Callable[[int, list[bytes]], bytes]
"""How a server writes one FETCH response: from the UID and the items asked for."""


def plainly(uid: int, items: list[bytes]) -> bytes:
    """A FETCH response as most servers write it."""
    return b"* %d FETCH (%s)\r\n" % (uid, b" ".join(items))


class Fetching:
    """Answers `UID FETCH` of plain text messages; `message` gives one by its UID, None for a vanished one.

    Register it as the answer to "UID FETCH" and set `server`. `structure` overrides BODYSTRUCTURE.
    """

    def __init__(
        self, message: Callable[[int], bytes | None], told: Told = plainly, structure: bytes | None = None
    ) -> None:
        self.server: ScriptedServer
        self._message, self._told, self._structure = message, told, structure

    async def __call__(self, conversation: Conversation, tag: str) -> None:
        """Answer the command that the server heard last."""
        _, _, numbers, asked = self.server.heard[-1].split(" ", 3)
        answer = b"".join(
            self._told(uid, self._items(uid, asked, raw))
            for uid in _uids(numbers)
            if (raw := self._message(uid)) is not None
        )
        await conversation.say(answer + f"{tag} OK FETCH completed.\r\n".encode())

    def _items(self, uid: int, asked: str, raw: bytes) -> list[bytes]:
        header, _, body = raw.partition(b"\r\n\r\n")
        parts = {"HEADER": header + b"\r\n\r\n", "": raw, "1": body, "TEXT": body}
        items = [b"UID %d" % uid]
        if "INTERNALDATE" in asked:
            items.append(b'INTERNALDATE " 2-Nov-2026 10:00:00 +0000"')
        if "RFC822.SIZE" in asked:
            items.append(b"RFC822.SIZE %d" % len(raw))
        if "BODYSTRUCTURE" in asked:
            shape = self._structure or _PLAIN % (len(body), body.count(b"\n"))
            items.append(b"BODYSTRUCTURE " + shape)
        for section, origin, size in _PART.findall(asked):
            name = "HEADER" if section.startswith("HEADER") else section
            data = parts.get(name, b"")
            if origin:
                data = data[int(origin) : int(origin) + int(size)]
            place = f"<{origin}>" if origin else ""
            items.append(f"BODY[{section}]{place} {{{len(data)}}}\r\n".encode() + data)
        return items


def _uids(numbers: str) -> list[int]:
    found: list[int] = []
    for piece in numbers.split(","):
        first, _, last = piece.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found
