"""What the daemon does when the world around it breaks."""

import contextlib
import os
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components import do_without
from tests.components.dovecot import Dovecot
from tests.mail import campaign, letters
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, of 600 KB."""
    if os.geteuid() != 0:
        do_without("a disk of its own needs root: mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_stops_reading_and_loses_nothing(
    small_disk: Path, tmp_path: Path, dovecot: Dovecot
) -> None:
    dovecot.deliver("ann", *campaign(150, start=LATELY), *letters(150, start=LATELY))
    home = tmp_path / "home"
    home.mkdir()
    daemon = Daemon(home, dovecot, more="[imap]\nbatch_messages = 20\n")
    daemon.store = small_disk / "auditor.db"
    daemon.config.write_text(
        daemon.config.read_text().replace('path = "auditor.db"', f'path = "{daemon.store}"')
    )
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(150_000))
    try:
        daemon.start()
        daemon.until(lambda: daemon.events("store_full"))
        daemon.until(lambda: daemon.metric("auditor_store_writable") == 0)
        assert "free some space" in daemon.events("store_full")[0]["problem"]
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        daemon.until_judged(300)
        assert daemon.query("SELECT count(*), count(DISTINCT identity) FROM send") == [(300, 300)]
        daemon.until(lambda: daemon.metric("auditor_store_writable") == 1)
    finally:
        daemon.close()


def test_a_mail_server_that_is_down_does_not_stop_the_start(tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.stop()
    daemon = Daemon(tmp_path, dovecot)
    try:
        daemon.start()
        daemon.until(lambda: daemon.metric('auditor_mailboxes{state="failing"}') == 1)
        assert daemon.get("/-/ready").strip() == "ready"
        dovecot.deliver("ann", *letters(1, start=LATELY))
        dovecot.start()
        daemon.until_judged(1)
    finally:
        daemon.close()


def test_a_bad_reload_keeps_the_old_configuration(tmp_path: Path, dovecot: Dovecot) -> None:
    daemon = Daemon(tmp_path, dovecot)
    good = daemon.config.read_text()
    try:
        daemon.start()
        assert daemon.metric("auditor_config_last_reload_successful") == 1
        daemon.config.write_text(good.replace("domains", "domians"))
        daemon.hang_up()
        daemon.until(lambda: daemon.events("reload_failed"))
        assert "did you mean domains?" in daemon.events("reload_failed")[0]["problem"]
        daemon.until(lambda: daemon.metric("auditor_config_last_reload_successful") == 0)
        daemon.config.write_text(good)
        daemon.hang_up()
        daemon.until(lambda: daemon.metric("auditor_config_last_reload_successful") == 1)
    finally:
        daemon.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("port = 0", "port = 99999"), "http.port"),
        (("[http]", "[htpp]"), "did you mean http?"),
        (('path = "auditor.db"', "path = 7"), "store.path"),
        (('password_file = "password"', ""), "give exactly one of password_file and credential"),
        (('name = "North Vans"', 'people_file = "nobody.csv"'), "nobody.csv"),
        (('name = "North Vans"', "name ="), "not valid TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line_and_exit_2(
    tmp_path: Path, dovecot: Dovecot, change: tuple[str, str], told: str
) -> None:
    daemon = Daemon(tmp_path, dovecot)
    daemon.config.write_text(daemon.config.read_text().replace(*change))
    command = [sys.executable, "-m", "auditor", "run", "--config", str(daemon.config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert all(line.startswith("auditor: ") for line in ended.stderr.splitlines())


def test_outside_loopback_the_page_is_served_over_tls_only(
    tmp_path: Path, dovecot: Dovecot, start_dovecot: object
) -> None:
    daemon = Daemon(tmp_path, dovecot)
    clear = daemon.config.read_text().replace("port = 0", 'port = 0\nlisten = "0.0.0.0"')
    daemon.config.write_text(clear)
    command = [sys.executable, "-m", "auditor", "run", "--config", str(daemon.config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "needs tls_certificate_file" in ended.stderr) == (2, True)
    certificate = dovecot.certificate
    files = f'tls_certificate_file = "{certificate.certificate}"\ntls_key_file = "{certificate.key}"'
    daemon.config.write_text(clear.replace("port = 0", f"port = 0\n{files}"))
    try:
        daemon.start()
        context = ssl.create_default_context(cafile=dovecot.ca_file)
        address = f"https://127.0.0.1:{daemon.port}/-/ready"
        with urllib.request.urlopen(address, timeout=10, context=context) as answer:
            assert answer.read().strip() == b"ready"
    finally:
        daemon.close()


def test_a_store_without_its_key_is_not_given_another_one(tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(2, start=LATELY))
    daemon = Daemon(tmp_path, dovecot)
    daemon.start()
    daemon.until_judged(2)
    assert daemon.stop() == 0
    (tmp_path / "pseudonym.key").rename(tmp_path / "elsewhere.key")
    command = [sys.executable, "-m", "auditor", "run", "--config", str(daemon.config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "is not there; put it back" in ended.stderr) == (1, True)
    assert not (tmp_path / "pseudonym.key").exists()


def test_a_full_disk_at_the_start_is_waited_for(small_disk: Path, tmp_path: Path, dovecot: Dovecot) -> None:
    dovecot.deliver("ann", *letters(2, start=LATELY))
    home = tmp_path / "home"
    home.mkdir()
    daemon = Daemon(home, dovecot)
    daemon.store = small_disk / "auditor.db"
    text = daemon.config.read_text().replace('path = "auditor.db"', f'path = "{daemon.store}"')
    daemon.config.write_text(text)
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError):
        ballast.write_bytes(bytes(700_000))
    try:
        daemon.spawn()
        daemon.until(lambda: daemon.events("start_waits"))
        assert "disk is full" in daemon.events("start_waits")[0]["problem"]
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        daemon.until(lambda: daemon.events("started"))
        daemon.until_judged(2)
        assert daemon.stop() == 0
    finally:
        daemon.close()
