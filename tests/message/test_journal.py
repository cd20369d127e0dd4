"""Envelope reports: whom a message went to, also those that nobody else was told of."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.message.journal import Envelope, envelope, opened
from auditor.message.reading import outgoing
from auditor.message.values import Outgoing, Skipped
from auditor.people import People
from auditor.vocabulary import Direction
from tests.mail import PITCH, journaled, mail

COMPANY = People.of(["northvans.example"])
LATER = datetime(2026, 9, 7, 8, 1, tzinfo=UTC)


def read(raw: bytes) -> Outgoing | Skipped:
    return outgoing(raw, LATER, COMPANY, journal=True)


def sent(raw: bytes) -> Outgoing:
    found = read(raw)
    assert isinstance(found, Outgoing)
    return found


def test_the_message_inside_with_the_recipients_of_the_envelope() -> None:
    raw = mail(PITCH, to="Joe <joe@customer1.example>")
    found = sent(
        journaled(raw, "To: joe@customer1.example", "Bcc: eve@customer2.example", "Bcc: <kim@x.example>")
    )
    alone = sent(raw)
    assert {who.address for who in found.recipients} == {
        "joe@customer1.example",
        "eve@customer2.example",
        "kim@x.example",
    }
    assert found.bcc == 2
    assert (found.sender, found.identity, found.sent_at) == (alone.sender, alone.identity, alone.sent_at)
    assert found.authored == alone.authored
    assert found.direction is Direction.EXTERNAL


def test_each_kind_of_line() -> None:
    text = (
        "Sender: ann@northvans.example\r\nSubject: To: nobody@x.example\r\nMessage-Id: <1@x.example>\r\n"
        "To: A@x.example\r\nCc: <b@x.example>\r\nBcc: c@x.example\r\nRecipient: d@x.example\r\n"
        "To: e@x.example, Expanded: list@northvans.example\r\n"
        "Recipient: f@x.example, Expanded: list@northvans.example\r\n"
        "Cc: g@x.example, Forwarded: b@x.example\r\nTo: not an address\r\n"
    )
    assert envelope(text) == Envelope(
        seen=("a@x.example", "b@x.example", "e@x.example", "f@x.example"),
        hidden=("c@x.example",),
        unsorted=("d@x.example",),
    )


def test_a_recipient_that_the_server_did_not_sort_was_in_bcc_unless_the_header_names_it() -> None:
    raw = mail(PITCH, to="joe@customer1.example")
    found = sent(journaled(raw, "Recipient: JOE@customer1.example", "Recipient: eve@customer2.example"))
    assert found.bcc == 1
    assert len(found.recipients) == 2


def test_what_strangers_sent_is_inbound() -> None:
    raw = mail(PITCH, sender="joe@customer1.example", to="ann@northvans.example")
    assert read(journaled(raw, "To: ann@northvans.example")) == Skipped("inbound")


def test_a_copy_without_a_report_is_read_as_it_is() -> None:
    """As Postfix and Google deliver it: nothing says who was in Bcc."""
    found = sent(mail(PITCH, Delivered_To="journal@northvans.example", X_Original_To="eve@customer2.example"))
    assert [who.address for who in found.recipients] == ["joe@customer1.example"]
    assert found.bcc == 0


def test_only_a_journal_is_believed() -> None:
    raw = journaled(mail(PITCH), "To: joe@customer1.example")
    outside = outgoing(raw, LATER, COMPANY)
    assert isinstance(outside, Outgoing)
    assert outside.sender.startswith("microsoftexchange")


@pytest.mark.parametrize("end", [b"--_report_", b"Content-Type: message/rfc822"])
def test_a_report_without_a_message_is_named(end: bytes) -> None:
    raw = journaled(mail(PITCH), "To: joe@customer1.example")
    assert read(raw.partition(end)[0]) == Skipped("unreadable_report")


@given(st.binary(max_size=300), st.text(max_size=300))
def test_nothing_raises(raw: bytes, text: str) -> None:
    opened(raw)
    opened(b"X-MS-Journal-Report:\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + raw)
    envelope(text)
