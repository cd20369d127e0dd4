"""After an outage: letters that waited together become one."""

import sqlalchemy as sa

from auditor.post import letters
from auditor.store import outbox
from auditor.story.bundle import Told, write_bundle_letter
from auditor.story.letter import House

WAITED_SECONDS = 3600.0
AT_MOST_ALONE = 3
"""So many late letters still go out one by one."""


def is_wanted(connection: sa.Connection, now: float) -> bool:
    """Whether so many letters have waited for so long that one should take their place."""
    return len(outbox.late(connection, now - WAITED_SECONDS, now)) > AT_MOST_ALONE


def bundle(connection: sa.Connection, house: House, sender: str, now: float) -> int:
    """Write one letter for each group of recipients; how many letters rest in them."""
    groups: dict[tuple[str, ...], list[outbox.Late]] = {}
    for one in outbox.late(connection, now - WAITED_SECONDS, now):
        groups.setdefault(one.recipients, []).append(one)
    rested = 0
    for number, (recipients, late) in enumerate(sorted(groups.items())):
        if len(late) <= AT_MOST_ALONE:
            continue
        told = [Told(one.incident_id, one.occasion, one.subject, one.gist, one.created_at) for one in late]
        message_id = letters.put(
            connection,
            write_bundle_letter(told, house, now),
            occasion=outbox.BUNDLE,
            recipients=recipients,
            sender=sender,
            now=now,
            about=f"letters-{number}",
        )
        assert message_id is not None  # noqa: S101  # it has recipients
        outbox.bundle(connection, [one.id for one in late], message_id)
        rested += len(late)
    return rested
