"""What every test may use. A real component that is not installed skips the test; in CI it fails it."""

from collections.abc import Callable, Iterator

import pytest

from tests.components.dovecot import Dovecot
from tests.components.postgresql import PostgresqlServer


@pytest.fixture
def start_dovecot() -> Iterator[Callable[..., Dovecot]]:
    """Start private Dovecots with the arguments of `Dovecot`; each ends with the test."""
    running: list[Dovecot] = []

    def start(*arguments: object, **options: object) -> Dovecot:
        running.append(Dovecot(*arguments, **options))
        return running[-1]

    yield start
    for dovecot in running:
        dovecot.close()


@pytest.fixture
def dovecot(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """A private Dovecot with one login, ann, whose Sent folder is empty."""
    return start_dovecot()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A private server for all tests; each takes databases of its own."""
    server = PostgresqlServer()
    yield server
    server.close()
