"""Are the answers to our mail found, and is each joined with the send that it answers?

    python -m tests.benchmarks.replies [--weeks 6] [--people 30] [--seed 1]

An invented company writes campaigns with follow-ups and mail by hand; its customers answer as people and
machines do: at once and late, from another address, without angle brackets, with References alone, among
automatic answers, delivery reports and threads of other people. Inboxes and Sent folders are read in pieces,
in any order.

`found_ratio`: of the answers of people, those joined with the send and the recipient that they answer. Of
1,000 answers 4 have no reference at all; header fields cannot find these. `wrong_ratio`: of all that is
called an answer of a person, what belongs to another send or recipient, or is none and says so. Of 100
automatic answers 3 say nowhere that they are automatic; header fields cannot tell them apart, and they are
counted as `unmarked_ratio`. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from auditor.answer.arrival import Sort, arrivals
from auditor.clear_words import ClearWords
from auditor.inbox import Inbox
from auditor.mailbox.found import Archived, Cursor, Found
from auditor.mailbox.inbox import FIELDS
from auditor.people import People
from auditor.pipeline import Intake, Judge
from auditor.pseudonyms import Pseudonyms
from auditor.reader.beside import Readers
from auditor.store.database.schema import answer, send
from auditor.store.engine import Store, open_store
from auditor.store.ledger import answers, intake
from auditor.template.values import Rules
from tests.answer.post import bounce, message
from tests.mail import PITCH, by_hand, mail

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
US = People.of(["northvans.example"])
KEY = bytes(range(32))
UNREFERENCED = 0.004
"""Answers of people without any reference."""
UNMARKED = 0.03
"""Automatic answers that do not say so."""


@dataclass(frozen=True)
class Sent:
    """One mail of ours, and its thread before it."""

    raw: bytes
    message_id: str
    sender: str
    to: tuple[str, ...]
    at: datetime
    thread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Back:
    """What came back: its octets, and what it truly is."""

    raw: bytes
    at: datetime
    message_id: str
    answers: str | None = None  # the Message-ID that a person answers
    recipient: str | None = None
    unmarked: bool = False  # a machine's, and nothing says so
    report: tuple[bytes, bytes] | None = None


class Company:
    """Everything follows from the seed."""

    def __init__(self, people: int, weeks: int, seed: int) -> None:
        self.dice = random.Random(seed)
        self.people = [f"rep{n}@northvans.example" for n in range(people)]
        self.weeks = weeks
        self.sent: list[Sent] = []
        self.back: list[Back] = []
        self._number = 0

    def live(self) -> None:
        """Fill `sent` and `back`."""
        for week in range(self.weeks):
            for rep in self.people:
                for day in range(5):
                    self._day(rep, START + timedelta(days=7 * week + day))
        self._noise()

    def _day(self, rep: str, day: datetime) -> None:
        for _ in range(self.dice.randint(1, 4)):
            self._letter(rep, day + timedelta(minutes=self.dice.randint(0, 600)))
        if self.dice.random() < 0.25:
            for n in range(self.dice.randint(5, 12)):
                self._sequence(rep, day + timedelta(minutes=n))

    def _letter(self, rep: str, at: datetime) -> None:
        to = tuple(self._contact() for _ in range(self.dice.choice((1, 1, 1, 1, 2, 3))))
        text = by_hand(self.dice.getrandbits(40))
        one = self._send(rep, to, text, at)
        if self.dice.random() < 0.35:
            reply = self._reply(one)
            if reply is not None and self.dice.random() < 0.5:
                text, at = by_hand(self.dice.getrandbits(40)), reply.at + timedelta(hours=3)
                thread = (*one.thread, one.message_id, reply.message_id)
                ours = self._send(rep, one.to[:1], text, at, thread)
                if self.dice.random() < 0.5:
                    self._reply(ours)

    def _sequence(self, rep: str, at: datetime) -> None:
        who = self._contact()
        thread: tuple[str, ...] = ()
        for step in range(3):
            name = who.partition("@")[0]
            text = PITCH.format(name=name, company=who.partition("@")[2])
            body = (
                text
                if step == 0
                else f"Hi {name},\n\ndid my note about the ramp reach you?\n\n{text[80:260]}"
            )
            one = self._send(rep, (who,), body, at + timedelta(days=3 * step), thread=thread)
            thread = (*thread, one.message_id)
            chance = self.dice.random()
            if chance < 0.06:
                self._reply(one)
                return
            if chance < 0.09:
                self._machine(one)
            elif chance < 0.11:
                self._bounce(one)
                return

    def _send(
        self, rep: str, to: tuple[str, ...], text: str, at: datetime, thread: tuple[str, ...] = ()
    ) -> Sent:
        id_ = self._id("northvans.example")
        fields = {"In-Reply-To": thread[-1], "References": " ".join(thread)} if thread else {}
        raw = mail(text, sender=rep, to=", ".join(to), at=at, message_id=id_, **fields)
        self.sent.append(Sent(raw, id_, rep, to, at, thread))
        return self.sent[-1]

    def _reply(self, one: Sent) -> Back | None:
        """An answer of one of the recipients, as its mail program writes it."""
        who, sender = one.to[0], one.to[0]
        if len(one.to) == 1 and self.dice.random() < 0.08:  # from another address of theirs
            sender = f"office{self._next()}@{who.partition('@')[2]}"
        at = one.at + timedelta(hours=self.dice.expovariate(1 / 30))
        chain = " ".join((*one.thread, one.message_id))
        chance, fields = self.dice.random(), {"in_reply_to": one.message_id, "references": chain}
        if chance < UNREFERENCED:
            fields = {}
        elif chance < 0.08:
            fields = {"in_reply_to": one.message_id.strip("<>")}
        elif chance < 0.2:
            fields = {"in_reply_to": one.message_id}
        elif chance < 0.25 and sender == who:
            fields = {"references": chain}
        elif chance < 0.3:
            fields["references"] = chain.replace(" ", "\r\n ")
        elif (
            chance < 0.33 and sender == who and one.thread
        ):  # a forgetful program: the thread's first mail alone
            fields = {"in_reply_to": one.message_id, "references": one.thread[0]}
        id_ = self._id(who.partition("@")[2])
        raw = message(
            f"Some One <{sender.upper() if chance > 0.9 else sender}>",
            at=at,
            to=one.sender,
            message_id=id_,
            **fields,
        )
        self.back.append(Back(raw, at, id_, one.message_id, who))
        if self.dice.random() < 0.1:  # they add a word to their own answer
            more = self._id("x.example")
            raw = message(sender, at=at + timedelta(minutes=9), to=one.sender, message_id=more,
                          in_reply_to=id_, references=f"{chain} {id_}")  # fmt: skip
            mine = one.message_id if sender == who else None
            self.back.append(Back(raw, at + timedelta(minutes=9), more, mine, who if mine else None))
        return self.back[-1]

    def _machine(self, one: Sent) -> None:
        marks = (
            {"auto_submitted": "auto-replied"},
            {"x_autoreply": "yes"},
            {"precedence": "auto_reply"},
            {"auto_submitted": "auto-generated", "return_path": "<>"},
            {"return_path": "<>"},
        )
        marked = self.dice.random() > UNMARKED
        fields = self.dice.choice(marks) if marked else {}
        id_, at = self._id("x.example"), one.at + timedelta(seconds=4)
        raw = message(one.to[0], at=at, to=one.sender, message_id=id_, in_reply_to=one.message_id, **fields)
        self.back.append(Back(raw, at, id_, unmarked=not marked))

    def _bounce(self, one: Sent) -> None:
        id_, at = self._id("mx.example"), one.at + timedelta(seconds=9)
        raw = bounce(one.to[0], one.message_id, at=at, message_id=id_)
        status = f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {one.to[0]}\r\nAction: failed\r\n"
        self.back.append(
            Back(raw, at, id_, report=(status.encode(), f"Message-ID: {one.message_id}\r\n".encode()))
        )

    def _noise(self) -> None:
        """Mail that has nothing to do with ours, and threads of others in which ours is far away."""
        for one in self.dice.sample(self.sent, len(self.sent) // 2):
            at = one.at + timedelta(hours=self.dice.expovariate(1 / 30))
            elsewhere, id_ = self._id("y.example"), self._id("y.example")
            chain = f"{one.message_id} {elsewhere}" if self.dice.random() < 0.1 else elsewhere
            who = f"some{self._next()}@others{self._next() % 90}.example"
            raw = message(who, at=at, to=one.sender, message_id=id_, in_reply_to=elsewhere, references=chain)
            self.back.append(Back(raw, at, id_))

    def _contact(self) -> str:
        return f"kim{self._next()}@customer{self._number % 700}.example"

    def _id(self, domain: str) -> str:
        return f"<{self.dice.getrandbits(80):x}@{domain}>"

    def _next(self) -> int:
        self._number += 1
        return self._number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    company = Company(options.people, options.weeks, options.seed)
    company.live()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "auditor.db", Pseudonyms(KEY))
        begun = time.process_time()
        asyncio.run(_read(store, company))
        seconds = time.process_time() - begun
        figures = _score(store, company)
        store.close()
    print(f"{len(company.sent)} sends, {len(company.back)} messages in inboxes, {seconds:.1f} s of processor")
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))


async def _read(store: Store, company: Company) -> None:
    """Sent folders and inboxes in pieces, in any order, judged now and then, as the daemon does."""
    words = ClearWords(5)
    taking = Intake(store, Readers(US, KEY), words)
    inbox, judge = Inbox(store, US, Pseudonyms(KEY)), Judge(Rules(), words, Pseudonyms(KEY))
    pieces = [("sent", company.sent[n : n + 200]) for n in range(0, len(company.sent), 200)]
    pieces += [("back", company.back[n : n + 200]) for n in range(0, len(company.back), 200)]
    company.dice.shuffle(pieces)
    mailbox, _, _ = await store.run(lambda connection: intake.register_mailbox(connection, "rep@host/INBOX"))
    for number, (what, some) in enumerate(pieces, 1):
        if what == "sent":
            archived = [Archived("sent", one.raw, None) for one in some]
            await taking.keep_archived(archived, await taking.read_archived(archived))
        else:
            await inbox.keep(_Piece(some, number), mailbox)
        while await store.run(lambda connection: judge.judge(connection, time.time())):
            pass
        while await store.run(lambda connection: answers.settle_judged(connection, time.time())) is not None:
            pass
    taking.close()
    inbox.close()


class _Piece:
    """A batch of an inbox: the header fields that are fetched of it, and no more."""

    live, past, mailbox, backlog = False, True, "", 0

    def __init__(self, some: list[Back], number: int) -> None:
        self.cursor = Cursor(1, 1, number)
        self.found = tuple(
            Found(n, one.at, len(one.raw), _fields(one.raw), report=one.report)
            for n, one in enumerate(some, 1)
        )


def _fields(raw: bytes) -> bytes:
    """As a server answers BODY.PEEK[HEADER.FIELDS (...)]."""
    block = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"\0 ")
    kept = [line for line in block.split(b"\r\n") if line.partition(b":")[0].decode().lower() in FIELDS]
    return b"\r\n".join(kept).replace(b"\0 ", b"\r\n ") + b"\r\n\r\n"


def _score(store: Store, company: Company) -> dict[str, float | int]:
    keys = Pseudonyms(KEY)
    sends = {row.id: row.message_id for row in _rows(store, sa.select(send.c.id, send.c.message_id))}
    kept = {row.identity: row for row in _rows(store, sa.select(answer))}
    counted: Counter[str] = Counter()
    for one in company.back:
        row = kept.get(_identity(one, keys))
        told = row is not None and row.send_id is not None and row.sort == Sort.REPLY
        if one.answers is None:
            counted["unmarked" if one.unmarked else "wrong"] += told
        else:
            counted["true"] += 1
            right = told and sends[row.send_id] == keys.message_id(one.answers)
            right = right and row.recipient == keys.address(one.recipient)
            counted["found"] += right
            counted["wrong"] += told and not right
        counted["told"] += told
    return {
        "found_ratio": round(counted["found"] / counted["true"], 5),
        "wrong_ratio": round(counted["wrong"] / counted["told"], 5),
        "unmarked_ratio": round(counted["unmarked"] / counted["told"], 5),
        "replies": counted["true"],
    }


def _identity(one: Back, keys: Pseudonyms) -> bytes:
    """As `answer.arrival` makes it of a message with a Message-ID."""
    (found,) = arrivals(_fields(one.raw), one.report, one.at, US) or (None,)
    return b"" if found is None else keys.identity(*found.identity)


def _rows(store: Store, query: sa.Select) -> list[sa.Row]:
    return store.run_here(lambda connection: list(connection.execute(query)))


if __name__ == "__main__":
    main()
