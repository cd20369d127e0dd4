"""The few words that every stage shares: what a send is, where it goes, and what was found of it.

The words are those of metrics, commands and dashboards; they are never renamed.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a send is to the conversation it belongs to."""

    NEW = "new"
    FOLLOW_UP = "follow_up"  # answers one of our own kept sends, and quotes nobody else
    REPLY = "reply"  # answers someone else's message
    FORWARD = "forward"
    AUTO = "auto"  # auto-replies, delivery and disposition notifications
    CALENDAR = "calendar"  # an invitation without authored text of its own
    SERVICE = "service"  # in figures only: new or follow-up, under a template whose purpose is service


class Purpose(StrEnum):
    """What people say a template is for; outreach unless they say otherwise."""

    OUTREACH = "outreach"
    SERVICE = "service"  # customers expect it, such as a notice of maintenance: not in the outreach ratio
    EVENT = "event"  # an invitation to a fair or a webinar; outreach all the same


class Shape(StrEnum):
    """What a message says of its own kind; only the kept sends can tell `ANSWER` apart further."""

    NEW = "new"
    ANSWER = "answer"
    FORWARD = "forward"
    AUTO = "auto"
    CALENDAR = "calendar"


class Direction(StrEnum):
    """`EXTERNAL` if any recipient is outside the organisation."""

    EXTERNAL = "external"
    INTERNAL = "internal"


class Class(StrEnum):
    """What the auditor concludes of a send."""

    MASS = "mass"
    TAILORED = "tailored"
    PERSONAL = "personal"
    BRIEF = "brief"  # too short to tell, and nothing proves more
    EXCLUDED = "excluded"  # automatic answers and invitations


OUTREACH = frozenset({Kind.NEW, Kind.FOLLOW_UP})
"""The kinds of the headline ratio."""

TEMPLATED = frozenset({Class.MASS, Class.TAILORED})
"""The classes that follow a template that reached enough people."""

PARTS = (Class.MASS, Class.TAILORED, Class.PERSONAL)
"""The three parts that people always see, in their order."""

RATED = frozenset(PARTS)
"""The classes in the denominator of every ratio."""


class Mask(StrEnum):
    """What stands in the authored text where something belongs to one recipient or sender alone."""

    NAME = "‹name›"  # a name of the recipient, the sender or the recipient's organisation
    NUMBER = "‹number›"
    LINK = "‹link›"
    ADDRESS = "‹address›"


MASK_NUMBERS = {Mask.NAME: 1, Mask.NUMBER: 2, Mask.LINK: 3, Mask.ADDRESS: 4}
"""The keyed form of each mask; the same under every key."""
