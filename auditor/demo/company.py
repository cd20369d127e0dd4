"""Hollin Air, an invented maker of air sensors: its people, its teams, and the customers they write to."""

import random
from dataclasses import dataclass

from auditor.demo import texts

NAME = "Hollin Air"
DOMAINS = ("hollin-air.example", "hollin-luft.example")
ALERTS_TO = "sales-ops@hollin-air.example"


@dataclass(frozen=True, slots=True)
class Rep:
    """One of our people; `folder` is the Sent folder's name as it goes over the wire (modified UTF-7)."""

    name: str
    address: str
    team: str
    language: str
    timezone: str
    client: str
    folder: str
    closing: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody outside whom we write to."""

    first: str
    last: str
    title: str
    company: str
    trade: str
    address: str
    language: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"

    def fields(self) -> dict[str, str]:
        """The merge fields of this contact."""
        return {
            "first": self.first,
            "last": self.last,
            "title": self.title,
            "company": self.company,
            "trade": self.trade,
        }


_SPELLED_OUT = str.maketrans("éèç", "eec") | {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"}
_TEXTS = texts.read("company.toml")


def _rep(line: str) -> Rep:
    name, team, language, timezone, client, folder, closing = (part.strip() for part in line.split("|"))
    domain = DOMAINS[1] if language == "de" else DOMAINS[0]
    return Rep(name, _mail_name(name) + "@" + domain, team, language, timezone, client, folder, closing)


def _mail_name(name: str) -> str:
    return name.lower().translate(_SPELLED_OUT).replace(" ", ".")


REPS = tuple(_rep(line) for line in _TEXTS["people"].strip().splitlines())
TEAMS = tuple(dict.fromkeys(rep.team for rep in REPS))


def contact(language: str, rng: random.Random) -> Contact:
    """Somebody at one of a few hundred invented organisations."""
    first, last = rng.choice(_TEXTS["first"][language].split()), rng.choice(_TEXTS["last"][language].split())
    place, kind = rng.choice(_TEXTS["places"][language].split()), rng.choice(list(_TEXTS["trades"][language]))
    company = f"{kind} {place}" if language != "en" else f"{place} {kind}"
    domain = _mail_name(company).replace(".", "-").encode("idna").decode("ascii") + ".example"
    local = _mail_name(f"{first} {last}").encode("ascii", "ignore").decode("ascii")
    title = rng.choice(_TEXTS["titles"][language])
    return Contact(
        first, last, title, company, _TEXTS["trades"][language][kind], f"{local}@{domain}", language
    )


def disclaimer(language: str) -> str:
    """What stands under every mail."""
    return str(_TEXTS["disclaimers"][language])


def people_csv() -> str:
    """The company's people.csv."""
    lines = ["address,name,aliases,team,timezone"]
    lines += [f"{rep.address},{rep.name},,{rep.team},{rep.timezone}" for rep in REPS]
    return "\n".join(lines) + "\n"
