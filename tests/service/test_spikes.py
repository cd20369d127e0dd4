"""From mail to letter: what people file in Sent opens one incident; its letters are read by their reader."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.components.smtp_thread import SmtpThread
from tests.mail import PITCH, by_hand, journaled, letters, mail
from tests.service.daemon import Daemon

PEOPLE = tuple(f"p{n}@northvans.example" for n in range(10))
NOBODY_READS = "council@works.example"
SETTINGS = """
[alerts]
to = ["ops@northvans.example"]
hold = "2s"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "auditor@northvans.example"
[privacy]
never_read = ["works.example"]
"""


class Company:
    """Ten people of one team, a journal, a reader of letters, and a daemon armed since yesterday."""

    def __init__(self, dovecot: Dovecot, post: SmtpThread, daemon: Daemon) -> None:
        self.dovecot, self.post, self.daemon = dovecot, post, daemon
        self.begun = datetime.now(UTC)
        self.filed: list[bytes] = []

    def start(self) -> None:
        """Start it, and let it be as if the first audit had been finished yesterday."""
        self.dovecot.deliver(PEOPLE[0], *letters(3, sender=PEOPLE[0], start=self.begun - timedelta(days=3)))
        self.daemon.start()
        self.daemon.until_judged(3)
        self.daemon.until(lambda: self.daemon.query("SELECT 1 FROM meta WHERE key = 'armed_at'"))
        first_audits = "SELECT count(*) FROM mailbox WHERE last_sync IS NULL"
        self.daemon.until(lambda: self.daemon.query(first_audits) == [(0,)])
        self.daemon.stop()
        yesterday = str((self.begun - timedelta(days=1)).timestamp()).encode()
        with closing(sqlite3.connect(self.daemon.store)) as store, store:
            store.execute("UPDATE meta SET value = ? WHERE key = 'armed_at'", (yesterday,))
        self.daemon.start()
        self.until_watching()

    def until_watching(self) -> None:
        """Wait until every mailbox has been read to its end."""
        self.daemon.until(lambda: self.daemon.metric('auditor_mailboxes{state="watching"}') == 11)

    def pitch(self, user: str, *ago: float) -> None:
        """File copies of one wording as sent so many minutes ago, to somebody else each."""
        copies = []
        for minutes in ago:
            number = len(self.filed) + len(copies)
            copies.append(
                mail(
                    PITCH.format(name=f"Kim{number}", company=f"Haulier{number}"),
                    sender=user,
                    to=f"kim{number}@haulier{number}.example",
                    at=self.begun - timedelta(minutes=minutes),
                    message_id=f"<pitch{number}@northvans.example>",
                )
            )
        self.filed += copies
        self.dovecot.deliver(user, *copies)
        self.daemon.until_judged(3 + len(self.filed))

    def reveal(self) -> None:
        """Let the journal show that each copy also went to somebody whose mail is never read."""
        copies = [
            journaled(raw, f"To: kim{number}@haulier{number}.example", f"Bcc: {NOBODY_READS}")
            for number, raw in enumerate(self.filed)
        ]
        self.dovecot.deliver("journal", *copies, folder="INBOX")

    def classes(self) -> list[tuple]:
        return self.daemon.query(
            "SELECT class, count(*) FROM send WHERE NOT past GROUP BY class ORDER BY class"
        )

    def letters(self, count: int) -> list[EmailMessage]:
        """What the reader has, once it is so many."""
        self.daemon.until(lambda: len(self.post.sink.mails) >= count)
        return self.post.mails()

    def opened(self) -> list[tuple]:
        return self.daemon.query("SELECT scope, cause, state FROM incident WHERE opened_at IS NOT NULL")


def text_of(letter: EmailMessage) -> str:
    """The text part with its lines joined."""
    return re.sub(r"\s+", " ", letter.get_body(("plain",)).get_content())


@pytest.fixture
def company(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> Iterator[Company]:
    dovecot = start_dovecot((*PEOPLE, "journal"))
    with SmtpThread() as post:
        daemon = Daemon(tmp_path, dovecot, (*PEOPLE, "journal"), SETTINGS.format(port=post.port))
        lines = ["address,team", *(f"{user},North" for user in PEOPLE)]
        (tmp_path / "people.csv").write_text("\n".join(lines) + "\n")
        text = daemon.config.read_text().replace("[store]", 'people_file = "people.csv"\n[store]', 1)
        daemon.config.write_text(text + 'kind = "journal"\n')
        made = Company(dovecot, post, daemon)
        made.start()
        yield made
        daemon.close()


def test_a_new_template_whose_first_copies_looked_personal(company: Company) -> None:
    """One opening; late mail makes it grow, a journal takes it back, and a restart repeats nothing."""
    for user in PEOPLE[:4]:
        company.pitch(user, 55)
    assert company.classes() == [("personal", 4)]
    assert company.opened() == []
    for user in PEOPLE[4:7]:
        company.pitch(user, 40, 35, 30, 25)
    assert company.classes() == [("mass", 16)]  # the first ones with them, at their own time
    assert company.opened() == []  # seven people are one too few
    company.pitch(PEOPLE[7], 5)
    (first,) = company.letters(1)
    assert first["Subject"].startswith("Spike: 17 templated sends to 17 people in the last two hours")
    said = text_of(first)
    assert "usual for" in said
    assert "8 people of Team North" in said
    assert "Based on 10 of 10 people" in said
    assert "At least 8 people sent wording that is under a week old" in said
    assert company.opened() == [("template", "many_senders_new_template", "open")]

    company.daemon.stop()
    company.daemon.start()
    company.pitch(PEOPLE[8], *range(15, 115, 5))  # sent within the last two hours, found now
    first, second = company.letters(2)
    assert second["Subject"].startswith("Spike, twice as large now: ")
    assert second["In-Reply-To"] == first["Message-ID"]
    assert company.classes() == [("mass", 37)]

    company.reveal()
    last = company.letters(3)[2]
    assert "Corrected: 0 templated sends instead of 37 within two hours, one template" in last["Subject"]
    assert "This was no spike after all" in text_of(last)
    assert last["In-Reply-To"] == first["Message-ID"]
    assert company.classes() == [("brief", 37)]
    assert company.opened() == [("template", "many_senders_new_template", "corrected")]
    company.daemon.stop()
    company.daemon.start()
    company.until_watching()
    assert len(company.letters(3)) == 3


def test_one_mail_to_very_many_people_on_no_template(company: Company) -> None:
    blind = ", ".join(f"pat{n}@client{n}.example" for n in range(230))
    raw = mail(
        by_hand(77), sender=PEOPLE[3], to=PEOPLE[3], at=company.begun, Bcc=blind,
        message_id="<blast@northvans.example>",
    )  # fmt: skip
    company.dovecot.deliver(PEOPLE[3], raw)
    (letter,) = company.letters(1)
    assert letter["Subject"].startswith("Spike: 1 templated send to 230 people within five minutes")
    said = text_of(letter)
    assert "One single mail went to very many people at once" in said
    assert "words that nobody else sent" in said
    assert "1 person of Team North" in said
    assert company.opened() == [("sender", "single_send", "open")]
