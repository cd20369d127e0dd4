"""What a second copy of a send says of its text: here it is, or nobody was to read it."""

import pytest
import sqlalchemy as sa

from auditor.people import People
from auditor.pseudonyms import Pseudonyms
from auditor.store.database.schema import template, template_entry
from tests.mail import PITCH, by_hand, campaign, letters, mail
from tests.store.conftest import Places
from tests.store.ledgers import KEY, NOW, Ledgers
from tests.store.test_ledgers import tally_is_true

PRIVATE = People.of(["northvans.example"], never_read=["lawyers.example"])
OWN_COPY = "ann@northvans.example"


@pytest.fixture
def ledgers(place: Places):
    made = Ledgers(place("auditor.db"), PRIVATE)
    yield made
    made.close()


def classes(ledgers):
    return [(row._mapping["class"], row.reason) for row in ledgers.sends()]


def to_myself(number, text=PITCH, **fields):
    return mail(text, to=OWN_COPY, message_id=f"<{number}@northvans.example>", **fields)


# ---- the text comes later


@pytest.mark.parametrize("judged", [True, False], ids=["after judgement", "before judgement"])
def test_a_text_that_only_the_second_copy_may_show_is_read(ledgers, judged):
    """In Sent it is a mail to myself; the journal names who stood in Bcc."""
    text = by_hand(1)
    ledgers.take([to_myself(1, text)])
    if judged:
        assert ledgers.judge() == 1
        assert classes(ledgers) == [("brief", "internal_headers_only")]
    ledgers.take([to_myself(1, text, Bcc="joe@customer1.example")])
    ledgers.judge()
    (row,) = ledgers.sends()
    assert (row._mapping["class"], row.direction, row.deliveries) == ("personal", "external", 1)
    assert row.word_count > 20
    assert row.words
    tally_is_true(ledgers)
    assert ledgers.judge() == 0


def test_what_is_judged_once_more_is_counted_as_reclassified_and_not_as_found(ledgers):
    ledgers.take([to_myself(1)])
    ledgers.judge()
    ledgers.take([to_myself(1, Bcc="joe@customer1.example")])
    judged = ledgers.store.run_here(lambda connection: ledgers.judge_.judge(connection, NOW))
    assert judged.first == ()
    ((before, after),) = judged.moved
    assert (before.class_, before.direction, before.words) == ("brief", "internal", 0)
    assert (after.class_, after.direction, after.deliveries) == ("personal", "external", 1)
    tally_is_true(ledgers)


def test_texts_that_come_later_make_a_campaign(ledgers, place):
    """Also across a restart, and with other sends judged in between."""
    ledgers.take([to_myself(n) for n in range(7)])
    ledgers.judge()
    ledgers.take(letters(3))
    ledgers.judge()
    ledgers.close()
    again = Ledgers(place("auditor.db"), PRIVATE)
    again.take([to_myself(n, Bcc=f"joe@customer{n}.example") for n in range(7)])
    again.judge()
    assert [row.reason for row in again.sends()][:7] == ["template_reached"] * 7
    assert again.rows(sa.select(template.c.sends)) == [(7,)]
    tally_is_true(again)
    assert again.rows(sa.select(template.c.wording))[0][0]  # shown, because the copies brought the words
    again.close()


def test_a_third_copy_changes_nothing(ledgers):
    ledgers.take([to_myself(1)])
    ledgers.take([to_myself(1, Bcc="joe@customer1.example")])
    ledgers.judge()
    before = ledgers.sends()
    ledgers.take([to_myself(1, by_hand(9), Bcc="joe@customer1.example")])
    assert ledgers.judge() == 0
    assert ledgers.sends() == before


# ---- the text was not to be read


HIDDEN = "clerk@lawyers.example"


def keyed_words(text):
    """The words of a text as they would be kept, wherever they may lie."""
    words = [word for line in text.splitlines() for word in line.lower().strip(".").split()]
    return [number for number in Pseudonyms(KEY).words([tuple(words)]) if number > 15]


def kept_of(ledgers, text):
    """How many of a text's keyed words lie anywhere in the store."""
    found = b""
    for table in ("send", "template", "template_entry", "template_phrase", "meta"):
        for row in ledgers.rows(sa.text(f"SELECT * FROM {table}")):
            found += b"\0".join(value for value in row if isinstance(value, bytes))
    return sum(number.to_bytes(4, "little") in found for number in keyed_words(text))


