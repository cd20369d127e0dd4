"""What a message in an inbox is to what we sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.answer.arrival import Sort, arrivals, is_stop_address
from auditor.people import People
from tests.answer.post import START, bounce, message

US = People.of(["northvans.example"])
OURS = {"in_reply_to": "<c1@northvans.example>", "message_id": "<r1@x.example>"}


def read(raw: bytes, report: tuple[bytes, bytes] | None = None, stop: tuple[str, ...] = ()):
    return arrivals(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", report, START, US, stop)


def status(*groups: str) -> bytes:
    return "\r\n\r\n".join(("Reporting-MTA: dns; mx.example", *groups)).encode()


def test_an_answer_of_a_person():
    (one,) = read(message("Joe <Joe@x.example>", references="<a@x> <c1@northvans.example>", **OURS))
    assert one.sort is Sort.REPLY
    assert (one.person, one.organisation) == ("joe@x.example", "x.example")
    assert one.references == ("<c1@northvans.example>", "<a@x>")
    assert one.direct
    assert one.at == START


def test_the_nearest_reference_comes_first_where_in_reply_to_is_missing():
    (one,) = read(message("joe@x.example", references="<1@a> <2@b>", message_id="<r@x>"))
    assert one.references == ("<2@b>", "<1@a>")
    assert not one.direct


def test_identifiers_without_angle_brackets():
    (one,) = read(message("joe@x.example", in_reply_to="c1@northvans.example", message_id="<r@x>"))
    assert one.references == ("<c1@northvans.example>",)


def test_mail_that_answers_nothing_is_nothing():
    assert read(message("joe@x.example", message_id="<r@x>")) == ()


def test_mail_of_colleagues_is_nothing():
    assert read(message("bob@northvans.example", **OURS)) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-replied (vacation)"},
        {"auto_submitted": "auto-generated; owner=a"},
        {"x_autoreply": "yes"},
        {"x_autorespond": ""},
        {"precedence": "auto_reply"},
        {"precedence": "bulk"},
        {"return_path": "<>"},
        {"x_auto_response_suppress": "All"},
        {"content_type": "multipart/report; report-type=disposition-notification; boundary=b"},
    ],
)
def test_answers_of_machines(fields):
    (one,) = read(message("joe@x.example", **OURS, **fields))
    assert one.sort is Sort.AUTO


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "no"},
        {"precedence": "list"},
        {"return_path": "<joe@x.example>"},
        {"x_auto_response_suppress": "DR, OOF, AutoReply"},
    ],
)
def test_answers_of_people_all_the_same(fields):
    (one,) = read(message("joe@x.example", **OURS, **fields))
    assert one.sort is Sort.REPLY


def test_everybody_who_could_not_be_reached_for_good():
    report = (
        status(
            "Original-Recipient: rfc822;Joe@x.example\r\nFinal-Recipient: rfc822; j@y.example\r\n"
            "Action: failed",
            "Final-Recipient: rfc822; kim@x.example\r\nAction: delayed",
            "Final-Recipient: RFC822;\r\n zoe@x.example\r\nACTION: Failed",
        ),
        b"Message-ID: <c1@northvans.example>\r\n",
    )
    found = read(bounce("", ""), report)
    assert [one.person for one in found] == ["joe@x.example", "zoe@x.example"]
    assert {one.sort for one in found} == {Sort.BOUNCE}
    assert {one.references for one in found} == {("<c1@northvans.example>",)}
    assert len({one.identity for one in found}) == 2


def test_a_report_that_is_only_late_is_nothing():
    report = status("Final-Recipient: rfc822; joe@x.example\r\nAction: delayed"), b""
    assert read(bounce("", ""), report) == ()


def test_a_bounce_in_a_form_of_its_own():
    (one,) = read(message("Mailer-Daemon@x.example", x_failed_recipients="joe@y.example", return_path="<>"))
    assert (one.sort, one.person) == (Sort.BOUNCE, "joe@y.example")
    (one,) = read(message("postmaster@x.example", return_path="<>", **OURS))
    assert (one.sort, one.person) == (Sort.BOUNCE, None)


def test_a_postmaster_who_writes_by_hand():
    (one,) = read(message("postmaster@x.example", return_path="<postmaster@x.example>", **OURS))
    assert one.sort is Sort.REPLY


@pytest.mark.parametrize(
    "address",
    ["unsubscribe@n.example", "news+unsubscribe-7f@n.example", "Abmelden@n.example", "opt-out@n.example"],
)
def test_addresses_that_ask_for_no_more(address):
    assert is_stop_address(address)


@pytest.mark.parametrize(
    "address", ["ann@n.example", "unsubscribed-people@n.example", "joe@unsubscribe.example"]
)
def test_addresses_that_do_not(address):
    assert not is_stop_address(address)


def test_requests_for_no_more():
    (one,) = read(message("joe@x.example", to="unsubscribe@northvans.example", message_id="<u@x>"))
    assert (one.sort, one.person) == (Sort.UNSUBSCRIBE, "joe@x.example")
    (one,) = read(message("joe@x.example", to="stop@northvans.example"), stop=("stop@northvans.example",))
    assert one.sort is Sort.UNSUBSCRIBE
    assert read(message("joe@x.example", to="unsubscribe@elsewhere.example")) == ()


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_nothing_raises(block, part):
    arrivals(block, (part, part), START, US)
    arrivals(b"From: MAILER-DAEMON@x\r\nContent-Type: multipart/report\r\n" + block, (part, block), START, US)
