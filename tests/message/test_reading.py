"""The front page: what is a send, when, whose, to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.message.reading import outgoing, read, read_headers
from auditor.message.values import Headers, Outgoing, Skipped
from auditor.people import People, Person
from auditor.vocabulary import Direction, Shape
from tests.message.letters import ANSWERS, NOON, OURS, letter, read_letter


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "malformed"),
        (b"\n\nno header at all", "malformed"),
        (b"\x00\xff\xfe", "malformed"),
        (letter(sender=""), "no_sender"),
        (letter(sender="undisclosed"), "no_sender"),
        (letter(sender="otto@orchard.test"), "inbound"),
        (letter(to="undisclosed-recipients:;"), "no_recipients"),
        (letter(X_Unsent="1"), "draft"),
    ],
)
def test_what_is_no_send_has_a_reason(raw, reason):
    assert outgoing(raw, NOON, OURS) == Skipped(reason)


def test_without_any_time_there_is_no_send():
    assert outgoing(letter(Date=""), None, OURS) == Skipped("no_date")


@pytest.mark.parametrize(
    ("received", "archive", "expected"),
    [
        (NOON, False, NOON),
        (NOON + timedelta(days=6), False, NOON),
        (NOON + timedelta(days=8), False, NOON + timedelta(days=8)),
        (NOON - timedelta(minutes=50), False, NOON),
        (NOON - timedelta(hours=2), False, NOON - timedelta(hours=2)),
        (NOON + timedelta(days=900), True, NOON),
        (None, True, NOON),
    ],
)
def test_sent_at_is_date_where_the_mailbox_agrees(received, archive, expected):
    send = outgoing(letter("hello"), received, OURS, archive=archive)
    assert isinstance(send, Outgoing)
    assert send.sent_at == expected
    assert send.sent_at.tzinfo is UTC


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 99999 77:99:99 +9999", "0"])
def test_an_unreadable_date_gives_way_to_the_mailbox(date):
    received = datetime(2027, 5, 4, tzinfo=UTC)
    send = outgoing(letter("hello", Date=date), received, OURS)
    assert isinstance(send, Outgoing)
    assert send.sent_at == received
    assert send.identity[2] == ""


def test_recipients_are_distinct_and_bcc_is_counted():
    send = read_letter(
        letter(
            "hello",
            to='"Brenner, Otto" <Otto.Brenner@Orchard.test>, otto.brenner@orchard.test',
            Cc="mira.holt@northwind-tools.test",
            Bcc="a@lake.test, b@lake.test",
        )
    )
    assert [to.address for to in send.recipients] == [
        "otto.brenner@orchard.test",
        "mira.holt@northwind-tools.test",
        "a@lake.test",
        "b@lake.test",
    ]
    assert [to.external for to in send.recipients] == [True, False, True, True]
    assert send.bcc == 2
    assert send.direction is Direction.EXTERNAL


def test_free_mail_addresses_are_organisations_of_their_own():
    send = read_letter(letter("hello", to="a@gmail.com, b@gmail.com, c@mail.lake.co.uk"))
    assert [to.organisation for to in send.recipients] == ["a@gmail.com", "b@gmail.com", "lake.co.uk"]


def test_internal_sends_are_read_only_when_asked():
    raw = letter("A long enough note to a colleague.", to="jo@northwind-tools.test")
    closed = outgoing(raw, NOON, OURS)
    opened = outgoing(raw, NOON, OURS, read_internal=True)
    assert isinstance(closed, Outgoing)
    assert isinstance(opened, Outgoing)
    assert closed.direction is Direction.INTERNAL
    assert closed.authored.words == 0
    assert opened.authored.words == 7


def test_headers_alone_make_a_send_without_words():
    head = letter("The text is not fetched yet.").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    send = read_letter(head)
    assert send.authored.words == 0
    assert send.authored.shape is Shape.NEW


def test_an_alias_is_resolved():
    people = People.of(
        {"northwind-tools.test"}, [Person("mira@northwind-tools.test", aliases=("mira.holt@nwt-mail.test",))]
    )
    send = read_letter(letter("hello", sender="mira.holt@nwt-mail.test"), people)
    assert send.sender == "mira@northwind-tools.test"


def test_copies_without_message_id_share_a_synthetic_one():
    first = read_letter(letter("hello", Message_ID="", Received="by a"))
    second = read_letter(letter("hello", Message_ID="", X_Filed="twice"))
    other = read_letter(letter("hello", Message_ID="", subject="Another question"))
    assert first.message_id is None
    assert first.identity == second.identity != other.identity


def test_a_tool_that_repeats_its_message_id_sends_many():
    first = read_letter(letter("hello"))
    second = read_letter(letter("hello", Date="Mon, 03 May 2027 12:00:07 +0000"))
    assert first.message_id == second.message_id
    assert first.identity != second.identity


def test_references_start_with_what_is_answered():
    send = read_letter(letter("hello", In_Reply_To="<b@x.test>", References="<a@x.test> <b@x.test>"))
    assert send.references == ("<b@x.test>", "<a@x.test>")


def test_read_gives_the_text_of_headers_read_before():
    raw = letter("Shall we meet on Thursday afternoon?", **ANSWERS)
    headers = read_headers(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    assert isinstance(headers, Headers)
    assert read(raw, headers, OURS) == read_letter(raw).authored


def test_mac_and_unix_line_ends_and_an_envelope_line():
    raw = letter("Shall we meet on Thursday afternoon?")
    unix = raw.replace(b"\r\n", b"\n")
    assert read_letter(unix).authored == read_letter(raw).authored
    assert read_letter(raw.replace(b"\r\n", b"\r")).authored == read_letter(raw).authored
    assert read_letter(b"From mira Mon May  3 12:00:00 2027\n" + unix).authored == read_letter(raw).authored
