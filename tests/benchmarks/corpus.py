"""An invented company's outgoing mail with the truth beside every mail: what the benchmarks measure on.

    python -m tests.benchmarks.corpus --messages 20000 --seed 1 --output corpus.jsonl [--mbox sent.mbox]

The same seed gives the same mails; another seed other templates, people and texts. Per mail: the bytes, and
as truth its template (or none), class, handwritten share, kind and new text.
"""

import argparse
import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks import corpus_families as families
from tests.benchmarks import corpus_texts as texts
from tests.benchmarks.corpus_company import Company, Labelled, Person, quote
from tests.benchmarks.corpus_company import rep as rep_of
from tests.benchmarks.corpus_families import Family
from tests.benchmarks.corpus_languages import LANGUAGES, Language

FAMILIES_PER_THOUSAND = 6
SHARES = {
    "campaign": 0.33,
    "step": 0.11,
    "tailored": 0.13,
    "by_hand": 0.14,
    "reply": 0.06,
    "reply_quoting_template": 0.04,
    "short": 0.06,
    "forward": 0.02,
    "canned_reply": 0.03,
    "committee": 0.01,
    "reply_all": 0.01,
    "bcc_blast": 0.001,
    "generated_opener": 0.01,
    "zero_width": 0.004,
    "homoglyphs": 0.004,
    "hidden_text": 0.004,
    "padding": 0.004,
    "fake_quote": 0.004,
    "below_mark": 0.004,
    "ai_light": 0.01,
    "ai_medium": 0.01,
    "ai_full": 0.01,
}
_CAMPAIGNS = {"zero_width", "homoglyphs", "hidden_text", "padding", "fake_quote", "below_mark"}


