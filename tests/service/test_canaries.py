"""Nothing of a mail is found where it must not be: store, journals, log, metrics, pages."""

import hashlib
import re
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from auditor.pseudonyms import Pseudonyms
from auditor.store.ledger.intake import unpack_words
from tests.components.dovecot import Dovecot
from tests.mail import PITCH, by_hand, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=2)

WORDS = ["quokkasaurus", "zzyzxberry", "plumbagoish"]
PLACES = {
    "body": WORDS[0],
    "subject": WORDS[1],
    "address": WORDS[2],
    "name": "florbelgeist",
    "slot": "wombatsson",
    "message id": "narwhalidae",
    "quoted": "okapinator",
    "hidden": "tapirmania",
}


def _planted() -> Iterator[bytes]:
    """By-hand mail, a campaign with a name in its slot, a broken mail, an HTML mail; a canary everywhere."""
    for n in range(12):
        to = f"{PLACES['name'].title()} <{PLACES['address']}{n}@customer{n}.example>"
        common = {"to": to, "subject": f"About {PLACES['subject']}", "at": LATELY + timedelta(minutes=n)}
        yield mail(
            PITCH.format(name=f"{PLACES['slot']}{n}", company=f"Haulier{n}"),
            message_id=f"<{PLACES['message id']}{n}@northvans.example>",
            **common,
        )
        text = f"{by_hand(n)}The {PLACES['body']} came.\n\nOn Monday Pat wrote:\n> my {PLACES['quoted']}\n"
        yield mail(text, message_id=f"<h{n}@northvans.example>", **common)
    yield (
        b"From: ann@northvans.example\r\nTo: x@y.example\r\nSubject: quokkasaurus\r\n"
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>quokkasaurus <b style='display:none'>tapirmania"
    )
    yield (
        b"From: ann@northvans.example\r\nTo: quokkasaurus\r\nDate: quokkasaurus\r\n\xff\xfe\r\n\r\n"
        b"quokkasaurus"
    )


@pytest.fixture
def audited(tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon that has read the planted mail, with temporary files of its own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    dovecot.deliver("ann", *_planted())
    daemon = Daemon(tmp_path, dovecot, more='[log]\nlevel = "debug"\n')
    daemon.start()
    daemon.until_judged(25)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    yield daemon
    daemon.close()


def test_no_canary_is_in_any_file_or_page(audited: Daemon, tmp_path: Path) -> None:
    (template,) = audited.query("SELECT id FROM template WHERE reached LIMIT 1")[0]
    shown = [audited.get(path) for path in ("/metrics", "/", f"/templates/{template}")]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"auditor.db", "auditor.db-wal", "log"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes().lower()
        found = [place for place, word in PLACES.items() if word.encode() in content]
        assert not found, f"{path.name} holds the canary of {found}"
    for text in shown:
        assert [place for place, word in PLACES.items() if word in text.lower()] == []
    # The look was worth something: the wording that five companies received is there.
    assert "haulage" in shown[2]


def test_words_cannot_be_guessed_without_the_key(audited: Daemon) -> None:
    """A dictionary attack with the public code finds every word with the key, and none without it."""
    kept = {number for (words,) in audited.query("SELECT words FROM send") for number in unpack_words(words)}
    addresses = {address for (address,) in audited.query("SELECT address FROM recipient")}
    key = bytes.fromhex((audited.folder / "pseudonym.key").read_text())
    dictionary = [WORDS[0], "haulage", "warehouses", "pallets", "thursday", "overnight"]
    recipient = f"{PLACES['address']}3@customer3.example"
    assert _words(key, dictionary) <= kept
    assert Pseudonyms(key).address(recipient) in addresses
    for wrong in (bytes(32), hashlib.sha256(b"auditor").digest(), key[::-1]):
        assert not _words(wrong, dictionary) & kept
        assert Pseudonyms(wrong).address(recipient) not in addresses
    for word in dictionary:
        plain = word.encode()
        digests = (hashlib.blake2b(plain, digest_size=4).digest(), hashlib.md5(plain).digest()[:4])
        assert not {int.from_bytes(digest, "little") for digest in digests} & kept


def test_senders_cannot_be_guessed_from_what_templates_keep(audited: Daemon) -> None:
    """Templates tell their senders apart; with the key one finds by what, without it one does not."""
    states = [state for (state,) in audited.query("SELECT state FROM template")]
    states += [value for (value,) in audited.query("SELECT value FROM meta WHERE key = 'templates'")]
    kept = b"".join(states)
    key = bytes.fromhex((audited.folder / "pseudonym.key").read_text())
    sender = "ann@northvans.example"
    assert _written(Pseudonyms(key).sender(sender)) & _numbers(kept)
    wrong = {Pseudonyms(key).sender(sender) for key in (bytes(32), hashlib.sha256(b"auditor").digest())}
    for plain in (sender, sender.upper(), "ann", "Ann"):
        wrong |= {zlib.crc32(plain.encode()), zlib.adler32(plain.encode())}
        for name in ("blake2b", "blake2s", "md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(name, plain.encode()).digest()
            wrong |= {int.from_bytes(part, order) for part in (digest[:4], digest[-4:]) for order in _ORDERS}
    for number in wrong:
        assert not _written(number) & _numbers(kept)
        assert not any(number.to_bytes(4, order) in kept for order in _ORDERS)


_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")


def _numbers(state: bytes) -> set[bytes]:
    return set(re.findall(rb"\d+", state))


def _written(number: int) -> set[bytes]:
    return {str(number).encode(), f"{number:08x}".encode()}


def _words(key: bytes, words: list[str]) -> set[int]:
    return set(Pseudonyms(key).words((tuple(words),))) - {0}
