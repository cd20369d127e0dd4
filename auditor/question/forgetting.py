"""Forgetting a person by their address, which only the daemon can turn into what the store knows."""

import asyncio
import shlex
from dataclasses import dataclass
from typing import ClassVar

from auditor.errors import StoreError, UsageError
from auditor.people import organisation_of
from auditor.question.house import House
from auditor.request.forgetting import ForgetPerson, KeyedPerson
from auditor.store.ledger.forgetting import file_of, honour
from auditor.store.reading import results


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove somebody everywhere, and say what cannot be reached."""

    address: str
    notes: ClassVar[bool] = True

    async def answer(self, house: House) -> list[str]:
        """Lines for a terminal: what was done, and what is left to do by hand."""
        main = house.company.resolve(one_address(self.address))
        person = house.company.persons.get(main)
        addresses = [main, *(person.aliases if person is not None else ())]
        sent = await house.store.run(lambda connection: results.latest_send_of(connection, main))
        done = await house.change(ForgetPerson([_keyed(house, one) for one in addresses], sent))
        path = house.config.store.path
        await house.store.run(lambda connection: honour(connection, path, house.pseudonyms))
        return [done, *await _erased(house), *await asyncio.to_thread(_left, house, main, addresses)]


def one_address(given: str) -> str:
    """A mail address as it is compared.

    Raises:
        UsageError: it is none, or more than one.
    """
    address = given.strip().lower()
    if address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        raise UsageError(f"{given}: give one mail address")
    return address


async def _erased(house: House) -> list[str]:
    """Have what was removed overwritten in the store's files; a line where that cannot be done now."""
    try:
        await house.store.erase()
    except StoreError as error:
        return [f"The store's files still have traces of them; do it once more: {error}"]
    return []


def _keyed(house: House, address: str) -> KeyedPerson:
    organisation = organisation_of(address)
    own = house.pseudonyms.organisation(organisation).hex() if organisation == address else ""
    return KeyedPerson(house.pseudonyms.address(address).hex(), own)


def _left(house: House, main: str, addresses: list[str]) -> list[str]:
    """What the auditor cannot reach, each with what to do."""
    config, lines = house.config, ["What cannot be reached from here:"]
    people = config.organisation.people_file
    if people is not None and main in house.company.persons:
        pattern = main.replace(".", r"\.")
        lines.append(f"  The people file names them:  sed -i {shlex.quote(f'/^{pattern},/Id')} {people}")
    if any(mailbox.username.lower() in addresses for mailbox in config.mailboxes):
        lines.append("  Their mailbox is watched: remove its [[mailboxes]] entry in the configuration, then")
        lines.append("    systemctl reload auditor")
    letters = ", ".join((*config.alerts.to, *config.alerts.operator))
    if letters:
        lines.append(f"  Letters that were sent may name them; search the mailboxes of {letters} for {main}")
    lines += [
        "  Backups made before today have them; they are forgotten again when a backup is opened beside",
        f"    {file_of(config.store.path)}",
        "  Prometheus has nothing of them: no metric names a person.",
        "  The audit log keeps whose mail was looked at:  auditor audit",
        "  Their mails stay in the mailboxes of those who sent or received them.",
    ]
    return lines
