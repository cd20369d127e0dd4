"""XOAUTH2 to a server that examines the token: Dovecot as submission server, relaying to a mail server."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from auditor.config import Config
from auditor.errors import ServerUnusable
from auditor.mailbox.access.tokens import Tokens
from auditor.post import letters
from auditor.post.outbox import Outcome, Postman
from auditor.post.smtp import Server, try_server
from auditor.postman import server_of
from auditor.store.database import schema
from auditor.store.engine import Store, open_temporary
from tests.components import free_port, require
from tests.components.authority import Authority
from tests.components.dovecot import Dovecot
from tests.components.smtp_sink import SmtpSink
from tests.components.token_endpoint import TokenEndpoint
from tests.post.test_outbox import LETTER, STORY, Sinks, start_sink

__all__ = ["start_sink"]
SENDER = "auditor@example.org"
_SUBMISSION = """
protocols = imap submission
hostname = post.example
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {port}
  }}
}}
"""


class Company:
    """A submission server that trusts the tokens of `endpoint`, and where it relays to."""

    def __init__(self, endpoint: TokenEndpoint, sink: SmtpSink, config: Config) -> None:
        self.endpoint, self.sink = endpoint, sink
        self._config, self._tokens = config, Tokens(config.logins)

    def server(self) -> Server:
        """The mail server as the daemon makes it of its configuration."""
        return replace(server_of(self._config, self._tokens), timeout=10)


@pytest.fixture
async def company(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot], start_sink: Sinks
) -> AsyncIterator[Company]:
    require("submission", "dovecot-submissiond")
    authority, port = Authority(tmp_path / "ca"), free_port()
    secret = tmp_path / "secret"
    secret.write_text("planted-client-secret")
    secret.chmod(0o600)
    sink = await start_sink()
    async with TokenEndpoint(authority, "auditor") as endpoint:
        settings = endpoint.dovecot_settings() + _SUBMISSION.format(port=port, relay_port=sink.port)
        dovecot = start_dovecot(("auditor",), more=settings)
        login = {
            "name": "letters", "provider": "oauth", "client_id": "auditor", "secret_file": secret,
            "token_url": f"{endpoint.url}/token", "ca_file": authority.ca_file,
        }  # fmt: skip
        smtp = {
            "host": "127.0.0.1", "port": port, "ca_file": dovecot.ca_file, "username": "auditor",
            "login": "letters", "sender": SENDER,
        }  # fmt: skip
        ours = {"organisation": {"domains": ["example.org"]}, "logins": [login], "smtp": smtp}
        yield Company(endpoint, sink, Config.model_validate(ours))


async def deliver(store: Store, company: Company) -> Outcome:
    """Put a letter into the outbox and let the postman run."""

    def put(connection: sa.Connection) -> None:
        letters.put(
            connection, LETTER, occasion="opened", recipients=("ops@example.org",), sender=SENDER,
            now=time.time(), incident_id=1,
        )  # fmt: skip

    await store.run(put)
    postman = Postman(store.run, company.server(), SENDER, 6000, STORY)
    (attempt,) = await postman.deliver_due(time.time)
    return attempt.outcome


async def test_a_letter_goes_out_with_a_token_that_the_server_examined(
    company: Company, tmp_path: Path
) -> None:
    async with open_temporary(tmp_path / "store.db") as store:
        assert await deliver(store, company) is Outcome.SENT
    (mail,) = company.sink.mails
    assert (mail.sender, mail.recipients) == (SENDER, ["ops@example.org"])
    assert b"Received: from" in mail.content  # it went through the submission server
    assert len(company.endpoint.asked) == 1
    await try_server(company.server())
    assert len(company.endpoint.asked) == 1, "the second login uses the token that is there"


async def test_a_token_of_somebody_else_is_refused_and_named(company: Company, tmp_path: Path) -> None:
    company.endpoint.email = "mallory"
    async with open_temporary(tmp_path / "store.db") as store:
        assert await deliver(store, company) is Outcome.REFUSED
        kept = await store.run(lambda c: c.execute(sa.select(schema.outbox)).one())
    assert "a new access token was refused for auditor" in kept.last_error
    assert company.endpoint.issued[-1] not in kept.last_error
    assert company.sink.mails == []


async def test_a_token_that_is_no_token_is_refused(company: Company) -> None:
    class Forged:
        async def get(self) -> str:
            return company.endpoint.issue()[:-8] + "AAAAAAAA"

        def refused(self, token: str) -> bool:
            return False

    with pytest.raises(ServerUnusable, match="refused for auditor"):
        await try_server(replace(company.server(), bearer=Forged()))
