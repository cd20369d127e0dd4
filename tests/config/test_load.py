"""Every error of the configuration is one line: file, line, key, and what would be right."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.config import load
from auditor.config.load import parse
from auditor.config.units import duration, is_timezone, size, written
from auditor.errors import ConfigError

HEAD = '[organisation]\ndomains = ["example.com"]\n'
MAILBOX = '[[mailboxes]]\nhost = "imap.example.com"\nusername = "mia"\npassword_file = "secret"\n'
FOR_ALL = "[[mailboxes]]\nhost = 'h'\npeople = true\n"
LOGIN = "[[logins]]\nname = 'm'\nprovider = 'microsoft'\ntenant = 't'\nclient_id = 'c'\nsecret_file = 's'\n"
FILE = Path("/etc/auditor/auditor.toml")


def fault(text):
    with pytest.raises(ConfigError) as raised:
        parse(text, FILE)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[organisation]\n", 1, ["organisation.domains", "missing"]),
        (HEAD + "[alert]\nhold = '5m'\n", 3, ["alert", "unknown", "alerts"]),
        (HEAD + "[alerts]\nhlod = '5m'\n", 4, ["alerts.hlod", "unknown key", "hold"]),
        (HEAD + "[alerts]\nhold = 5\n", 4, ["alerts.hold", '"90s", "5m", "24h", "30d"']),
        (HEAD + "[alerts]\nzzzzzz = 5\n", 4, ["alerts.zzzzzz", "allowed here", "cooldown", "hold"]),
        (HEAD + "[imap]\nbatch_messages = 0\n", 4, ["imap.batch_messages", "greater than or equal to 1"]),
        (HEAD + "[imap]\nbatch_messages = 'many'\n", 4, ["imap.batch_messages", "integer"]),
        (HEAD + "[log]\nformat = 'xml'\n", 4, ["log.format", "'json' or 'console'"]),
        (HEAD + "[http]\nport = 70000\n", 4, ["http.port", "65535"]),
        (HEAD + "[privacy]\nnever_read = ['HR']\n", 4, ["privacy.never_read", '"HR"', "folder:NAME"]),
        (HEAD + MAILBOX + "kind = 'archive'\n", 7, ["mailboxes[1].kind", "'sent' or 'journal'"]),
        (HEAD + MAILBOX + "tsl = 'no'\n", 7, ["mailboxes[1].tsl", "tls"]),
        (HEAD + MAILBOX + MAILBOX + "port = 0\n", 11, ["mailboxes[2].port"]),
        (HEAD + MAILBOX + "credential = 'x'\n", 3, ["mailboxes[1]", "exactly one of password_file"]),
        (HEAD + MAILBOX + "tls = 'no'\n", 3, ["mailboxes[1]", "127.0.0.1 only"]),
        (HEAD + MAILBOX + "login = 'x'\n", 3, ["mailboxes[1]", "takes the place of password_file"]),
        (HEAD + MAILBOX + "people = true\n", 3, ["mailboxes[1]", "exactly one of username and people"]),
        (HEAD + FOR_ALL + "password_file = 'p'\n", 3, ["mailboxes[1]", "give login or master_user"]),
        (HEAD + FOR_ALL + "login = 'm'\n", None, ["mailboxes[1].login", "no [[logins]]", "there is: none"]),
        (HEAD + LOGIN + FOR_ALL + "login = 'm'\n", None, ["mailboxes[1].people", "people_file"]),
        (HEAD + "[[mailboxes]]\npreset = 'microsoft365'\nusername = 'x'\n", 3, ["accepts no passwords"]),
        (HEAD + "[[mailboxes]]\npreset = 'dovecot'\nusername = 'x'\n", 3, ["mailboxes[1].host", "missing"]),
        (HEAD + LOGIN + LOGIN, None, ["logins", '"m" is given twice']),
        (HEAD + LOGIN + "scope = 's'\nauthority = 'http://there/'\n", 3, ["logins[1]", "https://"]),
        (HEAD + LOGIN + "token_url = 'https://there/'\n", 3, ["token_url is not used with", "microsoft"]),
        (HEAD + LOGIN + "key_file = 'k'\n", 3, ["either a key (certificate) or a secret"]),
        (HEAD + LOGIN.replace("tenant = 't'\n", ""), 3, ["logins[1]", "needs tenant"]),
        (HEAD + LOGIN.replace("'m'", "'mia@example.com'"), 4, ["logins[1].name"]),
        (HEAD + "[[logins]]\nname = 'g'\nprovider = 'google'\n", 3, ["logins[1]", "service account's JSON"]),
        (HEAD + "timezone = 'Mars/Olympus'\n", 3, ["organisation.timezone", "Europe/Berlin"]),
    ],
)
def test_a_fault_names_file_line_key_and_what_is_right(text, line, says):
    message = fault(text)
    assert message.startswith(f"{FILE}:{line}: " if line else f"{FILE}: "), message
    assert "\n" not in message
    for word in says:
        assert word in message


def test_every_fault_is_told_at_once():
    assert (
        len(fault(HEAD + "[imap]\nbatch_messages = 0\n[http]\nport = -1\n[smtp]\nhsot = 'x'\n").splitlines())
        == 3
    )


def test_a_file_that_is_not_toml_says_where():
    message = fault("[organisation\n")
    assert str(FILE) in message
    assert "line 1" in message


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(ConfigError, match="auditor config example"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"\n')
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "latin.toml")


def test_paths_are_relative_to_the_file(tmp_path):
    (tmp_path / "a.toml").write_text(HEAD + 'people_file = "people.csv"\n' + MAILBOX)
    config = load(tmp_path / "a.toml")
    assert config.organisation.people_file == tmp_path / "people.csv"
    assert config.mailboxes[0].password_file == tmp_path / "secret"


def test_a_percent_sign_is_only_a_percent_sign():
    assert parse(HEAD + '[smtp]\nusername = "100%(x)s"\n', FILE).smtp.username == "100%(x)s"


@given(st.integers(min_value=0, max_value=10**8).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_reads_back_as_it_was_written(value):
    assert duration(written(value)) == value


@pytest.mark.parametrize(("text", "octets"), [("200KB", 200_000), ("1 MiB", 1_048_576), (7, 7), ("12 b", 12)])
def test_sizes(text, octets):
    assert size(text) == octets


@given(st.text(max_size=12))
def test_anything_else_is_refused_with_the_forms_that_are_not(text):
    assume(not re.match(r"\s*\d", text))
    for read in (duration, size):
        with pytest.raises(ValueError, match=r"^write a "):
            read(text)


def test_who_is_never_read_is_an_address_a_domain_or_a_folder():
    names = ["hr@example.com", "lawyers.example", "folder:Sent/Works council"]
    privacy = parse(HEAD + f"[privacy]\nnever_read = {names}\n", FILE).privacy
    assert privacy.private_parties == {"hr@example.com", "lawyers.example"}
    assert privacy.private_folders == {"Sent/Works council"}


def test_a_journal_is_read_in_its_inbox_unless_a_folder_is_named():
    kinds = ["", "kind = 'journal'\n", "kind = 'journal'\nfolder = 'Journal'\n"]
    config = parse(HEAD + "".join(MAILBOX + kind for kind in kinds), FILE)
    assert [mailbox.folder_to_open for mailbox in config.mailboxes] == [None, "INBOX", "Journal"]


@pytest.mark.parametrize("text", ["a = " + "9" * 5_000, "a = " + "[" * 5_000, "a" + ".a" * 3_000 + " = 1"])
def test_what_has_no_end_is_refused(text):
    with pytest.raises(ConfigError):
        parse(text, Path("auditor.toml"))


@pytest.mark.parametrize("zone", ["Europe", "x/" * 900, ".x" * 3_000, "../../etc/passwd", "a\0b", ""])
def test_a_name_that_is_no_time_zone_is_refused(zone):
    assert not is_timezone(zone)
