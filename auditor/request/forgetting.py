"""Forgetting a person."""

from dataclasses import dataclass

import sqlalchemy as sa

from auditor.request.change import Asked
from auditor.store.ledger import forgetting
from auditor.store.ledger.forgetting import Person
from auditor.store.reading import results


@dataclass(frozen=True, slots=True)
class KeyedPerson:
    """One address of a person and their organisation, keyed, as hexadecimal digits; "" is none."""

    address: str
    organisation: str


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    """Forget somebody. Nothing here is in clear: request rows are kept.

    `sent` is the number of a send of theirs, by which it is known as whom they sent; None of people outside.
    """

    people: list[KeyedPerson]
    sent: int | None

    def apply(self, connection: sa.Connection, asked: Asked) -> str:
        """Do it; how many sends are of nobody now."""
        send = None if self.sent is None else results.send_by_id(connection, self.sent)
        people = [
            Person(bytes.fromhex(one.address), bytes.fromhex(one.organisation) or None) for one in self.people
        ]
        sender = None if send is None else str(send.sender)
        received, sent = forgetting.forget(connection, people, sender, asked.now)
        if not received and not sent:
            return (
                "Forgotten, though no mail to or by them is kept here: is the address spelt as it was used? "
                "What comes later is of nobody."
            )
        return f"Forgotten. Of nobody now: mails to this person, {received:,}; mails by them, {sent:,}."