def corpus(messages: int, seed: int = 1) -> list[Labelled]:
    """About so many mails in the order of sending."""
    dice = random.Random(seed)  # invented mail needs no secrecy
    company = Company(dice)
    company.reps = [rep_of(dice) for _ in range(max(12, messages // 250))]
    numbers = {kind: round(messages * share) for kind, share in SHARES.items()}
    count = max(66, messages * FAMILIES_PER_THOUSAND // 1000)
    pitches = [families.family(n, "campaign", dice) for n in range(count * 2 // 3)]
    steps = [families.family(n, "step", dice) for n in range(count, count + count // 6)]
    canned = [families.family(n, "canned", dice) for n in range(2 * count, 2 * count + count // 6)]
    sizes = _sizes(numbers["campaign"], len(pitches), dice)
    for made, size in zip(pitches, sizes, strict=True):
        _campaign(company, made, size)
    for made, size in zip(steps, _sizes(numbers["step"], len(steps), dice), strict=True):
        _steps(company, made, size)
    for made, size in zip(pitches, _sizes(numbers["tailored"], len(pitches), dice), strict=True):
        _tailored(company, made, size)
    for made, size in zip(canned, _sizes(numbers["canned_reply"], len(canned), dice), strict=True):
        _canned(company, made, size)
    for kind, write in _BY_HAND.items():
        for _ in range(numbers[kind]):
            write(company)
    _in_groups(company, numbers, pitches)
    _made_by_tools(company, numbers, count)
    for code, language in LANGUAGES.items():
        _in_language(company, code, language)
    return sorted(company.made, key=lambda one: (one.at, one.truth.message_id))


# ---- what is sent to many


def _fields(rep: Person, to: Person) -> dict[str, str]:
    return {"First": to.first, "Company": to.company, "Rep": f"{rep.first} {rep.last}"}


def _campaign(company: Company, made: Family, size: int) -> None:
    dice = company.dice
    reps = dice.sample(company.reps, dice.choice([1, 1, 2, 4]))
    at = company.time()
    for n in range(size):
        rep, to = dice.choice(reps), company.customer()
        at += timedelta(seconds=dice.randrange(5, 400)) if n % 40 else timedelta(days=dice.randrange(4))
        sentences, own = made.plain(_fields(rep, to), n % 2, dice), 0
        if dice.random() < 0.08:
            sentences, own = families.lightly_edited(sentences, dice)
        body = company.greeted(rep, to, sentences)
        company.send(
            rep,
            [to],
            body,
            "campaign",
            at=at,
            template=made.id,
            own_words=own,
            class_="mass",
            subject=made.subject,
        )


def _tailored(company: Company, made: Family, size: int) -> None:
    dice = company.dice
    for _ in range(size):
        rep, to = dice.choice(company.reps), company.customer()
        sentences, own = families.tailored(made.plain(_fields(rep, to), 0, dice), dice)
        body = company.greeted(rep, to, sentences)
        company.send(rep, [to], body, "tailored", at=company.time(), template=made.id, own_words=own)


def _steps(company: Company, made: Family, size: int) -> None:
    dice = company.dice
    first = [one for one in company.made if one.truth.kind == "campaign"]
    reps = {rep.address: rep for rep in company.reps}
    for _ in range(size):
        before = dice.choice(first)
        rep = reps[before.truth.sender]
        to = _person_at(before.truth.recipients[0])
        body = company.greeted(rep, to, made.plain(_fields(rep, to), 0, dice))
        company.send(
            rep, [to], body, "step", at=before.at + timedelta(days=4), template=made.id, class_="mass",
            answers=before.truth.message_id, subject="Re: " + made.subject,
        )  # fmt: skip


def _canned(company: Company, made: Family, size: int) -> None:
    dice = company.dice
    rep = dice.choice(company.reps)
    for _ in range(size):
        to = company.customer()
        body = company.greeted(rep, to, made.plain(_fields(rep, to), 0, dice))
        company.send(
            rep, [to], body, "canned_reply", at=company.time(), template=made.id, class_="mass", signed=True,
            answers=f"<{company.serial}@elsewhere.example>", quoted=quote(to, texts.passage(dice, 20)),
        )  # fmt: skip


def _in_groups(company: Company, numbers: dict[str, int], pitches: list[Family]) -> None:
    dice = company.dice
    for _ in range(numbers["bcc_blast"]):
        rep = dice.choice(company.reps)
        body = texts.passage(dice, 60)
        to = [company.customer() for _ in range(dice.randrange(20, 60))]
        company.send(
            rep,
            [],
            body,
            "bcc_blast",
            at=company.time(),
            template=f"blast{company.serial}",
            class_="mass",
            bcc=[one.named for one in to],
        )
    done = 0
    while done < numbers["committee"]:
        rep, chair = dice.choice(company.reps), company.customer()
        people = [chair, *(company.colleague_of(chair) for _ in range(11))]
        text, at = _sentences(dice), company.time()
        if dice.random() < 0.5:
            body = company.greeted(rep, chair, text)
            company.send(rep, people, body, "committee", at=at)
            done += 1
            continue
        for n, one in enumerate(people):
            body = company.greeted(rep, one, text)
            company.send(
                rep,
                [one],
                body,
                "committee",
                at=at + timedelta(minutes=n),
                template=f"group{done}",
                class_="personal",
            )
        done += len(people)
    for _ in range(numbers["reply_all"]):
        rep, first = dice.choice(company.reps), company.customer()
        people = [
            first,
            *(company.colleague_of(first) for _ in range(4)),
            company.customer(),
            company.customer(),
        ]
        body = company.greeted(rep, first, _sentences(dice))
        quoted = quote(first, " ".join(_sentences(dice)))
        company.send(
            rep,
            people,
            body,
            "reply_all",
            at=company.time(),
            answers=f"<{company.serial}@elsewhere.example>",
            quoted=quoted,
        )
    for _ in range(numbers["reply_quoting_template"]):
        rep, to = dice.choice(company.reps), company.customer()
        pitch = company.greeted(rep, to, dice.choice(pitches).plain(_fields(rep, to), 0, dice))
        body = company.greeted(rep, to, _sentences(dice, least=1))
        quoted = quote(to, texts.sentence(dice)) + "\n" + re.sub("^", ">> ", pitch, flags=re.MULTILINE)
        company.send(
            rep,
            [to],
            body,
            "reply_quoting_template",
            at=company.time(),
            answers=f"<{company.serial}@elsewhere.example>",
            quoted=quoted,
        )


def _made_by_tools(company: Company, numbers: dict[str, int], count: int) -> None:
    """Evasion, generated openers and AI-varied campaigns: each in families of its own."""
    dice = company.dice
    for kind in (*sorted(_CAMPAIGNS), "generated_opener", "ai_light", "ai_medium", "ai_full"):
        groups = max(2, numbers[kind] // 60)
        for number, size in enumerate(_sizes(numbers[kind], groups, dice)):
            made = families.family(
                10 * count + number, "tool" if kind.startswith("ai_") else "campaign", dice
            )
            rep, at = dice.choice(company.reps), company.time()
            for _ in range(size):
                at += timedelta(seconds=dice.randrange(3, 9))
                _by_tool(company, rep, made, f"{kind}{number}", kind, at)


def _by_tool(company: Company, rep: Person, made: Family, template: str, kind: str, at: datetime) -> None:
    dice, to = company.dice, company.customer()
    fields, more = _fields(rep, to), {}
    if kind.startswith("ai_"):
        sentences = families.reworded(made, fields, kind.removeprefix("ai_"), dice)
    else:
        sentences = made.plain(fields, 0, dice)
    if kind == "generated_opener":
        sentences.insert(0, texts.passage(dice, 22))
    body = company.greeted(rep, to, sentences)
    if kind == "zero_width":
        body = families.with_zero_width(body, dice)
    elif kind == "homoglyphs":
        body = families.with_homoglyphs(body, dice)
    elif kind == "hidden_text":
        more = {"hidden": texts.passage(dice, 80), "as_html": True}
    elif kind == "padding":
        more = {"below": texts.passage(dice, 60)}
    elif kind == "fake_quote":
        more = {"subject": "Re: our talk", "quoted": quote(to, body)}
        body = f"Hi {to.first},\n\nsee below, as discussed.\n\n{rep.first}"
    elif kind == "below_mark":
        more = {"below": " ".join(sentences), "signed": False}
        body = f"Hi {to.first},\n\nplease have a look.\n\n{rep.first}"
    company.send(rep, [to], body, kind, at=at, template=template, class_="mass", **more)  # type: ignore[arg-type]


def _in_language(company: Company, code: str, language: Language) -> None:
    """A small campaign, a note by hand, and an answer by hand that quotes the campaign."""
    dice, rep, at = company.dice, company.dice.choice(company.reps), company.time()

    def body(to: Person, *paragraphs: str) -> str:
        close = f"{language.sign_off}\n{rep.first}"
        return "\n\n".join([language.greeting.format(name=to.first), *paragraphs, close])

    for _ in range(dice.randrange(6, 12)):
        at += timedelta(minutes=dice.randrange(1, 60))
        to = company.customer()
        text = body(to, *language.pitch)
        company.send(rep, [to], text, "language_campaign", at=at, template=f"language-{code}", class_="mass")
    to, other = company.customer(), company.customer()
    company.send(rep, [to], body(to, language.notes[0]), "language_note", at=company.time())
    above = language.attribution.format(who=f"{other.first} {other.last} <{other.address}>")
    company.send(
        rep,
        [other],
        body(other, language.notes[1]),
        "language_reply",
        at=company.time(),
        answers=f"<{company.serial}@elsewhere.example>",
        quoted="\n".join([above, *(f"> {line}" for line in body(other, *language.pitch).splitlines())]),
    )


# ---- what is written for one


def _sentences(dice: random.Random, least: int = 2) -> list[str]:
    return [texts.sentence(dice) for _ in range(dice.randrange(least, 9))]


def _by_hand(company: Company) -> None:
    rep, to = company.dice.choice(company.reps), company.customer()
    company.send(rep, [to], company.greeted(rep, to, _sentences(company.dice)), "by_hand", at=company.time())


def _reply(company: Company) -> None:
    dice = company.dice
    rep, to = dice.choice(company.reps), company.customer()
    body = company.greeted(rep, to, _sentences(dice, least=1))
    quoted = quote(to, " ".join(_sentences(dice)))
    company.send(
        rep,
        [to],
        body,
        "reply",
        at=company.time(),
        answers=f"<{company.serial}@elsewhere.example>",
        quoted=quoted,
    )


def _short(company: Company) -> None:
    dice = company.dice
    rep, to = dice.choice(company.reps), company.customer()
    answers = f"<{company.serial}@elsewhere.example>" if dice.random() < 0.7 else None
    company.send(rep, [to], texts.expand("short", dice), "short", at=company.time(), answers=answers)


def _forward(company: Company) -> None:
    dice = company.dice
    rep, to, other = dice.choice(company.reps), company.customer(), company.customer()
    body = dice.choice(["FYI", "See below.", "For you.", texts.sentence(dice)])
    head = (
        f"---------- Forwarded message ---------\nFrom: {other.first} <{other.address}>\n"
        f"To: {rep.first} <{rep.address}>\nSubject: news\n\n"
    )
    company.send(
        rep,
        [to],
        body,
        "forward",
        at=company.time(),
        subject="Fwd: news",
        quoted=head + " ".join(_sentences(dice)),
        as_html=False,
    )


_BY_HAND: dict[str, Callable[[Company], None]] = {
    "by_hand": _by_hand,
    "reply": _reply,
    "short": _short,
    "forward": _forward,
}


# ---- small things


def _person_at(address: str) -> Person:
    local, _, domain = address.partition("@")
    first, _, last = local.partition(".")
    return Person(first.capitalize(), last.capitalize(), domain.partition(".")[0].capitalize(), address)


def _sizes(total: int, parts: int, dice: random.Random) -> list[int]:
    """Sizes of families: a few large, many small, at least two each."""
    weights = [dice.paretovariate(1.1) for _ in range(parts)]
    whole = sum(weights)
    return [max(2, round(total * weight / whole)) for weight in weights]


def as_json(one: Labelled) -> str:
    """A mail and its truth as one line of JSON."""
    row = {"raw": base64.b64encode(one.raw).decode(), **vars(one.truth), "lang": "en"}
    return json.dumps(row, ensure_ascii=False)


def as_mbox(many: list[Labelled]) -> Iterator[bytes]:
    """The mails as the pieces of one mbox file."""
    for one in many:
        body = re.sub(rb"^(>*From )", rb">\1", one.raw.replace(b"\r\n", b"\n"), flags=re.MULTILINE)
        stamp = one.at.strftime("%a %b %d %H:%M:%S %Y").encode()
        yield b"From " + one.truth.sender.encode() + b" " + stamp + b"\n" + body.rstrip(b"\n") + b"\n\n"


def main() -> None:
    """Write a corpus as lines of JSON, and as an mbox when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--mbox", type=Path)
    asked = parser.parse_args()
    many = corpus(asked.messages, asked.seed)
    asked.output.write_text("".join(f"{as_json(one)}\n" for one in many), encoding="utf-8")
    if asked.mbox:
        asked.mbox.write_bytes(b"".join(as_mbox(many)))
    print(f"{len(many)} messages -> {asked.output}")


if __name__ == "__main__":
    main()
