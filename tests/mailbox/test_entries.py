"""One entry for many mailboxes."""

from pathlib import Path

import pytest

from auditor.config.company import load_people
from auditor.config.load import parse
from auditor.errors import ConfigError
from auditor.mailbox.entries import expand
from auditor.people import People, Person

FILE = Path("/etc/auditor/auditor.toml")
HEAD = '[organisation]\ndomains = ["example.com"]\npeople_file = "people.csv"\n'
LOGIN = '[[logins]]\nname = "m"\nprovider = "microsoft"\ntenant = "t"\nclient_id = "c"\nsecret_file = "s"\n'
PEOPLE = People.of(
    ("example.com",),
    (
        Person("mia@example.com", aliases=("m.t@example.com",)),
        Person("jonas@example.com", login="jonas"),
        Person("vera@example.com"),
    ),
)


def entries(text: str):
    return expand(parse(HEAD + text, FILE), PEOPLE)


def test_one_mailbox_for_each_person_by_login_or_address():
    found = entries(LOGIN + '[[mailboxes]]\npreset = "microsoft365"\npeople = true\nlogin = "m"\n')
    assert [entry.mailbox.username for entry in found] == ["mia@example.com", "jonas", "vera@example.com"]
    assert [entry.owner for entry in found] == ["mia@example.com", "jonas@example.com", "vera@example.com"]
    assert {(entry.mailbox.host, entry.mailbox.port) for entry in found} == {("outlook.office365.com", 993)}
    assert not any(entry.mailbox.people for entry in found)


def test_a_master_user_opens_them_too():
    found = entries(
        '[[mailboxes]]\npreset = "dovecot"\nhost = "imap.example.com"\npeople = true\n'
        'master_user = "auditor"\npassword_file = "p"\n'
    )
    assert found[1].key == "jonas@imap.example.com:993/\\Sent"
    assert found[1].mailbox.master_user == "auditor"


def test_an_entry_of_its_own_wins_whatever_the_order():
    for_all = LOGIN + '[[mailboxes]]\nhost = "h"\npeople = true\nlogin = "m"\n'
    own = '[[mailboxes]]\nhost = "h"\nusername = "jonas"\npassword_file = "own"\nbackfill = "1d"\n'
    for text in (for_all + own, own + for_all):
        found = entries(text)
        assert len(found) == 3
        (jonas,) = [entry for entry in found if entry.mailbox.username == "jonas"]
        assert jonas.mailbox.password_file is not None
        assert jonas.person == "jonas@example.com"


def test_two_alike_are_a_fault():
    one = '[[mailboxes]]\nhost = "h"\nusername = "x"\npassword_file = "p"\n'
    with pytest.raises(ConfigError, match=r"mailboxes\[2\]: x at h is there twice"):
        entries(one + one)


def test_a_single_mailbox_belongs_to_the_person_of_its_name():
    one = '[[mailboxes]]\nhost = "h"\nusername = "{}"\npassword_file = "p"\n'
    found = entries("".join(one.format(name) for name in ("M.T@example.com", "Jonas", "office")))
    assert [entry.owner for entry in found] == ["mia@example.com", "jonas@example.com", "office"]


def test_the_key_outlives_another_way_to_log_in():
    with_password = entries('[[mailboxes]]\nhost = "h"\nusername = "x"\npassword_file = "p"\n')
    with_token = entries(LOGIN + '[[mailboxes]]\nhost = "h"\nusername = "x"\nlogin = "m"\n')
    assert with_password[0].key == with_token[0].key


def test_logins_come_from_the_people_file(tmp_path):
    (tmp_path / "people.csv").write_text("address,login\nmia@example.com,mia\nvera@example.com,\n")
    assert [person.login for person in load_people(tmp_path / "people.csv")] == ["mia", None]
