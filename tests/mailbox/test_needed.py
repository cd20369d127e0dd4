"""Only what is needed travels: which parts leave the server; what arrives reads as the whole would."""

import base64
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from auditor.mailbox import needed
from auditor.mailbox.access.account import Account
from auditor.mailbox.found import Found
from auditor.mailbox.session import Session
from auditor.message.reading import outgoing
from auditor.message.values import Outgoing
from auditor.people import People
from tests.components.dovecot import Dovecot, mail
from tests.components.scripted import ScriptedServer

OURS = People.of(["ours.example"])
LIMIT = 262_144
CANARY = b"canary-in-an-attachment"
NOW = datetime(2026, 11, 2, 11, tzinfo=UTC)
TEXT = "Dear Bob,\nhere is the offer that we spoke about on Thursday, with all its appendices.\n"


def account(dovecot: Dovecot) -> Account:
    return Account("127.0.0.1", dovecot.port, "ann", dovecot.password, ca_file=dovecot.ca_file)


def letter(**headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Ann <ann@ours.example>", "Bob <bob@customer.example>"
    made["Subject"], made["Date"] = "Offer", "Mon, 02 Nov 2026 10:00:00 +0000"
    made["Message-ID"] = "<1@ours.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    return made


def wire(made: EmailMessage) -> bytes:
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def with_pdf(made: EmailMessage, size: int = 1000, name: str = "offer(1.pdf") -> EmailMessage:
    data = (CANARY + b" ") * (size // len(CANARY) + 1)
    made.add_attachment(data, "application", "pdf", filename=name, cte="8bit")
    return made


def plain() -> EmailMessage:
    made = letter()
    made.set_content(TEXT)
    return made


def both_forms() -> EmailMessage:
    made = plain()
    made.add_alternative(f"<html><body><p>{TEXT}</p><img src='cid:a'></body></html>", subtype="html")
    return made


def with_picture() -> EmailMessage:
    made = both_forms()
    html = made.get_payload()[1]
    assert isinstance(html, EmailMessage)
    html.add_related(CANARY * 50, "image", "png", cid="<a>", cte="8bit")
    return with_pdf(made, name=":(")


def forwarding() -> EmailMessage:
    made = plain()
    inner = letter(X_Canary=CANARY.decode())
    inner.set_content(CANARY.decode())
    made.add_attachment(inner)
    return made


def inviting() -> EmailMessage:
    made = letter()
    made.set_content("See you.\n")
    made.add_attachment(f"BEGIN:VCALENDAR\nSUMMARY:{CANARY.decode()}\nEND:VCALENDAR\n", subtype="calendar")
    return made


def text_last() -> EmailMessage:
    made = with_pdf(letter())
    part = EmailMessage()
    part.set_content(TEXT, cte="base64")
    made.attach(part)
    return made


def attached_log() -> EmailMessage:
    made = plain()
    made.add_attachment(CANARY.decode(), filename="notes.txt")
    made.add_attachment(CANARY.decode(), filename="shown.txt", disposition="inline")
    return made


KINDS = {
    "plain": plain,
    "both_forms": both_forms,
    "pdf": lambda: with_pdf(plain()),
    "picture": with_picture,
    "forwarding": forwarding,
    "inviting": inviting,
    "text_last": text_last,
    "attached_text": attached_log,
}


def read(raw: bytes) -> Outgoing:
    found = outgoing(raw, NOW, OURS)
    assert isinstance(found, Outgoing)
    return found


async def fetched(session: Session, uids: Sequence[int], *, journal: bool = False) -> dict[int, bytes]:
    return await needed.texts(session, await needed.headers(session, uids, journal=journal), LIMIT)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_arrives_reads_as_the_whole_message(start_dovecot, kind: str) -> None:
    dovecot = start_dovecot(transcribe=True)
    whole = wire(KINDS[kind]())
    dovecot.deliver("ann", whole)
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        texts = await fetched(session, [1])
        assert read(texts[1]) == read(whole)
        assert read(texts[1]).authored.words > 1
    said, told = dovecot.transcript()
    assert b"BODY.PEEK[]" not in said
    assert CANARY not in told


async def test_attachments_do_not_travel(start_dovecot) -> None:
    """200 messages with 5 MB each would be minutes of a test: 20 with 1 MB; the share falls with the size."""
    dovecot = start_dovecot(transcribe=True)
    messages = [wire(with_pdf(plain(), 1_000_000, f"offer({n}.pdf")) for n in range(20)]
    dovecot.deliver("ann", *messages)
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        texts = await fetched(session, range(1, 21))
    assert all(read(text).authored.words for text in texts.values())
    said, told = dovecot.transcript()
    assert CANARY not in told
    assert len(told) < 0.002 * sum(map(len, messages))
    assert said.count(b"UID FETCH") == 3  # headers, structures, and one question for all that are alike


async def test_a_vanished_message_is_absent(dovecot: Dovecot) -> None:
    dovecot.deliver("ann", mail(1), wire(both_forms()), mail(3))
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        found = await needed.headers(session, [1, 2, 3])
        for path in dovecot.maildir("ann", "Sent").glob("new/*"):
            path.unlink()
        assert await needed.texts(session, found, LIMIT) == {}


def structure(told: bytes) -> bytes:
    return b"* 1 FETCH (UID 1 BODYSTRUCTURE " + told + b")\r\nTAG OK done\r\n"


def sections(**named: bytes) -> bytes:
    items = b" ".join(b"BODY[%s]<0> {%d}\r\n%s" % (n.encode(), len(text), text) for n, text in named.items())
    return b"* 1 FETCH (UID 1 " + items + b")\r\nTAG OK done\r\n"


HEADER = wire(letter(MIME_Version="1.0", Content_Type='multipart/mixed; boundary="theirs"'))
FOUND = Found(1, NOW, 5_000_000, HEADER)
PDF = b'("application" "pdf" ("name" "offer(1.pdf") NIL NIL "base64" 5000000 NIL ("attachment" NIL) NIL)'


async def ask(answers: dict[str, bytes]) -> tuple[bytes, list[str]]:
    async with ScriptedServer(answers) as server:
        login = Account("127.0.0.1", server.port, "ann", "secret", tls=False)
        async with await Session.connect(login) as session:
            await session.examine("Sent")
            texts = await needed.texts(session, [FOUND], LIMIT)
    return texts[1], [line for line in server.heard if line.startswith("UID FETCH")]


async def test_where_the_encoding_is_nil_the_part_says_it_itself() -> None:
    """Exchange."""
    text = b"Dear Bob,=0D=0Ahere is the offer.=0D=0A"
    mime = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    told = (
        b'(("text" "plain" ("charset" "utf-8") NIL NIL NIL 40 2 NIL NIL NIL)' + PDF + b' "mixed" NIL NIL NIL)'
    )
    parts = {"1": text, "1.MIME": mime}
    raw, asked = await ask(
        {"UID FETCH 1 (UID BODYSTRUCTURE": structure(told), "UID FETCH": sections(**parts)}
    )
    assert read(raw).authored.lines == (("dear", "‹name›"), ("here", "is", "the", "offer"))
    assert asked[1] == f"UID FETCH 1 (UID BODY.PEEK[1]<0.{LIMIT}> BODY.PEEK[1.MIME]<0.8192>)"


@pytest.mark.parametrize(
    "told",
    [
        b'(("text" "plain" NIL NIL NIL "7bit" 40 2)("x" "y" ("name" "a"b(") NIL NIL "7bit" 9) "mixed")',
        b"NIL",
        b'("text" "plain"',
        b"",
    ],
    ids=["quote", "nil", "unbalanced", "nothing"],
)
async def test_where_the_structure_is_broken_the_beginning_is_fetched(told: bytes) -> None:
    body = b"--theirs\r\n\r\nDear Bob,\r\nhere is the offer.\r\n--theirs--\r\n"
    whole = sections(**{"": HEADER + body})
    raw, asked = await ask({"UID FETCH 1 (UID BODYSTRUCTURE": structure(told), "UID FETCH": whole})
    assert raw == HEADER + body
    assert asked[1] == "UID FETCH 1 (UID BODY.PEEK[]<0.32768>)"


async def test_a_server_that_knows_no_structure() -> None:
    whole = sections(**{"": HEADER + b"--theirs\r\n\r\nText.\r\n"})
    raw, _ = await ask({"UID FETCH 1 (UID BODYSTRUCTURE": b"TAG BAD what\r\n", "UID FETCH": whole})
    assert raw.endswith(b"Text.\r\n")


async def test_a_text_cannot_pretend_to_be_another_part() -> None:
    told = b'(("text" "plain" NIL NIL NIL "7bit" 90 2)("text" "html" NIL NIL NIL "7bit" 0 0) "alternative")'
    evil = b"Dear Bob.\r\n--theirs\r\nContent-Type: text/html\r\n\r\nHidden.\r\n--theirs--\r\n"
    raw, _ = await ask(
        {"UID FETCH 1 (UID BODYSTRUCTURE": structure(told), "UID FETCH": sections(**{"1": evil})}
    )
    assert "hidden" in {word for line in read(raw).authored.lines for word in line}
    assert "dear" in {word for line in read(raw).authored.lines for word in line}


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        (b"", ["TEXT"]),
        (b"Content-Type: text/html; charset=utf-8\r\n", ["TEXT"]),
        (b"Content-Type:\r\n text/plain\r\n", ["TEXT"]),
        (b"Content-Type: application/pdf\r\n", []),
        (b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a\r\n", ["TEXT"]),
        (b"Content-Type: text/calendar\r\n", []),
    ],
)
async def test_a_message_of_one_part_is_not_asked_what_it_is_made_of(fields: bytes, asked: list[str]) -> None:
    header = fields + mail(1).partition(b"\r\n\r\n")[0].split(b"Content-Type")[0] + b"\r\n"
    async with ScriptedServer({"UID FETCH": sections(TEXT=b"Text.\r\n")}) as server:
        login = Account("127.0.0.1", server.port, "ann", "secret", tls=False)
        async with await Session.connect(login) as session:
            await session.examine("Sent")
            texts = await needed.texts(session, [Found(1, NOW, 900, header)], LIMIT)
    assert texts == {1: header + (b"Text.\r\n" if asked else b"(not fetched)\r\n")}
    heard = [line for line in server.heard if line.startswith("UID FETCH")]
    assert heard == [f"UID FETCH 1 (UID BODY.PEEK[{section}]<0.{LIMIT}>)" for section in asked]


async def test_a_small_text_in_two_dresses_comes_in_one_question_and_a_large_one_by_its_parts(
    start_dovecot,
) -> None:
    dovecot = start_dovecot(transcribe=True)
    large = both_forms()
    large.get_payload()[1].set_content("<p>" + "word " * 10_000 + "</p>", subtype="html")
    dovecot.deliver("ann", wire(both_forms()), wire(large))
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        texts = await fetched(session, [1, 2])
    assert all(read(text).authored.words for text in texts.values())
    said, _ = dovecot.transcript()
    asked = [line.partition(b"UID FETCH ")[2].split()[0:3] for line in said.splitlines() if b"FETCH" in line]
    assert asked[1:3] == [[b"1", b"(UID", b"BODY.PEEK[TEXT]<0.262144>)"], [b"2", b"(UID", b"BODYSTRUCTURE)"]]


def any_part(dice: random.Random, depth: int, number: int) -> str:
    """A part with its header: a text, something else, a message, or parts again."""
    kind = dice.choice(["plain", "html", "plain", "html", "other", "message", "parts", "parts"])
    if kind == "parts" and depth:
        boundary = f"b{depth}{number}{dice.randrange(10**6)}"
        subtype = dice.choice(["mixed", "alternative", "related", "report", "signed"])
        parts = "".join(
            f"--{boundary}\r\n{any_part(dice, depth - 1, n)}\r\n" for n in range(dice.randrange(1, 5))
        )
        return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n{parts}--{boundary}--\r\n'
    if kind == "message" and depth:
        inside = any_part(dice, depth - 1, 9)
        return f"Content-Type: message/rfc822\r\n\r\nSubject: {CANARY.decode()}\r\n{inside}"
    words = " ".join(dice.sample("ramp driver pallet invoice winter harbour ledger bridge".split(), 5))
    text = dice.choice([words, f"{words}\r\n\r\n> {words}", f"{words} =C3=A9 ü", ""])
    more = dice.choice(["", "; charset=utf-8", "; charset=iso-8859-1", "; charset=x-none"])
    if kind == "html":
        text = dice.choice([f"<p>{text}</p><p>{words}</p>", "<p>&nbsp;</p>", ""])
    types = {"plain": "text/plain", "html": "text/html"}
    others = "application/pdf image/png text/csv text/calendar message/delivery-status"
    other = dice.choice(others.split())
    lines = [f"Content-Type: {types.get(kind, other)}{more}"]
    if encoding := dice.choice(["", "7bit", "quoted-printable", "base64"]):
        lines.append(f"Content-Transfer-Encoding: {encoding}")
    if encoding == "base64":
        text = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    if disposition := dice.choice(["", "", "attachment", "inline", "ATTACHMENT; filename=x"]):
        lines.append(f"Content-Disposition: {disposition}")
    return "\r\n".join(dice.sample(lines, len(lines))) + f"\r\n\r\n{text}"


async def test_whatever_a_message_is_made_of_it_reads_as_the_whole(dovecot: Dovecot) -> None:
    dice = random.Random(11)
    head = "From: Ann <ann@ours.example>\r\nTo: bob@customer.example\r\n"
    whole = [
        f"{head}Message-ID: <{n}@ours.example>\r\nMIME-Version: 1.0\r\n{any_part(dice, 3, n)}".encode()
        for n in range(300)
    ]
    dovecot.deliver("ann", *whole)
    async with await Session.connect(account(dovecot)) as session:
        await session.examine("Sent")
        texts = await fetched(session, range(1, 301))
    for uid, raw in enumerate(whole, 1):
        assert read(texts[uid]) == read(raw), raw.decode()