def test_a_text_that_was_read_too_early_is_withdrawn(ledgers):
    text = "Zinnias overgrow seventeen abandoned lighthouses.\n" + by_hand(5)
    own = "Zinnias overgrow abandoned lighthouses"
    raw = {"to": "joe@customer1.example", "message_id": "<1@northvans.example>"}
    ledgers.take([mail(text, **raw), *letters(3)])
    ledgers.judge()
    assert classes(ledgers)[0] == ("personal", "own_words")
    assert kept_of(ledgers, own) == 4
    ledgers.take([mail(text, **raw, Bcc=HIDDEN)])
    judged = ledgers.store.run_here(lambda connection: ledgers.judge_.judge(connection, NOW))
    assert judged.moved
    (row, *_) = ledgers.sends()
    assert (row._mapping["class"], row.private, row.words, row.word_count) == ("brief", True, b"", 0)
    assert row.deliveries == 2
    assert kept_of(ledgers, own) == 0
    tally_is_true(ledgers)
    assert ledgers.rows(sa.select(sa.func.count()).select_from(template_entry)) == [(3,)]


@pytest.mark.parametrize("which", [0, 4], ids=["the founder", "a later member"])
@pytest.mark.parametrize("moved", [False, True], ids=["at once", "after a restart"])
def test_a_member_that_is_withdrawn_leaves_its_template(ledgers, place, which, moved):
    own = "Zinnias overgrow abandoned lighthouses"
    copies = list(campaign(8))
    raw = {"to": f"kim{which}@haulier{which}.example", "message_id": f"<c{which}.{OWN_COPY}>"}
    body = PITCH.format(name=f"Kim{which}", company="Haulier").replace("Would", f"{own}. Would")
    copies[which] = mail(body, **raw)
    ledgers.take(copies)
    ledgers.judge()
    assert {row.reason for row in ledgers.sends()} <= {"template_reached", "template_edited_by_hand"}
    assert kept_of(ledgers, own) == 4
    ledgers.take([mail(body, **raw, Bcc=HIDDEN)])
    if moved:
        ledgers.close()
        ledgers = Ledgers(place("auditor.db"), PRIVATE)
    ledgers.judge()
    row = ledgers.sends()[which]
    assert (row._mapping["class"], row.template, row.words) == ("brief", None, b"")
    assert kept_of(ledgers, own) == 0
    assert ledgers.rows(sa.select(template.c.sends)) == [(7,)]
    tally_is_true(ledgers)
    ledgers.take(campaign(12))
    ledgers.judge()
    assert ledgers.rows(sa.select(template.c.sends)) == [(len(ledgers.sends()) - 1,)]
    others = [row for n, row in enumerate(ledgers.sends()) if n != which]
    assert {row._mapping["class"] for row in others} == {"mass"}
    assert len({row.template for row in others}) == 1
    tally_is_true(ledgers)
    ledgers.close()


def test_a_template_whose_sends_are_all_withdrawn_is_found_again(ledgers):
    ledgers.take(campaign(2))
    ledgers.judge()
    assert ledgers.rows(sa.select(template.c.sends)) == [(2,)]
    ledgers.take([raw.replace(b"To: Kim", f"Bcc: {HIDDEN}\r\nTo: Kim".encode()) for raw in campaign(2)])
    ledgers.judge()
    assert ledgers.rows(sa.select(template.c.sends)) == [(0,)]
    assert {row.template for row in ledgers.sends()} == {None}
    ledgers.take(list(campaign(8))[2:])
    ledgers.judge()
    assert {row._mapping["class"] for row in ledgers.sends()[2:]} == {"mass"}
    tally_is_true(ledgers)


@pytest.mark.parametrize("judged", [True, False])
def test_what_the_journal_called_private_stays_unread_when_sent_is_read_later(ledgers, judged):
    raw = {"to": "joe@customer1.example", "message_id": "<1@northvans.example>"}
    ledgers.take([mail(by_hand(5), **raw, Bcc=HIDDEN)])
    if judged:
        ledgers.judge()
    ledgers.take([mail(by_hand(5), **raw)])
    ledgers.judge()
    (row,) = ledgers.sends()
    assert (row.private, row.words, row.word_count, row._mapping["class"]) == (True, b"", 0, "brief")
    tally_is_true(ledgers)


def test_a_blast_that_is_withdrawn_stays_a_blast(ledgers):
    """Its recipients prove it, nothing of its text does."""
    everybody = ", ".join(f"kim{n}@customer{n}.example" for n in range(8))
    ledgers.take([mail(by_hand(5), Bcc=everybody)])
    ledgers.judge()
    ledgers.take([mail(by_hand(5), Bcc=f"{everybody}, {HIDDEN}")])
    ledgers.judge()
    (row,) = ledgers.sends()
    assert (row._mapping["class"], row.reason, row.words) == ("mass", "many_organisations", b"")
    tally_is_true(ledgers)
