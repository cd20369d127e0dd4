"""Configured entries -> one mailbox each. Pure; called again when configuration or people are reloaded."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.config.sections import Config, Mailbox
from auditor.errors import ConfigError
from auditor.people import People


@dataclass(frozen=True, slots=True)
class Entry:
    """One mailbox to watch: never with `people`, always with a username."""

    mailbox: Mailbox
    person: str | None = None  # the main address of the person whose mailbox it is, when one is known

    @property
    def key(self) -> str:
        """What the store knows the mailbox by."""
        return mailbox_key(self.mailbox)

    @property
    def owner(self) -> str:
        """The person, or else the login name."""
        return self.person or self.mailbox.username


def expand(config: Config, people: People) -> tuple[Entry, ...]:
    """Every mailbox of a configuration, in its order; an entry for people gives one for each of them.

    A mailbox that has an entry of its own is not taken from an entry for people.

    Raises:
        ConfigError: two entries are the same login, server and folder.
    """
    own = [mailbox_key(mailbox) for mailbox in config.mailboxes if not mailbox.people]
    found: dict[str, Entry] = {}
    for number, mailbox in enumerate(config.mailboxes, 1):
        for entry in _of_people(mailbox, people) if mailbox.people else (_single(mailbox, people),):
            if mailbox.people and entry.key in own:
                continue
            if entry.key in found:
                who = f"{entry.mailbox.username} at {mailbox.host}"
                raise ConfigError(f"mailboxes[{number}]: {who} is there twice; give each its own folder")
            found[entry.key] = entry
    return tuple(found.values())


def inboxes(config: Config, people: People) -> tuple[Entry, ...]:
    """The inbox beside each Sent folder, where `[answers]` is on: not of those whose mail is never read.

    Raises:
        ConfigError: as `expand`.
    """
    if not config.answers.enabled:
        return ()
    folder = {"folder": config.answers.folder}
    sent = [entry for entry in expand(config, people) if entry.mailbox.kind == "sent"]
    found = [Entry(entry.mailbox.model_copy(update=folder), entry.person) for entry in sent]
    own = {entry.key for entry in sent}
    public = [one for one in found if one.key not in own and not people.never_reads(one.owner.lower())]
    return tuple({one.key: one for one in public}.values())


def mailbox_key(mailbox: Mailbox) -> str:
    """Login, server and folder of a mailbox, stable over restarts and over another way to log in."""
    folder = mailbox.folder_to_open or "\\Sent"
    return f"{mailbox.username}@{mailbox.host}:{mailbox.port}/{folder}"


def _of_people(mailbox: Mailbox, people: People) -> Iterator[Entry]:
    for person in people.persons.values():
        one = mailbox.model_copy(update={"people": False, "username": person.login or person.address})
        yield Entry(one, person.address)


def _single(mailbox: Mailbox, people: People) -> Entry:
    name = mailbox.username.lower()
    by_login = (p.address for p in people.persons.values() if p.login is not None and p.login.lower() == name)
    address = people.resolve(name)
    return Entry(mailbox, address if address in people.persons else next(by_login, None))
