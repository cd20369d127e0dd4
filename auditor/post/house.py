"""What letters take from the configuration: the organisation's name and links, and who may be named."""

from collections.abc import Callable

from auditor.config import Config
from auditor.people import OTHER_TEAMS, People
from auditor.story.letter import House

Name = Callable[[str, str], str | None]
"""From a sender and the team as it is shown to how this person may be named; None: not at all."""


def house_of(config: Config) -> House:
    """What every letter shares."""
    return House(
        config.organisation.name,
        config.organisation.timezone,
        config.http.public_url,
        config.privacy.wording_recipients,
        names_people=config.privacy.name_senders != "none",
    )


def naming(config: Config, people: People) -> Name:
    """How senders are named, as `privacy.name_senders` says.

    A role says too much in a team that is too small to be shown; people outside people.csv have none.
    """

    def by_role(sender: str, team: str) -> str | None:
        person = people.persons.get(sender)
        return person.role or None if person and team != OTHER_TEAMS else None

    def by_name(sender: str, _team: str) -> str | None:
        person = people.persons.get(sender)
        return (person.name if person else "") or sender

    match config.privacy.name_senders:
        case "role":
            return by_role
        case "all":
            return by_name
        case _:
            return lambda _sender, _team: None
