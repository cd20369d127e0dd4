"""Who sends for us: addresses, aliases, teams and time zones, and which recipients are outside.

An immutable value, built from people.csv and the company's domains: see `config.company`. No clock, no I/O.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import tldextract

from auditor.freemail import FREE_MAIL

NO_TEAM = "none"
OTHER_TEAMS = "other"
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
