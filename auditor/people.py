"""Who sends for us: addresses, aliases, teams and time zones, and which recipients are outside.

An immutable value, built from people.csv and the company's domains. No clock, no I/O but `load`.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import tldextract

from auditor.config import Config
from auditor.config.units import is_timezone
from auditor.errors import ConfigError
from auditor.freemail import FREE_MAIL

NO_TEAM = "none"
OTHER_TEAMS = "other"
_COLUMNS = {"address", "name", "aliases", "team", "role", "manager", "timezone", "login"}
# The list of public suffixes that the package ships: no network, ever.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


@dataclass(frozen=True, slots=True)
class Person:
    """One line of people.csv; `address` is lower-case."""

    address: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    team: str = NO_TEAM
    timezone: str | None = None
    login: str | None = None  # at the mail server, where it is not the address
    role: str = ""  # as it may stand in a letter: "account executive"
    manager: str | None = None  # lower-case address of who leads this person's team


@dataclass(frozen=True, slots=True)
class People:
    """Our people and domains, and the questions the stages ask of them."""

    domains: frozenset[str]
    persons: Mapping[str, Person] = field(default_factory=dict)
    min_team_size: int = 1
    _resolved: Mapping[str, str] = field(default_factory=dict)
    _shown: Mapping[str, str] = field(default_factory=dict)
    _never_read: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        domains: Iterable[str],
        persons: Iterable[Person] = (),
        min_team_size: int = 1,
        never_read: Iterable[str] = (),
    ) -> "People":
        """Index `persons`; teams of fewer than `min_team_size` are shown as "other", which is never smaller.

        `never_read` are addresses, and domains with their subdomains, whose mail is private.
        """
        known = {person.address: person for person in persons}
        resolved = {alias: person.address for person in known.values() for alias in person.aliases}
        shown = _shown_teams(known.values(), min_team_size)
        private = frozenset(one.lower() for one in never_read)
        return cls(frozenset(d.lower() for d in domains), known, min_team_size, resolved, shown, private)

    def resolve(self, address: str) -> str:
        """The person's main address for any of their addresses; unknown ones stay as they are."""
        return self._resolved.get(address, address)

    def is_ours(self, address: str) -> bool:
        """Whether a lower-case address is inside the organisation."""
        if address in self.persons or address in self._resolved:
            return True
        return _in_domains(address, self.domains)

    def never_reads(self, *addresses: str) -> bool:
        """Whether one of a send's lower-case addresses makes its text private."""
        if not self._never_read:
            return False
        return any(
            address in self._never_read
            or self.resolve(address) in self._never_read
            or _in_domains(address, self._never_read)
            for address in addresses
        )

    def team(self, sender: str) -> str:
        """The team as it may be shown: a real one, "none", or "other" for teams too small."""
        person = self.persons.get(sender)
        return self._shown[person.team] if person else NO_TEAM

    def teams(self) -> tuple[str, ...]:
        """Every team that may be shown, sorted; "none" is among them."""
        return tuple(sorted({*self._shown.values(), NO_TEAM}))

    def timezone(self, sender: str, default: str = "UTC") -> str:
        """The person's own time zone, or the organisation's."""
        person = self.persons.get(sender)
        return (person.timezone if person else None) or default


def _shown_teams(persons: Iterable[Person], least: int) -> dict[str, str]:
    """How each team is shown. Were "other" smaller than `least`, it would show the one small team behind it,
    and a sum minus the teams beside it would too: then the next larger team goes into it as well."""
    sizes = Counter(person.team for person in persons)
    hidden = {team for team, size in sizes.items() if size < least and team != NO_TEAM}
    for team, size in sorted(sizes.items(), key=lambda one: (one[1], one[0])):
        if not hidden or sum(sizes[one] for one in hidden) >= least:
            break
        if size >= least and team != NO_TEAM:
            hidden.add(team)
    return {team: OTHER_TEAMS if team in hidden else team for team in sizes}


def _in_domains(address: str, domains: frozenset[str]) -> bool:
    domain = address.rpartition("@")[2]
    while domain:
        if domain in domains:
            return True
        domain = domain.partition(".")[2]
    return False


def organisation_of(address: str) -> str:
    """The organisation of a recipient: the registrable domain, or the address itself for free mail."""
    return _organisation_at(address.rpartition("@")[2]) or address


@lru_cache(maxsize=20_000)  # a look-up costs as much as reading a header block
def _organisation_at(domain: str) -> str | None:
    """The organisation behind a domain; None for free mail."""
    registrable = (
        domain if _is_registrable(domain) else _suffixes(domain).top_domain_under_public_suffix or domain
    )
    return None if registrable in FREE_MAIL or domain in FREE_MAIL else registrable


def _is_registrable(domain: str) -> bool:
    """Whether a domain is plainly a name right below a public suffix, as most are: no look-up is needed."""
    name, _, suffix = domain.partition(".")
    known = _public_suffixes()
    return (
        name.replace("-", "").isalnum()
        and name.isascii()
        and suffix in known
        and domain not in known
        and f"*.{suffix}" not in known
    )


@lru_cache(maxsize=1)
def _public_suffixes() -> frozenset[str]:
    return frozenset(_suffixes.tlds)


def company_of(config: Config) -> People:
    """Our people and domains, from the configuration and the people file.

    Raises:
        ConfigError: the people file cannot be used.
    """
    organisation = config.organisation
    persons = load(organisation.people_file) if organisation.people_file else ()
    privacy = config.privacy
    return People.of(organisation.domains, persons, privacy.min_team_size, privacy.private_parties)


def load(path: Path) -> tuple[Person, ...]:
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
