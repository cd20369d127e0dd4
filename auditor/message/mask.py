"""Names that belong to one recipient or sender alone, so that they can be masked in the authored text.

They come from the headers: the names beside addresses, the parts of local parts, and the recipient's
organisation as its domain writes it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from auditor.message.values import Address
from auditor.people import organisation_of

_NAME_PARTS = re.compile(r"[^\W\d_]+")
_MAX_RECIPIENTS = 50  # a mail to more people greets none of them by name

# Local parts and name parts that are no names.
_ROLES = frozenset(
    "info sales contact hello office mail email team support admin service customer marketing billing"
    " help news hr jobs accounts accounting noreply reply kontakt vertrieb buero contacto ventas"
    " comercial contatto commerciale the and und van von der den del della dos las los inc ltd gmbh via"
    " for mr mrs ms dr prof herr frau sir".split()
)
# Names that are everyday words too: masked only where they are written like names.
_WORDS_TOO = frozenset(
    "will mark hope grace bill frank grant dean chase drew rich art pat may june april august rose joy"
    " faith guy jack josh ray rob sue tim don gene max miles page penny ruby victor wade wells wood"
    " woods young price post park lane long king hill hall green gray grey brown black white bush case"
    " cash church cook cross day drake field fields fish fox gold good hand hunt law lord love major"
    " mason means mill moon moore more north oak page piper power rice rivers sharp short small snow"
    " stone street summer swift warner waters way west winter wise worth an do so he you can my see son"
    " van long sun ma li in la de bo so any come new old data cloud group home media".split()
)


@dataclass(frozen=True, slots=True)
class Names:
    """What to mask: single words in lower case, and organisations as their domains write them."""

    words: frozenset[str]
    organisations: tuple[str, ...]

    def beginnings(self) -> frozenset[str]:
        """How the organisations' names begin, from two letters on: the first word of one spelt out."""
        if len(self.organisations) == 1:
            return _beginnings(self.organisations[0])
        return frozenset[str]().union(*map(_beginnings, self.organisations))


NOBODY = Names(frozenset(), ())


@lru_cache(maxsize=20_000)
def _beginnings(organisation: str) -> frozenset[str]:
    return frozenset(organisation[:length] for length in range(2, len(organisation) + 1))


def names(sender: Address, recipients: Iterable[Address]) -> Names:
    """The names to mask in a mail of `sender` to `recipients`."""
    found = set(_of_person(sender.address, sender.name))
    organisations: list[str] = []
    for number, recipient in enumerate(recipients):
        if number >= _MAX_RECIPIENTS:
            break
        found.update(_of_person(recipient.address, recipient.name))
        label = _label(recipient.address)
        if label and label not in organisations:
            organisations.append(label)
    return Names(frozenset(found), tuple(organisations))


@lru_cache(maxsize=20_000)
def _of_person(address: str, name: str) -> frozenset[str]:
    local = address.rpartition("@")[0]
    parts = {part.lower() for text in (name, local) for part in _NAME_PARTS.findall(text)}
    return frozenset(part for part in parts if len(part) > 1 and part not in _ROLES)


@lru_cache(maxsize=20_000)
def _label(address: str) -> str:
    """`bowmanltd` of `ann@mail.bowmanltd.co.uk`; empty for free mail."""
    domain = organisation_of(address)
    if "@" in domain:
        return ""
    label = domain.partition(".")[0].replace("-", "")
    return label if len(label) > 2 else ""


def is_everyday(word: str) -> bool:
    """Whether a lower-case name is an everyday word as well."""
    return word in _WORDS_TOO


def same_person(text: str, person: Address) -> bool:
    """Whether `text` (an attribution without an address) names `person`, by all parts of the name."""
    parts = {part.lower() for part in _NAME_PARTS.findall(person.name)}
    return bool(parts) and parts <= {part.lower() for part in _NAME_PARTS.findall(text)}
