"""Which domains are ours, when nobody says: those that the mail was sent from, free mail left out."""

import re
from collections.abc import Iterable

from auditor import people
from auditor.freemail import FREE_MAIL

_FROM = re.compile(rb"^from:[^\n]{0,998}?@([a-z0-9.-]{1,253}\.[a-z0-9-]{1,63})", re.IGNORECASE | re.MULTILINE)
_HEADER_LIMIT = 65_536  # where a From line is looked for


def from_domain(raw: bytes) -> str | None:
    """The registrable domain of a From line, as far as a quick look can tell; None for free mail."""
    ends = [end for end in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if end >= 0]
    match = _FROM.search(raw[: min([*ends, _HEADER_LIMIT])])
    if match is None:
        return None
    domain = people.organisation_of("someone@" + match[1].decode("ascii").lower())
    return None if "@" in domain or domain in FREE_MAIL else domain


def seen(messages: Iterable[bytes]) -> set[str]:
    """Every domain that one of the messages was sent from."""
    return {domain for raw in messages if (domain := from_domain(raw)) is not None}
