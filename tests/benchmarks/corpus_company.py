"""The invented company whose mail the corpus is: its reps, its customers, and the truth beside every mail."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.benchmarks import corpus_texts as texts
from tests.benchmarks.corpus_mail import Letter, written

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAYS = 60
DOMAINS = ("fernhill.example", "fernhill-group.example", "getfernhill.example")
CLOSINGS = ("Kind regards", "Best", "Many thanks", "All the best", "Regards", "Cheers")
GREETINGS = ("Hi {First},", "Hello {First},", "Dear {First},", "{First},", "Good morning {First},")


@dataclass(frozen=True)
class Truth:
    """What is true of one mail, in the words of the auditor."""

    sender: str
    recipients: list[str]
    date: str
    label_template_id: str | None
    label_class: str  # mass | tailored | personal
    share_handwritten: float
    kind: str
    new_text: str
    message_id: str


@dataclass(frozen=True)
class Labelled:
    """One mail and its truth."""

    raw: bytes
    at: datetime
    truth: Truth


@dataclass(frozen=True)
class Person:
    """A recipient, or a rep of ours."""

    first: str
    last: str
    company: str
    address: str

    @property
    def named(self) -> tuple[str, str]:
        """Name and address."""
        return f"{self.first} {self.last}", self.address


@dataclass
class Company:
    """Draws people, texts and times; everything random comes from its dice."""

    dice: random.Random
    reps: list[Person] = field(default_factory=list)
    made: list[Labelled] = field(default_factory=list)
    serial: int = 0

    def customer(self) -> Person:
        """Somebody outside who has not been written to before."""
        self.serial += 1
        name = f"{_name(self.dice)} {self.dice.choice(['Works', 'Trading', 'Partners', 'Brothers', 'Ltd'])}"
        label = f"{name.lower().replace(' ', '')}{self.serial}"
        return self.colleague_of(Person("", "", name, f"@{label}.example"))

    def colleague_of(self, person: Person) -> Person:
        """Somebody else of the same firm."""
        first, last = self.dice.choice(texts.PEOPLE), _name(self.dice)
        domain = person.address.partition("@")[2]
        return Person(first, last, person.company, f"{first.lower()}.{last.lower()}@{domain}")

    def time(self) -> datetime:
        """Some working moment of the months."""
        day = self.dice.randrange(DAYS)
        return START + timedelta(days=day, seconds=self.dice.randrange(9 * 3600))

    def send(
        self,
        rep: Person,
        to: list[Person],
        body: str,
        kind: str,
        *,
        at: datetime,
        template: str | None = None,
        own_words: int = 0,
        class_: str | None = None,
        signed: bool = True,
        **more: object,
    ) -> Labelled:
        """Write one mail and note its truth."""
        self.serial += 1
        words = max(1, len(body.split()))
        share = 1.0 if template is None else min(1.0, own_words / words)
        class_ = class_ or ("personal" if template is None else "mass" if share < 0.12 else "tailored")
        message_id = f"<{self.serial}.{self.dice.getrandbits(40):x}@{rep.address.partition('@')[2]}>"
        letter = Letter(
            sender=rep.named,
            to=[one.named for one in to],
            subject=str(more.pop("subject", "")) or texts.fill("{noun} in {place}", self.dice),
            at=at,
            message_id=message_id,
            body=body,
            signature=_signature(rep) if signed and rep.last[0] < "P" else "",
            as_html=bool(more.pop("as_html", self.dice.random() < 0.4)),
            **more,  # type: ignore[arg-type]  # the rest are fields of a letter
        )
        share = 1.0 if class_ == "personal" else 0.0 if class_ == "mass" and own_words == 0 else share
        recipients = [address for _, address in [*letter.to, *letter.bcc]]
        truth = Truth(
            rep.address, recipients, at.isoformat(), template, class_, share, kind, body, message_id
        )
        labelled = Labelled(written(letter, self.dice), at, truth)
        self.made.append(labelled)
        return labelled

    def greeted(self, rep: Person, to: Person, sentences: list[str]) -> str:
        """Greeting, paragraphs and closing around sentences."""
        breaks = max(1, len(sentences) // 2)
        parts = [" ".join(sentences[:breaks]), " ".join(sentences[breaks:])]
        style = random.Random(rep.address)  # a rep greets and closes as always
        greeting = style.choice(GREETINGS).format(First=to.first)
        return "\n\n".join([greeting, *filter(None, parts), f"{style.choice(CLOSINGS)}\n{rep.first}"])


def _name(dice: random.Random) -> str:
    heads = "Bar Cor Dal Fen Gar Hol Ker Lan Mar Nor Or Pel Ros Stan Tor Ul Ver Wit Yar Zel".split()
    tails = "bury court dane ford gate hurst kamp low mond ney quist rade sen stett ton ville wick".split()
    return dice.choice(heads) + dice.choice(tails)


def rep(dice: random.Random) -> Person:
    first, last = dice.choice(texts.PEOPLE), _name(dice)
    domain = dice.choice([DOMAINS[0], *DOMAINS])
    return Person(first, last, "Fernhill", f"{first.lower()}.{last.lower()}{dice.randrange(100)}@{domain}")


def _signature(rep: Person) -> str:
    line = int.from_bytes(rep.last.encode()[:2], "big") % 10_000
    return f"{rep.first} {rep.last}\nFernhill\nTel. +44 20 5550 {line:04d}\nwww.fernhill.example"


def quote(who: Person, text: str) -> str:
    lines = "\n".join(f"> {line}" for line in text.splitlines())
    return f"On Mon, 2 Mar 2026 at 09:14, {who.first} {who.last} <{who.address}> wrote:\n{lines}"
