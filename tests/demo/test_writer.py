"""The company's mail: reproducible, well-formed, in office hours, and by-hand mail that is no template."""

import email
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.policy import default

import pytest

from auditor.config.company import load_people
from auditor.demo import company
from auditor.demo.writer import NEWSLETTER_RECIPIENTS, Writer
from auditor.people import People, Person

END = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def history():
    return Writer(7).history(END, 9)


def test_equal_seeds_write_equal_mail(history):
    assert Writer(7).history(END, 9) == history
    assert Writer(8).history(END, 9) != history


def test_the_past_is_in_order_and_ends_before_now(history):
    times = [mail.sent_at for mail in history]
    assert times == sorted(times)
    assert END - timedelta(days=10) < times[0]
    assert times[-1] <= END
    assert sum(1 for at in times if at.weekday() >= 5) < len(times) / 10  # only late steps of a sequence


def test_every_mail_is_well_formed_and_ours(history):
    seen = Counter()
    for mail in history:
        message = email.message_from_bytes(mail.raw, policy=default)
        assert not message.defects
        assert b"\n" not in mail.raw.replace(b"\r\n", b"")
        assert message["From"].addresses[0].addr_spec == mail.mailbox
        assert message["To"].addresses
        assert message.get_body(("plain", "html")).get_content().strip()
        seen[message["Message-ID"]] += 1
    assert max(seen.values()) == 1


def test_no_two_by_hand_texts_are_the_same(history):
    texts = Counter()
    for mail in history:
        message = email.message_from_bytes(mail.raw, policy=default)
        if not message["In-Reply-To"] and mail.mailbox.startswith("owen"):
            texts[message.get_body(("plain", "html")).get_content()] += 1
    assert texts
    assert max(texts.values()) == 1


def test_a_newsletter_has_everybody_in_bcc():
    message = email.message_from_bytes(Writer().newsletter(END).raw, policy=default)
    assert len(message["Bcc"].addresses) > NEWSLETTER_RECIPIENTS * 0.9


def test_the_people_file_is_one(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(company.people_csv(), encoding="utf-8")
    people = People.of(company.DOMAINS, load_people(path), min_team_size=5)
    assert set(company.TEAMS) <= set(people.teams())
    assert all(isinstance(people.persons[rep.address], Person) for rep in company.REPS)
