"""The Debian package on a machine that really boots: installed, upgraded while it runs, removed, purged."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components import do_without, require
from tests.components.dovecot import Dovecot
from tests.components.machine import Machine
from tests.mail import campaign, letters
from tests.systemd.installed import CONFIG, ROOT, STATE, Service

LATELY = datetime.now(UTC) - timedelta(days=3)
PACKAGES = "/srv/packages"
INSTALL = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `new.deb`, as `make package` builds it, and `old.deb`, which is the release before it."""
    folder = tmp_path_factory.mktemp("packages")
    environment = {**os.environ, "BUILDER": sys.executable, "COMPRESSION": "none"}
    built = subprocess.run(
        [ROOT / "config/package/deb", folder], env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        do_without(f"no Debian package can be built here: {built.stderr.strip()[-300:]}")
    (package,) = folder.glob("*.deb")
    package.rename(folder / "new.deb")
    _make_older(folder / "new.deb", folder / "old.deb")
    return folder


def _make_older(new: Path, old: Path) -> None:
    """The same package with a lower number and with a file that the newer one does not have."""
    tree = old.with_suffix(".tree")
    dpkg = require("dpkg-deb", "dpkg")
    subprocess.run([dpkg, "-R", new, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text("".join("Version: 0.0.1\n" if "Version:" in line else line for line in lines))
    (tree / "opt/auditor/dropped").write_text("of an earlier release\n")
    subprocess.run(
        [dpkg, "--root-owner-group", "-Znone", "--build", tree, old], check=True, capture_output=True
    )
    shutil.rmtree(tree)


@pytest.fixture
def machine(packages: Path) -> Iterator[Machine]:
    """A booted machine that can see the packages and has none of them."""
    with Machine({packages: PACKAGES}) as machine:
        yield machine


def test_it_is_installed_upgraded_removed_and_purged(machine: Machine) -> None:
    dovecot = Dovecot()
    try:
        dovecot.deliver("ann", *campaign(12, start=LATELY))
        _install(machine)
        service = Service(machine, dovecot)
        _start(service)
        copy = _upgrade(service)
        _go_back(service, copy)
        _upgrade(service)
        dovecot.deliver("ann", *letters(3, start=LATELY))
        service.until(lambda: service.judged() == 15, 120)
        _remove_and_install_again(service)
        _purge(machine)
    finally:
        dovecot.close()


def _install(machine: Machine) -> None:
    told = machine.run(*INSTALL, f"{PACKAGES}/old.deb", seconds=300).stdout
    assert "systemctl enable --now auditor" in told  # there is no configuration yet: it says what comes next
    assert machine.run("auditor", "--version").stdout.startswith("auditor ")
    assert machine.run("systemctl", "is-enabled", "auditor", check=False).stdout == "disabled\n"
    assert machine.run("stat", "-c", "%U %G %a", "/etc/auditor/credentials").stdout == "root root 700\n"
    for documented in ("man/man1/auditor.1.gz", "bash-completion/completions/auditor"):
        assert machine.path(f"/usr/share/{documented}").exists()
    assert machine.run("dpkg", "--verify", "campaign-auditor").stdout == ""


def _start(service: Service) -> None:
    """By the steps of the README."""
    machine = service.machine
    machine.run("systemctl", "start", "auditor-check")
    machine.run("systemctl", "enable", "--now", "auditor", "auditor-backup.timer")
    service.until(lambda: service.judged() == 12, 120)
    service.until_status("1 watching", 60)
    (template,) = service.query("SELECT id FROM template LIMIT 1")[0]
    machine.run("auditor", "template", "name", template, "Ramp offer")


def _upgrade(service: Service) -> str:
    """What runs is restarted; configuration, secrets and store stay. The backup that was made before."""
    machine, before = service.machine, service.pid
    kept = (CONFIG, "/etc/auditor/credentials/imap-password", f"{STATE}/pseudonym.key")
    contents = [machine.path(one).read_bytes() for one in kept]
    assert machine.path("/opt/auditor/dropped").exists()
    copy = machine.run("auditor", "backup").stdout.partition(":")[0]
    machine.run(*INSTALL, f"{PACKAGES}/new.deb", seconds=300)
    assert not machine.path("/opt/auditor/dropped").exists()
    assert [machine.path(one).read_bytes() for one in kept] == contents
    assert (service.pid != before, service.show("ActiveState")) == (True, "active")
    for unit in ("auditor", "auditor-backup.timer"):
        assert machine.run("systemctl", "is-enabled", unit).stdout == "enabled\n"
    assert (service.judged(), service.show("NRestarts")) == (12, "0")
    assert "Ramp offer" in machine.run("auditor", "template", "list").stdout
    return copy


def _go_back(service: Service, copy: str) -> None:
    """By the steps of UPGRADE.md."""
    machine = service.machine
    machine.run("systemctl", "stop", "auditor")
    machine.run(*INSTALL, "--allow-downgrades", f"{PACKAGES}/old.deb", seconds=300)
    assert machine.path("/opt/auditor/dropped").exists()
    assert "12 sends" in machine.run("auditor", "restore", copy).stdout
    service.start()
    assert service.judged() == 12


def _remove_and_install_again(service: Service) -> None:
    machine = service.machine
    machine.run("apt-get", "remove", "--yes", "--quiet", "campaign-auditor", seconds=300)
    assert machine.run("systemctl", "is-active", "auditor", check=False).stdout == "inactive\n"
    for gone in ("/opt/auditor", "/usr/bin/auditor", "/usr/lib/systemd/system/auditor.service"):
        assert not os.path.lexists(machine.path(gone)), gone
    enabled = machine.run("find", "/etc/systemd/system", "-name", "auditor*").stdout
    assert enabled == "", "units stay enabled that are not there any more"
    for stays in (CONFIG, f"{STATE}/auditor.db", f"{STATE}/pseudonym.key"):
        assert machine.path(stays).exists(), stays
    machine.run(*INSTALL, f"{PACKAGES}/new.deb", seconds=300)
    service.start()
    assert service.judged() == 15


def _purge(machine: Machine) -> None:
    """The store goes with its key; the configuration, with people and secrets in it, is its owner's."""
    machine.run("apt-get", "purge", "--yes", "--quiet", "campaign-auditor", seconds=300)
    assert not machine.path(STATE).exists()
    assert not machine.path("/opt/auditor").exists()
    assert machine.path(CONFIG).exists()
    assert machine.run("systemctl", "is-active", "auditor", check=False).stdout == "inactive\n"
