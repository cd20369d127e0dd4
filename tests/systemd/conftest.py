"""One booted machine with the auditor installed, and one Dovecot, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.components.dovecot import Dovecot
from tests.components.machine import Machine
from tests.systemd.installed import Service, machine_with_auditor


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Dovecot]:
    dovecot = Dovecot(("ann", "bob"))
    yield dovecot
    dovecot.close()


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    with machine_with_auditor() as machine:
        machine.run("useradd", "mia")
        machine.run("useradd", "--groups", "auditor", "max")
        yield machine


@pytest.fixture
def service(machine: Machine, mail_server: Dovecot) -> Iterator[Service]:
    """auditor.service, configured for ann's mailbox and not started; nothing is left of it afterwards."""
    service = Service(machine, mail_server)
    yield service
    service.clear()
