"""What is older than the horizon goes, and judgement goes on as if it had never been."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from auditor.pseudonyms import Pseudonyms
from auditor.store.database.schema import (
    incident,
    location,
    mailbox,
    outbox,
    outbox_picture,
    plan,
    recipient,
    review,
    send,
    silence,
    tally,
    template,
    unreadable,
)
from auditor.store.engine import open_store
from auditor.store.ledger.anew import judge_anew
from auditor.store.ledger.purge import purge, purge_letters, purge_mailboxes
from tests.mail import START, by_hand, campaign, letters, mail
from tests.store.conftest import Places
from tests.store.ledgers import KEY, Ledgers

HORIZON = (START + timedelta(days=5)).timestamp()


@pytest.fixture
def ledgers(place: Places):
    made = Ledgers(place("auditor.db"))
    lately = (
        mail(
            by_hand(100 + n),
            sender="cid@northvans.example",
            at=START + timedelta(days=8, hours=n),
            message_id=f"<{n}@x>",
        )
        for n in range(3)
    )
    made.take([*campaign(6), *letters(2), *lately])
    made.judge()
    yield made
    made.close()


def purge_all(ledgers: Ledgers) -> None:
    while ledgers.store.run_here(lambda c: purge(c, HORIZON)):
        pass


def counted(ledgers: Ledgers, scope: str) -> int:
    query = sa.select(sa.func.coalesce(sa.func.sum(tally.c.messages), 0)).where(tally.c.scope == scope)
    return ledgers.rows(query)[0][0]


def test_sends_go_and_counts_of_nobody_stay(ledgers):
    assert ledgers.store.run_here(lambda c: purge(c, HORIZON)) == 7
    assert ledgers.store.run_here(lambda c: purge(c, HORIZON)) == 1  # which had founded a template
    assert [row.sender for row in ledgers.sends()] == ["cid@northvans.example"] * 3
    assert len(ledgers.rows(sa.select(recipient))) == 3
    assert ledgers.rows(sa.select(location)) == []
    assert ledgers.rows(sa.select(template)) == []
    assert (counted(ledgers, "organisation"), counted(ledgers, "team")) == (11, 11)
    assert (counted(ledgers, "sender"), counted(ledgers, "template")) == (3, 0)
    assert ledgers.store.run_here(lambda c: purge(c, HORIZON)) == 0


def test_judgement_goes_on(ledgers, place):
    """The index in memory still knows what the store has forgotten; a restart does not."""
    purge_all(ledgers)
    late = list(campaign(20, start=START + timedelta(days=9)))
    ledgers.take(late[6:13])  # the first six repeat Message-IDs that are gone: they are sends of their own
    ledgers.judge()
    ledgers.close()
    again = Ledgers(place("auditor.db"))
    again.take(late[13:])
    again.judge()
    classes = [row._mapping["class"] for row in again.sends()]
    assert classes == ["personal"] * 3 + ["mass"] * 14
    again.close()


def test_judging_anew_leaves_the_counts_of_what_is_gone(ledgers):
    purge_all(ledgers)
    ledgers.store.run_here(judge_anew)
    ledgers.judge_.drop()
    assert ledgers.judge() == 3
    assert counted(ledgers, "organisation") == 11
    assert {row.judged_seq for row in ledgers.rows(sa.select(send))} == {1, 2, 3}


def test_judging_anew_counts_what_outlives_the_horizon_once(ledgers):
    """The founding send of a template in use is there, and in the counts of an hour whose others are gone."""
    ledgers.take(list(campaign(24, start=START + timedelta(days=8)))[6:12])
    ledgers.judge()
    purge_all(ledgers)
    before = {scope: counted(ledgers, scope) for scope in ("organisation", "team", "template", "sender")}
    ledgers.store.run_here(judge_anew)
    ledgers.judge_.drop()
    assert ledgers.judge() == 10
    assert {scope: counted(ledgers, scope) for scope in before} == before
    assert ledgers.rows(sa.select(tally).where(tally.c.messages < 0)) == []
    nobody = (tally.c.scope == "sender") & (tally.c.series == "")
    assert ledgers.rows(sa.select(tally).where(nobody)) == []


def test_judging_anew_amid_a_purge_leaves_the_counts_of_what_is_gone(ledgers, monkeypatch):
    monkeypatch.setattr("auditor.store.ledger.purge.AT_ONCE", 4)
    assert ledgers.store.run_here(lambda c: purge(c, HORIZON)) == 4  # of eight: it was stopped here
    ledgers.store.run_here(judge_anew)
    ledgers.judge_.drop()
    ledgers.judge()
    assert counted(ledgers, "organisation") == 11


def test_a_template_in_use_outlives_its_founding_send(ledgers, place):
    late = list(campaign(24, start=START + timedelta(days=8)))
    ledgers.take(late[6:12])
    ledgers.judge()
    purge_all(ledgers)
    rows = {row.id: row for row in ledgers.sends()}
    assert len(rows) == 1 + 3 + 6  # the founding send stays, without recipient and place
    assert (rows[1].message_id, rows[1].sender) == (None, "")
    assert 1 not in {row.send_id for row in ledgers.rows(sa.select(recipient))}
    ledgers.close()
    again = Ledgers(place("auditor.db"))
    again.take(late[12:])
    again.judge()
    templates = {row.template for row in again.sends() if row._mapping["class"] == "mass"}
    assert len(templates) == 1
    assert len(again.rows(sa.select(template))) == 1
    again.close()


def test_numbers_are_never_given_twice(ledgers):
    """Entries of the index are known by them: the last number stays taken when everything is old."""
    far = (START + timedelta(days=90)).timestamp()
    while ledgers.store.run_here(lambda c: purge(c, far)):
        pass
    (row,) = ledgers.sends()
    assert row.judged_seq == 11
    assert row.message_id is None


def test_letters_that_are_done_go_but_not_those_of_what_goes_on(ledgers):
    def write(connection):
        for number, state in ((1, "open"), (2, "resolved")):
            connection.execute(sa.insert(incident).values(_incident(number, state)))
            connection.execute(sa.insert(outbox).values(_letter(number, "sent", number)))
        for number, state in ((3, "pending"), (4, "refused"), (5, "sent")):
            connection.execute(sa.insert(outbox).values(_letter(number, state, None)))
        connection.execute(sa.insert(outbox_picture).values(letter_id=5, name="days", png=b"p"))
        return purge_letters(connection, 1_000.0)

    assert ledgers.store.run_here(write) == 3
    assert [row.id for row in ledgers.rows(sa.select(outbox).order_by(outbox.c.id))] == [1, 3]
    assert ledgers.rows(sa.select(outbox_picture)) == []


def test_what_is_removed_is_overwritten_in_the_file(tmp_path):
    store = open_store(tmp_path / "auditor.db", Pseudonyms(KEY))
    assert store.run_here(lambda c: c.exec_driver_sql("PRAGMA secure_delete").scalar()) == 1
    store.close()


def test_what_people_asked_for_goes_when_it_is_long_over(ledgers):
    series, far = {"scope": "sender", "series": "ann@northvans.example"}, HORIZON + 1.0
    long_ago = HORIZON - 86_400.0
    asked = {"expected": 5, "added_by": "mia", "added_at": long_ago, "starts": long_ago}

    def write(connection):
        for ends, removed in ((long_ago, None), (far, long_ago), (far, None)):
            connection.execute(sa.insert(plan).values(**series, **asked, ends=ends, removed_at=removed))
        connection.execute(sa.insert(silence).values(**series, until=long_ago, by="mia"))
        connection.execute(sa.insert(silence).values(scope="team", series="North", until=far, by="mia"))
        for at in (long_ago, far):
            connection.execute(sa.insert(review).values(at=at, by="mia", said="{}", population="{}"))

    ledgers.store.run_here(write)
    purge_all(ledgers)
    assert [(row.ends, row.removed_at) for row in ledgers.rows(sa.select(plan))] == [(far, None)]
    assert [row.series for row in ledgers.rows(sa.select(silence))] == ["North"]
    assert [row.at for row in ledgers.rows(sa.select(review))] == [far]


def test_a_mailbox_that_is_watched_no_more_goes_when_nothing_of_it_is_left(ledgers):
    old, new = {"last_sync": HORIZON - 1.0}, {"last_sync": HORIZON + 1.0}

    def write(connection):
        for key, values in {"gone": old, "never": {}, "used": old, "watched": old, "lately": new}.items():
            connection.execute(sa.insert(mailbox).values(key=key, **values))
        ids = {row.key: row.id for row in connection.execute(sa.select(mailbox))}
        place = {"uidvalidity": 1, "uid": 1}
        connection.execute(sa.insert(unreadable).values(mailbox_id=ids["gone"], **place))
        connection.execute(sa.insert(location).values(mailbox_id=ids["used"], send_id=9, **place))
        return purge_mailboxes(connection, HORIZON, {"watched"})

    assert ledgers.store.run_here(write) == 2
    kept = [row.key for row in ledgers.rows(sa.select(mailbox).order_by(mailbox.c.id))]
    assert kept == ["used", "watched", "lately"]
    assert ledgers.rows(sa.select(unreadable)) == []


def _incident(number: int, state: str) -> dict:
    return {
        "id": number, "scope": "team", "series": "North", "unit": "sends", "state": state,
        "cause": "above_usual", "reason": "lasted", "first_seen": 1.0, "updated_at": 1.0, "window": 3600,
        "until": 1.0, "observed": 9, "usual": 1.0, "low": 0.0, "high": 3.0,
    }  # fmt: skip


def _letter(number: int, state: str, about: int | None) -> dict:
    return {
        "id": number, "message_id": f"<{number}@example.org>", "incident_id": about, "occasion": "opened",
        "channel": "mail", "addressees": "a", "recipients": "a", "subject": "s", "text": "t", "html": "h",
        "gist": "", "created_at": 500.0, "due_at": 500.0, "state": state,
    }  # fmt: skip
