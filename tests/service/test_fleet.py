"""Three daemons over one PostgreSQL: each mailbox watched by one, one that judges, whatever dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.dovecot import Dovecot
from tests.components.postgresql import PostgresqlServer
from tests.mail import campaign, letters, mail
from tests.service.daemon import Daemon

USERS = tuple(f"rep{n}" for n in range(9))
LATELY = datetime.now(UTC) - timedelta(hours=3)


class Fleet:
    """Daemons that share a database and the pseudonym key, and nothing else."""

    def __init__(self, folder: Path, dovecot: Dovecot, server: PostgresqlServer, count: int = 3) -> None:
        self.url = server.database()
        self.daemons = []
        for n in range(count):
            own = folder / f"replica{n}"
            own.mkdir()
            self.daemons.append(Daemon(own, dovecot, USERS, url=self.url))
            key = own / "pseudonym.key"
            key.write_text("07" * 32 + "\n")
            key.chmod(0o600)

    def until_shared(self, alive: int, seconds: float = 60) -> None:
        """Wait until so many replicas hold all mailboxes, as evenly as it goes, and one judges."""
        share = -(-len(USERS) // alive)
        self.any_alive().until(lambda: self._spread(alive, share), seconds)

    def _spread(self, alive: int, share: int) -> bool:
        held = dict(
            self.any_alive().query(
                "SELECT holder, count(*) FROM lease JOIN replica ON replica.name = holder "
                "WHERE lease.name <> 'judgement' AND until > extract(epoch FROM now()) GROUP BY holder"
            )
        )
        return len(held) == alive and sum(held.values()) == len(USERS) and max(held.values()) <= share

    def leader(self) -> Daemon:
        """The one that says of itself that it speaks for the store."""

        def found() -> Daemon | None:
            leads = [one for one in self.daemons if one.is_running and one.metric("auditor_analyst") == 1]
            return leads[0] if len(leads) == 1 else None

        daemon = self.any_alive().until(found)
        assert isinstance(daemon, Daemon)
        return daemon

    def any_alive(self) -> Daemon:
        return next(daemon for daemon in self.daemons if daemon.is_running)

    def close(self) -> None:
        for daemon in self.daemons:
            daemon.close()


@pytest.fixture
def dovecot(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    return start_dovecot(USERS)


@pytest.fixture
def fleet(tmp_path: Path, dovecot: Dovecot, postgresql: PostgresqlServer) -> Iterator[Fleet]:
    made = Fleet(tmp_path, dovecot, postgresql)
    yield made
    made.close()


def address(user: str) -> str:
    return f"{user}@northvans.example"


def fill(dovecot: Dovecot) -> int:
    """A campaign and letters, over all mailboxes; how many."""
    filed = 0
    for n, user in enumerate(USERS):
        raws = [
            *campaign(4, sender=f"{user}@northvans.example"),
            *letters(2, start=LATELY + timedelta(minutes=n), sender=f"{user}@northvans.example"),
        ]
        dovecot.deliver(user, *raws)
        filed += len(raws)
    return filed


def start_all(fleet: Fleet, dovecot: Dovecot) -> int:
    """Fill the mailboxes, and wait until every replica has its share and all is judged; how many."""
    filed = fill(dovecot)
    for daemon in fleet.daemons:
        daemon.start()
    fleet.until_shared(3)
    fleet.any_alive().until_judged(filed)
    return filed


def each_once(fleet: Fleet, filed: int) -> None:
    """Every send is stored once, judged once, and counted once."""
    daemon = fleet.any_alive()
    ((sends, judged, numbers),) = daemon.query(
        "SELECT count(*), count(judged_seq), count(DISTINCT judged_seq) FROM send"
    )
    ((tallied,),) = daemon.query("SELECT sum(messages) FROM tally WHERE scope = 'organisation'")
    assert (sends, judged, numbers, tallied) == (filed, filed, filed, filed)


@pytest.mark.timeout(300)
def test_the_work_is_shared_and_survives_the_death_of_any(fleet: Fleet, dovecot: Dovecot) -> None:
    filed = start_all(fleet, dovecot)
    each_once(fleet, filed)

    leader = fleet.leader()
    leader.kill()
    died = time.monotonic()
    for user in USERS:
        dovecot.deliver(
            user,
            mail(
                f"After the death, from {user}.\n", sender=f"{user}@northvans.example", at=datetime.now(UTC)
            ),
        )
    filed += len(USERS)
    fleet.any_alive().until_judged(filed, 60)
    assert time.monotonic() - died < 60
    fleet.until_shared(2)
    each_once(fleet, filed)
    assert fleet.leader() is not leader

    leader.start()  # comes back as another replica, and gets its share again
    fleet.until_shared(3)
    assert fleet.daemons[0].stop() == 0
    fleet.until_shared(2, 15)  # who stops in good order is followed at once


@pytest.mark.timeout(300)
def test_a_replica_that_slept_through_its_lease_writes_nothing(fleet: Fleet, dovecot: Dovecot) -> None:
    filed = start_all(fleet, dovecot)
    sleeper = fleet.leader()
    os.kill(sleeper.pid, signal.SIGSTOP)
    for user in USERS:
        dovecot.deliver(
            user,
            mail(f"While it slept, from {user}.\n", sender=f"{user}@northvans.example", at=datetime.now(UTC)),
        )
    filed += len(USERS)
    awake = next(daemon for daemon in fleet.daemons if daemon is not sleeper)
    awake.until_judged(filed, 90)
    os.kill(sleeper.pid, signal.SIGCONT)
    fleet.until_shared(3)
    each_once(fleet, filed)
    assert sleeper.is_running


@pytest.mark.timeout(300)
def test_a_restart_of_the_database_loses_nothing(
    fleet: Fleet, dovecot: Dovecot, postgresql: PostgresqlServer
) -> None:
    filed = fill(dovecot)
    for daemon in fleet.daemons[:2]:
        daemon.start()
    fleet.any_alive().until_judged(filed)
    for mode in ("fast", "immediate"):
        postgresql.stop(mode)
        for user in USERS:
            dovecot.deliver(
                user,
                mail(
                    f"While it was away, {mode}, {user}.\n",
                    sender=f"{user}@northvans.example",
                    at=datetime.now(UTC),
                ),
            )
        filed += len(USERS)
        time.sleep(2)
        postgresql.start()
        fleet.any_alive().until_judged(filed, 90)
    fleet.until_shared(2)
    each_once(fleet, filed)
    assert all(daemon.is_running for daemon in fleet.daemons[:2])


@pytest.mark.timeout(300)
def test_wordings_are_written_of_mail_that_another_replica_read(fleet: Fleet, dovecot: Dovecot) -> None:
    """Its words never were in the memory of who judges: it reads some copies again."""
    for daemon in fleet.daemons:
        daemon.start()
    fleet.until_shared(3)
    fleet.leader()
    (name,) = fleet.any_alive().query(
        "SELECT name FROM lease WHERE holder <> (SELECT holder FROM lease WHERE name = 'judgement') LIMIT 1"
    )[0]
    user = name.partition("@")[0]
    dovecot.deliver(user, *campaign(8, sender=address(user), start=LATELY))
    fleet.any_alive().until_judged(8)
    found = fleet.any_alive().until(
        lambda: fleet.any_alive().query("SELECT wording FROM template WHERE wording IS NOT NULL")
    )
    assert "stand at the ramp" in found[0][0]
    assert "Haulier" not in found[0][0]


@pytest.mark.timeout(300)
def test_a_change_is_made_by_who_judges_or_by_the_command_where_nobody_does(
    fleet: Fleet, dovecot: Dovecot
) -> None:
    leader, idle = fleet.daemons[0], fleet.daemons[2]
    leader.start()
    plan = ["plan", "add", "--sender", address("rep1"), "--from", "2027-01-04 09:00"]
    plan += ["--to", "2027-01-04 12:00", "--expected", "300"]
    for state in ("judging", "stopped"):
        if state == "stopped":
            assert leader.stop() == 0
        command(idle, *plan)
        plan[plan.index("--from") + 1] = "2027-02-04 09:00"
        plan[plan.index("--to") + 1] = "2027-02-04 12:00"
    assert idle.query("SELECT count(*) FROM plan") == [(2,)]
    assert idle.query("SELECT state, count(*) FROM request GROUP BY state") == [("applied", 2)]


def command(daemon: Daemon, *arguments: str) -> str:
    """Run a command with a daemon's configuration, while that daemon does not run."""
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *arguments, "--config", str(daemon.config)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
