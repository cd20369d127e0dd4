"""The daemon with one entry for everybody: a Dovecot master user, and tokens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.components.authority import Authority
from tests.components.dovecot import Dovecot
from tests.components.token_endpoint import TokenEndpoint
from tests.mail import letters
from tests.service.daemon import Daemon

LATELY = datetime.now(UTC) - timedelta(days=3)
PEOPLE = "address,login,team\nann@northvans.example,ann,North\nbob@northvans.example,bob,North\n"


@pytest.fixture
async def endpoint(tmp_path: Path) -> AsyncIterator[TokenEndpoint]:
    async with TokenEndpoint(Authority(tmp_path / "ca")) as made:
        yield made


async def test_one_entry_watches_everybody_and_its_login_is_in_the_metrics(
    tmp_path: Path, endpoint: TokenEndpoint, start_dovecot: Callable[..., Dovecot]
) -> None:
    dovecot = start_dovecot(("ann", "bob"), more=endpoint.dovecot_settings())
    for user in ("ann", "bob"):
        dovecot.deliver(user, *letters(2, start=LATELY, sender=f"{user}@northvans.example"))
    daemon = Daemon(tmp_path, dovecot, ())
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "secret").write_text("planted-secret\n")
    (tmp_path / "secret").chmod(0o600)
    text = daemon.config.read_text().replace("[organisation]", '[organisation]\npeople_file = "people.csv"')
    daemon.config.write_text(
        f'{text}[[logins]]\nname = "ours"\nprovider = "oauth"\nclient_id = "us"\nsecret_file = "secret"\n'
        f'token_url = "{endpoint.url}/token"\nca_file = "{tmp_path}/ca/ca.pem"\nsecret_expires = 2027-01-01\n'
        f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {dovecot.port}\nca_file = "{dovecot.ca_file}"\n'
        'people = true\nlogin = "ours"\n'
    )
    try:
        await asyncio.to_thread(daemon.start)
        await asyncio.to_thread(daemon.until, lambda: daemon.query("SELECT count(*) FROM mailbox") == [(2,)])
        # The endpoint's tokens are ann's: they open her mailbox, and bob's is refused with the next step.
        await asyncio.to_thread(daemon.until_judged, 2)
        refused = 'auditor_token_failures_total{login="ours",reason="refused"}'
        await asyncio.to_thread(daemon.until, lambda: daemon.metric(refused) == 1)
        expiry = 'auditor_credential_expiry_timestamp_seconds{login="ours"}'
        assert await asyncio.to_thread(daemon.metric, expiry) == datetime(2027, 1, 1, tzinfo=UTC).timestamp()
        people = 'auditor_people{state="%s",team="other"}'
        await asyncio.to_thread(daemon.until, lambda: daemon.metric(people % "watched") == 1)
        await asyncio.to_thread(daemon.until, lambda: daemon.metric(people % "failing") == 1)
        page = await asyncio.to_thread(daemon.get, "/metrics")
        written = daemon.log.read_text() + page + str(daemon.query("SELECT * FROM mailbox"))
        for secret in ("planted-secret", *endpoint.issued):
            assert secret not in written
        assert len(endpoint.asked) == 1, "one token opens all"
    finally:
        daemon.close()
