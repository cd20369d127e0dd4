"""Mailboxes come and go, people and secrets change, while the daemon runs: all of it, or nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.mail import by_hand, letters, mail
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def house(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> Iterator[tuple[Daemon, Dovecot]]:
    """Ann and Bob have a mailbox with two sends each; the daemon watches Ann's."""
    dovecot = start_dovecot(("ann", "bob"))
    for user in ("ann", "bob"):
        dovecot.deliver(user, *letters(2, sender=f"{user}@northvans.example", start=LATELY))
    daemon = Daemon(tmp_path, dovecot, ("ann",))
    daemon.start()
    daemon.until_judged(2)
    yield daemon, dovecot
    daemon.close()


def table(daemon: Daemon, user: str, password: str = "password") -> str:
    """Another mailbox, as the first one stands in the file."""
    first = daemon.config.read_text().partition("[[mailboxes]]")[2].partition("[[mailboxes]]")[0]
    first = first.replace('"ann"', f'"{user}"').replace(
        'password_file = "password"', f'password_file = "{password}"'
    )
    return "\n[[mailboxes]]" + first


def reloaded(daemon: Daemon, times: int) -> dict:
    """Hang up, and what the daemon says it changed."""
    daemon.hang_up()
    daemon.until(lambda: len(daemon.events("reloaded")) >= times)
    return daemon.events("reloaded")[-1]


def test_mailboxes_are_added_changed_and_removed(house: tuple[Daemon, Dovecot]) -> None:
    daemon, dovecot = house
    only_ann = daemon.config.read_text()
    daemon.config.write_text(only_ann + table(daemon, "bob"))
    told = reloaded(daemon, 1)
    assert (told["mailboxes_added"], told["mailboxes_removed"], told["changed"]) == (1, 0, ["mailboxes"])
    daemon.until_judged(4)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 2)

    daemon.config.write_text(only_ann.replace('password_file = "password"', 'password_file = "other"'))
    (daemon.folder / "other").write_text(dovecot.password + "\n")
    told = reloaded(daemon, 2)
    assert (told["mailboxes_removed"], told["mailboxes_restarted"]) == (1, 1)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)
    dovecot.deliver("bob", *letters(1, sender="late@northvans.example", start=LATELY))
    dovecot.deliver("ann", *letters(1, sender="new@northvans.example", start=LATELY))
    daemon.until_judged(5)
    assert daemon.query("SELECT sender FROM send ORDER BY id DESC LIMIT 1") == [("new@northvans.example",)]
    assert daemon.query("SELECT count(*) FROM mailbox") == [(2,)]


def test_a_secret_set_right_is_used_at_once(house: tuple[Daemon, Dovecot]) -> None:
    daemon, dovecot = house
    (daemon.folder / "bobs").write_text("wrong\n")
    daemon.config.write_text(daemon.config.read_text() + table(daemon, "bob", "bobs"))
    reloaded(daemon, 1)
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="refused"}') == 1)
    (daemon.folder / "bobs").write_text(dovecot.password + "\n")
    told = reloaded(daemon, 2)  # without it the next try would be in a minute or an hour
    assert told["changed"] == []
    daemon.until_judged(4, seconds=20)


def test_with_one_error_nothing_changes(house: tuple[Daemon, Dovecot]) -> None:
    daemon, _ = house
    good = daemon.config.read_text()
    for wrong, words in (
        (table(daemon, "bob") + table(daemon, "zoe").replace("host", "hots"), "did you mean host?"),
        (table(daemon, "bob") + table(daemon, "bob"), "bob at 127.0.0.1 is there twice"),
    ):
        failed = len(daemon.events("reload_failed"))
        daemon.config.write_text(good + wrong)
        daemon.hang_up()
        daemon.until(lambda before=failed: len(daemon.events("reload_failed")) > before)
        assert words in daemon.events("reload_failed")[-1]["problem"]
        daemon.until(lambda: daemon.metric("auditor_config_last_reload_successful") == 0)
        assert daemon.query("SELECT count(*) FROM mailbox") == [(1,)]
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)


def test_people_change_the_teams_of_what_is_sent_from_now_on(house: tuple[Daemon, Dovecot]) -> None:
    daemon, dovecot = house
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace("[organisation]", '[organisation]\npeople_file = "people.csv"'))
    (daemon.folder / "people.csv").write_text(
        "address,name,aliases,team,timezone\nann@northvans.example,Ann,,North,UTC\n"
    )
    told = reloaded(daemon, 1)
    assert (told["changed"], told["people_changed"]) == (["organisation"], 1)
    later = LATELY + timedelta(hours=1)
    dovecot.deliver("ann", *letters(1, sender="ann@northvans.example", start=later))
    daemon.until_judged(2)
    assert {team for (team,) in daemon.query("SELECT team FROM send")} <= {"none", "other", "North"}


def test_privacy_is_used_at_once_and_what_needs_a_restart_is_named(house: tuple[Daemon, Dovecot]) -> None:
    daemon, dovecot = house
    good = daemon.config.read_text()
    daemon.config.write_text(
        good.replace("port = 0", "port = 0\nallowed_hosts = ['proxy.example']").replace(
            'name = "North Vans"', 'name = "South Vans"'
        )
        + '\n[privacy]\nnever_read = ["council@customer1.example"]\nread_internal = true\n'
        + "[log]\nlevel = 'warning'\n[digest]\n"
    )
    daemon.hang_up()
    daemon.until(lambda: daemon.metric("auditor_config_last_reload_successful") == 1)
    inside = {"sender": "ann@northvans.example", "to": "bob@northvans.example"}
    dovecot.deliver("ann", mail(by_hand(7), message_id="<inside@northvans.example>", at=LATELY, **inside))
    daemon.until_judged(3)
    assert daemon.query("SELECT class FROM send ORDER BY id DESC LIMIT 1") == [
        ("personal",)
    ]  # its text was read
    daemon.config.write_text(good.replace("port = 0", "port = 0\nallowed_hosts = ['proxy.example']"))
    told = reloaded(daemon, 1)  # the first one was not logged: level warning
    assert set(told["changed"]) == {"organisation", "privacy", "log"}
    assert told["needs_restart"] == ["http"]
    daemon.config.write_text(good)
    assert reloaded(daemon, 2)["needs_restart"] == []


def test_a_configuration_that_names_no_mailbox_is_refused(house: tuple[Daemon, Dovecot]) -> None:
    daemon, _ = house
    daemon.config.write_text(daemon.config.read_text().partition("[[mailboxes]]")[0])
    daemon.hang_up()
    daemon.until(lambda: "reload_failed" in daemon.log.read_text())
    assert "no [[mailboxes]] is given" in daemon.log.read_text()
    daemon.until(lambda: daemon.metric('auditor_mailboxes{state="watching"}') == 1)  # as it was before


def test_people_who_are_nobody_are_told_of(house: tuple[Daemon, Dovecot]) -> None:
    daemon, _ = house
    (daemon.folder / "people.csv").write_text("address,team\n")
    text = daemon.config.read_text().replace('username = "ann"', 'people = true\nmaster_user = "auditor"')
    daemon.config.write_text(text.replace("[organisation]", '[organisation]\npeople_file = "people.csv"'))
    assert reloaded(daemon, 1)["mailboxes_removed"] == 1
    assert '"nothing_watched"' in daemon.log.read_text()
    assert "Nothing is watched." in daemon.until(lambda: ("Nothing is" in (page := daemon.get("/"))) and page)
