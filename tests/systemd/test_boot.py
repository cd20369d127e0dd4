"""What systemd makes of the units on a machine that really boots."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.components import free_port
from tests.mail import campaign, letters
from tests.store.ledgers import KEY
from tests.systemd.installed import CONFIG, ROOT, STATE, Service

_RUN_ALL = """\
import io, json, sys
from contextlib import redirect_stdout
from auditor.cli import app
from auditor.errors import AuditorError
told = []
for command in json.load(sys.stdin):
    code, problem = 0, None
    try:
        with redirect_stdout(io.StringIO()):
            app(command)
    except AuditorError as error:
        code, problem = error.exit_code, str(error)
    except SystemExit as ended:
        code = ended.code or 0
    told.append([command, code, problem])
print(json.dumps(told))
"""

LATELY = datetime.now(UTC) - timedelta(days=3)
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True, scope="module")
def mail(mail_server):
    mail_server.deliver("ann", *campaign(12, start=LATELY))
    mail_server.deliver("bob", *letters(3, sender="bob@northvans.example", start=LATELY))


def test_the_check_runs_before_the_first_start_with_the_credentials_of_the_service(service: Service) -> None:
    machine = service.machine
    machine.run("systemctl", "start", "auditor-check")
    told = machine.journal("auditor-check")
    assert "every key is understood" in told
    assert "read-only proven" in told
    machine.write("/etc/auditor/credentials/imap-password", "wrong\n", 0o600)
    assert machine.run("systemctl", "start", "auditor-check", check=False).returncode == 1
    assert "Mailboxes that cannot be read" in machine.journal("auditor-check")


def test_it_is_ready_says_what_it_does_and_stops(service: Service) -> None:
    service.dovecot.stop()  # ready never means that mailboxes are connected
    try:
        service.start()
        service.until_status("1 failing")
        assert service.show("ActiveState") == "active"
    finally:
        service.dovecot.start()
    service.machine.run("systemctl", "reload", "auditor")  # whoever waits tries now
    service.until(lambda: service.judged() == 12, 60)
    service.until_status("1 watching")
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 5
    assert (service.show("Result"), service.show("ActiveState")) == ("success", "inactive")
    assert service.judged() == 12


def test_nobody_else_reads_its_secrets_and_it_writes_nowhere_else(service: Service) -> None:
    service.start()
    machine, pid = service.machine, service.pid
    secrets = [
        "/run/credentials/auditor.service/auditor_imap-password",
        "/etc/auditor/credentials/imap-password",
        CONFIG,
        f"{STATE}/pseudonym.key",
        f"{STATE}/auditor.db",
        f"/proc/{pid}/environ",
    ]
    for path in secrets:
        assert machine.run("cat", path, check=False).returncode == 0, path  # it is there
        assert "Permission denied" in machine.run("cat", path, user="mia", check=False).stderr, path
    inside = ("nsenter", "-t", pid, "-m", "--")
    for path in ("/etc/auditor/x", "/usr/x", "/x", "/var/log/x", "/opt/auditor/x"):
        assert "Read-only file system" in machine.run(*inside, "touch", path, check=False).stderr, path
    assert machine.run(*inside, "ls", "-A", "/home", "/root", check=False).stdout.split() == [
        "/home:",
        "/root:",
    ]
    status = machine.path(f"/proc/{pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert machine.run("stat", "-c", "%U %G", f"/proc/{pid}").stdout.split() == ["auditor", "auditor"]


def test_commands_are_for_root_and_the_group(service: Service) -> None:
    service.start()
    service.until(lambda: service.judged() == 12, 60)
    machine = service.machine
    (template,) = service.query("SELECT id FROM template LIMIT 1")[0]
    commands = [
        ["mailbox", "list"],
        ["template", "list"],
        ["template", "show", template],
        ["template", "name", template, "Ramp offer"],
        ["template", "purpose", template, "service"],
        ["alert", "list"],
        ["plan", "list"],
        ["explain", template],
        ["audit"],
        ["report", "--window", "7d"],
        ["history", "--output", "/dev/null"],
        ["forget", "joe@elsewhere.example", "--yes"],
        ["backup"],
    ]
    everything = ("/opt/auditor/bin/python", "-c", _RUN_ALL)  # one process: they start slowly
    told = json.loads(machine.run(*everything, user="max", given=json.dumps(commands)).stdout)
    assert told == [[command, 0, None] for command in commands]
    forgotten = machine.run("auditor", "forget", "jim@elsewhere.example", "--yes").stdout
    assert forgotten.startswith("Forgotten")
    assert "traces" not in forgotten, "the sandbox lets the daemon overwrite what it removed"

    def run(user: str | None, *command: str) -> tuple[int, str]:
        told = machine.run("auditor", *command, user=user, check=False)
        return told.returncode, told.stderr

    assert run(None, "mailbox", "list") == (0, "")
    code, said = run("mia", "mailbox", "list")
    assert (code, said.count("\n")) == (2, 1)
    assert "root and its group" in said
    machine.run("install", "-m", "644", CONFIG, "/srv/auditor.toml")  # even with the configuration at hand
    code, said = run("mia", "mailbox", "list", "--config", "/srv/auditor.toml")
    assert (code, "root and its group may" in said) == (1, True)
    machine.run("rm", "/srv/auditor.toml")


def test_reload_takes_all_or_nothing(service: Service) -> None:
    service.start()
    service.configure("ann", "bob")
    service.machine.run("systemctl", "reload", "auditor")
    told = service.until(lambda: service.events("reloaded"))[0]
    assert told["mailboxes_added"] == 1
    service.until_status("2 watching")
    service.configure("ann", more="[htpp]")
    service.machine.run("systemctl", "reload", "auditor")
    service.until_status("the new configuration was refused, the old one is in use; 2 watching")
    assert "did you mean http?" in service.events("reload_failed")[0]["problem"]
    service.configure("ann", "bob", more="[store]\nhorizon = '300d'")
    service.machine.run("systemctl", "reload", "auditor")
    service.until_status("a restart is needed for store; 2 watching")
    assert service.events("reloaded")[-1]["loaded_at_start"] == ["imap-password"]


def test_a_frozen_daemon_is_started_anew(service: Service) -> None:
    service.drop_in("WatchdogSec=2s", "TimeoutAbortSec=1s", "RestartSec=100ms")
    service.start()
    before = service.pid
    service.machine.run("kill", "-STOP", before)
    service.until(lambda: service.show("NRestarts") == "1", 20)
    service.until(lambda: service.show("ActiveState") == "active", 60)
    assert service.pid != before
    assert "Watchdog timeout" in service.journal()


def test_whoever_kills_it_nothing_is_lost_or_counted_twice(service: Service) -> None:
    service.drop_in("Restart=always", "RestartSec=100ms")
    service.dovecot.add_users("zoe")
    service.configure("zoe", more="[imap]\nbatch_messages = 20")
    service.start()
    late = datetime.now(UTC) - timedelta(hours=5)
    for kill in range(3):
        sender = f"zoe{kill}@northvans.example"
        service.dovecot.deliver("zoe", *letters(60, sender=sender, start=late))
        service.until(lambda many=kill: service.stored() > 60 * many + 10, 60)
        before = service.pid
        service.machine.run("systemctl", "kill", "--signal=KILL", "auditor")
        service.until(lambda killed=before: service.pid not in {"0", killed}, 30)
    service.until(lambda: service.judged() == 180, 120)
    tallied = "(SELECT sum(messages) FROM tally WHERE scope = 'organisation')"
    counts = f"SELECT count(*), count(DISTINCT identity), {tallied} FROM send"
    assert service.query(counts) == [(180, 180, 180)]
    assert service.show("NRestarts") == "3"


def test_a_wrong_configuration_is_not_tried_again(service: Service) -> None:
    service.configure("ann", more="[htpp]")
    assert service.machine.run("systemctl", "start", "auditor", check=False).returncode != 0
    assert "did you mean http?" in service.journal()
    assert (service.show("ExecMainStatus"), service.show("ActiveState"), service.show("NRestarts")) == (
        "2",
        "failed",
        "0",
    )


def test_a_full_disk_is_waited_for_and_said(service: Service) -> None:
    machine = service.machine
    machine.run("mkdir", "-p", STATE)
    machine.run("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", STATE)
    machine.run("sh", "-c", f"head -c 700000 /dev/zero > {STATE}/ballast", check=False)
    machine.run("systemctl", "start", "--no-block", "auditor")
    service.until_status("waiting to start", 60)
    assert (service.show("ActiveState"), service.show("NRestarts")) == ("activating", "0")
    machine.run("sh", "-c", f"rm {STATE}/ballast; head -c 250000 /dev/zero > {STATE}/ballast")
    service.until_status("store takes nothing, reading stopped", 60)
    machine.run("mount", "-o", "remount,size=20m", STATE)
    service.until(lambda: service.judged() == 12, 60)
    assert (service.show("ActiveState"), service.show("NRestarts")) == ("active", "0")


def test_a_backup_is_made_while_it_runs_and_put_back(service: Service) -> None:
    service.start()
    service.until(lambda: service.judged() == 12, 60)
    machine = service.machine
    machine.run("systemctl", "start", "auditor-backup")  # as the timer does
    told = machine.run(
        "auditor", "backup", user="max"
    ).stdout  # by the daemon, for one who may not read the store
    copy = told.partition(":")[0]
    assert copy.startswith(f"{STATE}/backups/auditor-")
    told = machine.run("stat", "-c", "%U %a", f"{STATE}/backups", copy).stdout.split("\n")
    assert told[:2] == ["auditor 700", "auditor 600"]
    refused = machine.run("auditor", "restore", copy, check=False)
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    service.stop()
    machine.run("sh", "-c", f"head -c 20000 /dev/urandom > {STATE}/auditor.db; rm -f {STATE}/auditor.db-*")
    refused = machine.run("systemctl", "start", "auditor", check=False)
    assert (refused.returncode, "auditor restore BACKUP" in service.journal()) == (1, True)
    machine.run("systemctl", "stop", "auditor")
    assert "12 sends" in machine.run("auditor", "restore", copy).stdout
    machine.run("systemctl", "reset-failed", "auditor", check=False)
    service.start()
    assert service.judged() == 12
    assert machine.run("stat", "-c", "%U %a", f"{STATE}/auditor.db").stdout == "auditor 600\n"


def test_the_store_of_an_earlier_version_is_taken_over(service: Service) -> None:
    """0.1.0 ran as a dynamic user, whose state lies in /var/lib/private."""
    machine = service.machine
    machine.write("/srv/store.sql", (ROOT / "tests/store/store-0.1.0.sql").read_text())
    machine.run("mkdir", "-p", "/var/lib/private/auditor")
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.stdin.read())"
    store = "/var/lib/private/auditor/auditor.db"
    machine.run(
        "/opt/auditor/bin/python", "-c", script, store, given=machine.path("/srv/store.sql").read_text()
    )
    machine.write("/var/lib/private/auditor/pseudonym.key", KEY.hex() + "\n", 0o600)
    machine.run("chmod", "-R", "go=", "/var/lib/private/auditor")
    machine.run("chown", "-R", "61234:61234", "/var/lib/private/auditor")
    machine.run("ln", "-s", "private/auditor", STATE)
    service.start()
    service.until(lambda: service.judged() == 8 + 12, 60)
    assert machine.run("stat", "-c", "%F %U", STATE, f"{STATE}/auditor.db").stdout.split("\n")[:2] == [
        "directory auditor",
        "regular file auditor",
    ]


def test_an_instance_runs_beside_it_and_keeps_its_store_to_itself(service: Service) -> None:
    machine, folder = service.machine, "/etc/auditor-north"
    machine.run("install", "-d", "-m", "750", "-g", "auditor", folder)
    machine.run("cp", "-a", "/etc/auditor/.", folder)
    text = machine.path(CONFIG).read_text().replace(f"port = {service.port}", f"port = {free_port()}", 1)
    machine.path(f"{folder}/auditor.toml").write_text(
        text + '[store]\npath = "/var/lib/auditor-north/auditor.db"\n'
    )
    service.start()
    machine.run("systemctl", "start", "auditor@north")
    try:
        asked = ("auditor", "mailbox", "list", "--config", f"{folder}/auditor.toml")
        assert "ann" in machine.run(*asked, user="max").stdout
        for path in ("auditor.db", "pseudonym.key"):
            closed = machine.run("cat", f"/var/lib/auditor-north/{path}", user="auditor", check=False)
            assert "Permission denied" in closed.stderr
    finally:
        machine.run("systemctl", "stop", "auditor@north")
