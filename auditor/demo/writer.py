"""Who writes what when: some weeks of the company's past, and mail for the moment it is asked for.

Everything follows from the seed and the times given: no clock is read here.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from auditor.demo import byhand, clients, texts
from auditor.demo.clients import Draft, Quoted
from auditor.demo.company import DOMAINS, REPS, Contact, Rep, contact

LETTERS_A_DAY = 3  # by hand, per person
SERIES_PER_SHARE = 0.08  # chance that a person starts a batch of a campaign on a day, for each share of it
BATCH = (4, 9)  # first mails in one batch
STILL_SILENT = 0.65  # who gets the next step, because no answer came
NEWSLETTER_RECIPIENTS = 260
_HOURS = (8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 16, 17)
_CLOSINGS_BY_HAND = 0.8  # how often somebody bothers with a closing line


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One message as it is filed: in whose Sent folder, when, and its octets."""

    mailbox: str  # the rep's address, which is also the login
    sent_at: datetime
    raw: bytes
    draft: Draft


class Writer:
    """The company's people at work. Equal seeds and equal calls give equal mail."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented mail, no secret
        self._stock = byhand.Stock(self._rng)
        written = texts.read("campaigns.toml")
        self._campaigns: list[dict[str, Any]] = written["campaign"]
        self._blast, self._newsletter = written["blast"], written["newsletter"]
        self._known = {rep: [contact(rep.language, self._rng) for _ in range(25)] for rep in REPS}

    def history(self, end: datetime, days: int) -> list[DemoMail]:
        """The working days of the `days` before `end`, in order of time."""
        mails: list[DemoMail] = []
        for age in range(days, 0, -1):
            day = end - timedelta(days=age)
            if day.weekday() >= 5:
                continue
            for rep in REPS:
                mails.extend(self._working_day(rep, day, end))
        return sorted(mails, key=lambda mail: mail.sent_at)

    def ordinary(self, at: datetime) -> DemoMail:
        """One mail of an ordinary moment: nearly always written by hand."""
        rep = self._rng.choice(REPS)
        if self._rng.random() < 0.08:
            campaign = self._rng.choice([one for one in self._campaigns if rep.team in one["teams"]])
            return self._step(campaign, 0, rep, contact(campaign["language"], self._rng), at, None)[0]
        return self._by_hand(rep, at)

    def blast(self, at: datetime) -> DemoMail:
        """One copy of a template that nobody has seen before, from anyone who writes English."""
        rep = self._rng.choice([rep for rep in REPS if rep.language == "en"])
        one = contact("en", self._rng)
        text = byhand.filled(self._blast["body"].strip(), one.fields())
        draft = Draft(
            rep,
            (one,),
            byhand.filled(self._blast["subject"], one.fields()),
            f"{text}\n\n{rep.closing}",
            at,
            self._message_id(),
            series=True,
        )
        return self._mail(draft)

    def newsletter(self, at: datetime) -> DemoMail:
        """One message with all its recipients in Bcc."""
        rep = next(rep for rep in REPS if rep.team == "Schools")
        bcc = tuple(sorted({contact("en", self._rng).address for _ in range(NEWSLETTER_RECIPIENTS)}))
        text = self._newsletter["body"].strip()
        return self._mail(Draft(rep, (), self._newsletter["subject"], text, at, self._message_id(), bcc=bcc))

    def _working_day(self, rep: Rep, day: datetime, end: datetime) -> Iterator[DemoMail]:
        for _ in range(self._rng.randint(LETTERS_A_DAY - 2, LETTERS_A_DAY + 2)):
            yield self._by_hand(rep, self._office_hour(rep, day))
        for campaign in self._campaigns:
            theirs = rep.team in campaign["teams"] and rep.language == campaign["language"]
            if theirs and self._rng.random() < SERIES_PER_SHARE * campaign["share"]:
                yield from self._batch(campaign, rep, self._office_hour(rep, day), end)

    def _batch(
        self, campaign: dict[str, Any], rep: Rep, start: datetime, end: datetime
    ) -> Iterator[DemoMail]:
        """First mails a minute or so apart, and the later steps of the sequence to whoever stayed silent."""
        size = 2 if campaign.get("tailored") else self._rng.randint(*BATCH)
        for n in range(size):
            one, at, first = contact(campaign["language"], self._rng), start + timedelta(seconds=70 * n), None
            for number, step in enumerate(campaign["step"]):
                at += timedelta(days=step["after_days"])
                if at >= end:
                    break
                mail, first = self._step(campaign, number, rep, one, at, first)
                yield mail
                if self._rng.random() > STILL_SILENT:
                    break

    def _step(
        self, campaign: dict[str, Any], number: int, rep: Rep, one: Contact, at: datetime, first: str | None
    ) -> tuple[DemoMail, str]:
        step, message_id = campaign["step"][number], self._message_id()
        fields = one.fields() | {"hook": self._rng.choice(("Four", "Nine", "A dozen", "Six", "Seventeen"))}
        if "{passage}" in step["body"]:
            fields["passage"] = self._stock.passage(campaign["language"])
        text = f"{byhand.filled(step['body'].strip(), fields)}\n\n{rep.closing}"
        subject = byhand.filled(step["subject"], fields)
        series = not campaign.get("tailored", False)
        draft = Draft(rep, (one,), subject, text, at, message_id, answers=first, series=series)
        return self._mail(draft), first or message_id

    def _by_hand(self, rep: Rep, at: datetime) -> DemoMail:
        one = self._rng.choice(self._known[rep])
        chance = self._rng.random()
        if chance < 0.08:
            return self._internal(rep, at)
        if chance < 0.10:
            return self._automatic(rep, one, at)
        answered = self._question(one, at) if chance < 0.5 else None
        if chance < 0.2 and answered:
            return self._letter(rep, one, at, answered, self._stock.note(rep.language), phone=True)
        written = self._stock.letter(rep.language)
        closing = rep.closing if self._rng.random() < _CLOSINGS_BY_HAND else rep.name.split()[0]
        text = "\n\n".join((self._stock.greeting(one), *written.paragraphs, closing))
        return self._letter(rep, one, at, answered, text, subject=written.subject)

    def _letter(
        self,
        rep: Rep,
        one: Contact,
        at: datetime,
        answered: Quoted | None,
        text: str,
        subject: str = "",
        phone: bool = False,
    ) -> DemoMail:
        line = f"Re: {one.company}" if answered else subject
        answers = answered.message_id if answered else None
        draft = Draft(rep, (one,), line, text, at, self._message_id(), answers, answered, phone=phone)
        return self._mail(draft)

    def _internal(self, rep: Rep, at: datetime) -> DemoMail:
        other = self._rng.choice([colleague for colleague in REPS if colleague is not rep])
        first, last = other.name.split(" ", 1)
        to = Contact(first, last, "", "", "", other.address, rep.language)
        written = self._stock.letter(rep.language)
        return self._mail(
            Draft(rep, (to,), written.subject, "\n\n".join(written.paragraphs), at, self._message_id())
        )

    def _automatic(self, rep: Rep, one: Contact, at: datetime) -> DemoMail:
        text = "I am out of the office and will answer when I am back."
        question = self._question(one, at)
        draft = Draft(
            rep,
            (one,),
            "Automatic reply",
            text,
            at,
            self._message_id(),
            answers=question.message_id,
            automatic=True,
        )
        return self._mail(draft)

    def _question(self, one: Contact, at: datetime) -> Quoted:
        """What the contact wrote some hours before."""
        identity = f"<{self._rng.getrandbits(64):x}@{one.address.partition('@')[2]}>"
        earlier = at - timedelta(minutes=self._rng.randint(20, 2000))
        return Quoted(self._stock.question(one.language), one, earlier, identity)

    def _office_hour(self, rep: Rep, day: datetime) -> datetime:
        local = day.astimezone(ZoneInfo(rep.timezone))
        return local.replace(
            hour=self._rng.choice(_HOURS),
            minute=self._rng.randint(0, 59),
            second=self._rng.randint(0, 59),
            microsecond=0,
        )

    def _message_id(self) -> str:
        return f"<{self._rng.getrandbits(80):x}@{DOMAINS[0]}>"

    def _mail(self, draft: Draft) -> DemoMail:
        return DemoMail(draft.rep.address, draft.sent_at, clients.octets(draft, self._rng), draft)
