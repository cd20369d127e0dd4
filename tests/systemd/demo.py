"""`make install-demo`: the documented installation on a machine that really boots, from nothing to ready.

    python -m tests.systemd.demo

The machine is an overlay of this one and gone at the end; a Dovecot with a mailbox of invented mail stands
beside it. Each step is shown as an administrator would type it. Exit status 0 when the service is ready, has
read the mailbox, and everything is gone again.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from tests.components.dovecot import Dovecot
from tests.components.machine import Machine
from tests.mail import campaign, letters
from tests.systemd.installed import Service, machine_with_auditor, steps

_SENDS = 40


def main() -> int:
    """Install, configure, check, start, show; 0 when all of it went well."""
    begun = time.monotonic()
    dovecot = Dovecot()
    try:
        lately = datetime.now(UTC) - timedelta(days=3)
        dovecot.deliver("ann", *campaign(_SENDS - 5, start=lately), *letters(5, start=lately))
        say("A machine boots: this one's root file system, written to nowhere, with its own systemd")
        with machine_with_auditor() as machine:
            say("Installed by these steps, the libraries taken from the environment that is here:")
            for step in steps("Install"):
                print(f"  # {step}")
            machine.run("useradd", "--groups", "auditor", "max")
            ready = show(Service(machine, dovecot))
    finally:
        dovecot.close()
    say(f"The machine is gone, and nothing of it is left. {time.monotonic() - begun:.0f} s")
    return 0 if ready else 1


def show(service: Service) -> bool:
    """Check, start and look at the service, as the documentation says; whether it is well."""
    machine = service.machine
    say("The configuration, and the password in /etc/auditor/credentials/imap-password:")
    print(machine.run("cat", "/etc/auditor/auditor.toml").stdout)
    say("Is all well?")
    type_("systemctl start auditor-check; journalctl -u auditor-check -o cat", machine)
    say("Start:")
    type_("systemctl enable --now auditor auditor-backup.timer", machine)
    service.until(lambda: service.judged() == _SENDS, 120)
    service.until_status("1 watching", 60)
    type_("systemctl status auditor --no-pager", machine)
    type_("runuser -u max -- auditor template list", machine)
    type_("systemd-analyze security auditor --no-pager | tail -1", machine)
    ready = service.show("ActiveState") == "active"
    service.stop()
    say("Running and ready." if ready else "It is not ready.")
    return ready


def type_(command: str, machine: Machine) -> None:
    """Run one line in a shell of the machine, and show both."""
    print(f"  # {command}", flush=True)
    told = machine.run("sh", "-c", f"{command} 2>&1", check=False, seconds=300)
    for line in told.stdout.splitlines():
        print(f"    {line}")


def say(text: str) -> None:
    """A line between the steps."""
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
