"""Killed and loaded again at any decision: the same incidents open, the same letters are written, once."""

import tempfile
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.alert.decide import Rules, decide
from auditor.post import letters
from auditor.statistics.series import HOUR, MINUTE, ORGANISATION
from auditor.statistics.spikes import Cause, Spike
from auditor.store import incidents
from auditor.store.database.schema import incident, outbox
from auditor.store.engine import Store, open_temporary
from auditor.story.letter import Letter
from tests.alert.test_decide import ANN, BOB, LINKS, NORTH, NOW, OFFER, spike

LETTER = Letter("s", "t", "h")
STEP = 2 * MINUTE
RULES = Rules(armed_at=NOW - 30 * 24 * HOUR, cooldown=HOUR, opens_an_hour=2, attach=20 * MINUTE)
readings = st.tuples(
    st.sampled_from([ANN, BOB, NORTH, OFFER, ORGANISATION]),
    st.integers(20, 900),
    st.sampled_from([Cause.ABOVE_USUAL, Cause.ABOVE_USUAL, Cause.NIGHT_BLAST]),
    st.sampled_from([0.7, 1.5]),
)
looks = st.lists(st.lists(readings, max_size=3), min_size=1, max_size=40)


class Killed(Exception):
    """The process dies before its transaction is written."""


def sit(store: Store, number: int, found: list[tuple], *, dies: bool) -> None:
    """One look as the daemon makes it: one transaction, all state from the store."""
    now = NOW + number * STEP
    spikes: list[Spike] = [
        spike(series, observed, at=now, cause=cause, strength=strength)
        for series, observed, cause, strength in found
    ]

    def transaction(connection: sa.Connection) -> None:
        known = incidents.load(connection, now - 4 * 24 * HOUR)
        again = {one.id: one.observed if number % 7 else 0 for one in known if one.id is not None}
        for decision in incidents.write(connection, decide(known, spikes, now, RULES, LINKS, again)):
            if decision.letter is not None and decision.incident is not None:
                letters.put(
                    connection, LETTER, occasion=decision.letter, recipients=("ops@x.example",),
                    sender="auditor@x.example", now=now, incident_id=decision.incident.id,
                )  # fmt: skip
        if dies:
            raise Killed

    store.run_here(transaction)


def told(store: Store) -> tuple[list[tuple], list[tuple]]:
    """Every letter and every incident, as the store has them."""

    def read(connection: sa.Connection) -> tuple[list[tuple], list[tuple]]:
        mails = connection.execute(
            sa.select(outbox.c.message_id, outbox.c.in_reply_to, outbox.c.occasion).order_by(outbox.c.id)
        )
        kept = connection.execute(sa.select(incident).order_by(incident.c.id))
        return [tuple(row) for row in mails], [tuple(row) for row in kept]

    return store.run_here(read)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(looks, st.sets(st.integers(0, 39)))
def test_a_kill_at_any_decision_changes_nothing(found: list[list[tuple]], kills: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        calm, killed = (open_temporary(Path(folder) / name) for name in ("calm.db", "killed.db"))
        try:
            for number, spikes in enumerate(found):
                sit(calm, number, spikes, dies=False)
                if number in kills:
                    try:
                        sit(killed, number, spikes, dies=True)
                    except Killed:
                        killed.close()
                        killed = open_temporary(Path(folder) / "killed.db")
                sit(killed, number, spikes, dies=False)
            assert told(killed) == told(calm)
            opened = [mail for mail in told(calm)[0] if mail[2] == "opened"]
            assert len({mail[0].split(".opened")[0] for mail in opened}) == len(opened)  # once an incident
        finally:
            calm.close()
            killed.close()
