"""The company: people.csv, and what it makes together with the configuration."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor.config.sections import Config
from auditor.config.units import is_timezone
from auditor.errors import ConfigError
from auditor.people import NO_TEAM, OTHER_TEAMS, People, Person

_COLUMNS = {"address", "name", "aliases", "team", "role", "manager", "timezone", "login"}


def company_of(config: Config) -> People:
    """Our people and domains, from the configuration and the people file.

    Raises:
        ConfigError: the people file cannot be used.
    """
    organisation = config.organisation
    persons = load_people(organisation.people_file) if organisation.people_file else ()
    privacy = config.privacy
    return People.of(organisation.domains, persons, privacy.min_team_size, privacy.private_parties)


def load_people(path: Path) -> tuple[Person, ...]:
    """Read people.csv: a header line with at least `address`; aliases are separated by spaces or `;`.

    Raises:
        ConfigError: every fault with file, line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the people file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the people file is not UTF-8; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise ConfigError(f"{path}: not a CSV file: {error}") from None
    if rows and (unknown := {str(column) for column in rows[0] if column is not None} - _COLUMNS):
        if any(";" in column or "\t" in column for column in unknown):
            raise ConfigError(f"{path}:1: columns are separated by commas; save it as CSV with commas")
        named = ", ".join(sorted(unknown))
        raise ConfigError(f"{path}:1: unknown column {named}; allowed: {', '.join(sorted(_COLUMNS))}")
    faults: list[str] = []
    persons = [person for n, row in enumerate(rows, 2) if (person := _person(path, n, row, faults))]
    seen: dict[str, str] = {}
    for person in persons:
        for address in (person.address, *person.aliases):
            if seen.setdefault(address, person.address) != person.address:
                faults.append(
                    f"{path}: address of {person.address} also belongs to {seen[address]}; give it to one"
                )
    if faults:
        raise ConfigError("\n".join(faults))
    return tuple(persons)


def _person(path: Path, line: int, row: Mapping[str | None, Any], faults: list[str]) -> Person | None:
    if None in row:  # where csv puts what no column is for
        faults.append(f"{path}:{line}: more values than columns; write one that has a comma between quotes")
        return None
    values = {str(key): (value or "").strip() for key, value in row.items()}
    address = values.get("address", "").lower()
    if "@" not in address:
        faults.append(f"{path}:{line}: address: write a mail address")
        return None
    timezone = values.get("timezone") or None
    if timezone and not is_timezone(timezone):
        faults.append(f"{path}:{line}: timezone: unknown time zone; write it as in Europe/Berlin")
    aliases = tuple(values.get("aliases", "").lower().replace(";", " ").split())
    team = values.get("team") or NO_TEAM
    if team == OTHER_TEAMS:
        faults.append(
            f'{path}:{line}: team: "{OTHER_TEAMS}" is what small teams are shown as; choose another name'
        )
    manager = values.get("manager", "").lower() or None
    if manager and "@" not in manager:
        faults.append(f"{path}:{line}: manager: write the manager's mail address")
    return Person(
        address,
        values.get("name", ""),
        aliases,
        team,
        timezone,
        values.get("login") or None,
        values.get("role", ""),
        manager,
    )
