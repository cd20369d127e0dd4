"""Keyed hashes: what stands in the store where a word, an address or a Message-ID was.

The key is a credential. It lives beside the store, mode 0600, never in it: without the key the store
says nothing about words or people (a plain hash would give most words back to anyone with a dictionary).
BLAKE2b with a key is a MAC (RFC 7693 section 2.9); `person` keeps the purposes apart, so that an address
and a word that happen to be written alike have unrelated values.
"""

import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from auditor import secret_files
from auditor.errors import StoreError
from auditor.vocabulary import MASK_NUMBERS

KEY_BYTES = 32
HASH_BYTES = 16  # of addresses, organisations and identities: 2^64 of them before a collision is likely

_WHAT = "pseudonym key"

RESERVED = 16
"""Keyed words are numbers from here to 2^32 - 1; 0 is a line's end, 1 to 15 are masks."""

_MASKS: dict[str, int] = {str(mask): number for mask, number in MASK_NUMBERS.items()}
_WORDS_REMEMBERED = 200_000  # about 25 MB; a company's vocabulary is smaller


class _Numbers(dict[str, int]):
    """The keyed numbers of words, each made when it is first asked for."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, word: str) -> int:
        number = _MASKS.get(word)
        if number is None:
            digest = hashlib.blake2b(
                word.encode("utf-8", "surrogatepass"), digest_size=4, key=self._key, person=b"word"
            )
            number = max(RESERVED, int.from_bytes(digest.digest(), "little"))
        if len(self) >= _WORDS_REMEMBERED:
            self.clear()
        self[word] = number
        return number


class Pseudonyms:
    """Turns clear values into keyed ones; the only way from a mail into the store.

    `key` is 32 secret bytes. Instances hold a bounded memory of words already hashed, in memory only,
    and may be used from one thread at a time.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise StoreError(
                f"the pseudonym key must have {KEY_BYTES} bytes, not {len(key)}: restore it from a backup"
            )
        self._key = key
        self._words = _Numbers(key)

    def words(self, lines: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
        """Number the words of `lines` in order; every line ends with 0."""
        number = self._words.__getitem__
        numbers: list[int] = []
        for line in lines:
            numbers += map(number, line)
            numbers.append(0)
        return tuple(numbers)

    def address(self, address: str) -> bytes:
        """16 bytes for a mail address (already lower-case)."""
        return self._hash(b"address", address)

    def sender(self, address: str) -> int:
        """32 bits for a sender, never 0, by which templates tell senders apart."""
        return mark(self.address(address))

    def organisation(self, domain: str) -> bytes:
        """16 bytes for a recipient's organisation."""
        return self._hash(b"organisation", domain)

    def message_id(self, message_id: str) -> bytes:
        """16 bytes for a Message-ID."""
        return self._hash(b"message-id", message_id)

    def identity(self, message_id: str, sender: str, date: str) -> bytes:
        """16 bytes for a send: a tool that repeats one Message-ID still sends many."""
        return self._hash(b"send", "\0".join((message_id, sender, date)))

    def _hash(self, purpose: bytes, value: str) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=HASH_BYTES, key=self._key, person=purpose).digest()


def mark(address: bytes) -> int:
    """What `Pseudonyms.sender` gives, of an address that is keyed already."""
    return int.from_bytes(address[:4], "little") or 1


def make_key() -> bytes:
    """A new secret key."""
    return secrets.token_bytes(KEY_BYTES)


def key_of(messages: Iterable[bytes]) -> bytes:
    """The key that goes with these messages, for an audit of which nothing is kept.

    The same archive has the same one, so that its verdicts and ids repeat; without all of the messages nobody
    can tell it.
    """
    digest = hashlib.blake2b(digest_size=KEY_BYTES, person=b"archive")
    for message in messages:
        digest.update(hashlib.blake2b(message).digest())
    return digest.digest()


def load_key(path: Path) -> bytes:
    """Read the key at `path`.

    Raises:
        StoreError: it is missing or unreadable, is no key, or others may read it.
    """
    return _decoded(path, secret_files.read(path, _WHAT))


def load_or_make_key(path: Path) -> bytes:
    """Read the key at `path`, or make it once with mode 0600.

    Raises:
        StoreError: the file cannot be read or written, or others may read it.
    """
    return _decoded(path, secret_files.read_or_make(path, _WHAT, make_key().hex()))


def _decoded(path: Path, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise StoreError(f"{path}: not a {_WHAT}; restore it from a backup") from None
