"""Every way to log in, to a real Dovecot; tokens of a local sign-in server, through the real libraries."""

import asyncio
import base64
import json
import logging
import os
import stat
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from auditor.config.logins import Login
from auditor.config.sections import Imap, Mailbox
from auditor.errors import ConnectionLost, LoginRefused, MailboxError
from auditor.mailbox.access.refusals import claims
from auditor.mailbox.access.tokens import Tokens
from auditor.mailbox.login import log_in
from auditor.mailbox.watch import WatchedMailbox
from auditor.pace import Pace
from tests.components.authority import Authority
from tests.components.dovecot import Dovecot, mail
from tests.components.scripted import Conversation, ScriptedServer
from tests.components.token_endpoint import TokenEndpoint

CLIENT_SECRET = "planted-client-secret"
REFRESH_TOKEN = "planted-refresh-token"


class Place:
    """A sign-in server and a Dovecot that trusts it."""

    def __init__(self, folder: Path, endpoint: TokenEndpoint, dovecot: Dovecot, ca_file: Path) -> None:
        self.folder, self.endpoint, self.dovecot, self.ca_file = folder, endpoint, dovecot, ca_file

    def mailbox(self, login: str | None = "tokens", username: str = "ann", **more: object) -> Mailbox:
        return Mailbox(
            host="127.0.0.1",
            port=self.dovecot.port,
            ca_file=self.dovecot.ca_file,
            username=username,
            login=login,
            **more,
        )

    def oauth(self, **more: object) -> Login:
        keys = {"client_id": "auditor", "token_url": f"{self.endpoint.url}/token", "ca_file": self.ca_file}
        return Login(
            name="tokens",
            provider="oauth",
            **{**keys, "secret_file": self.file("secret", CLIENT_SECRET), **more},
        )

    def microsoft(self, **more: object) -> Login:
        keys = {"tenant": "our-tenant", "client_id": "an-app", "authority": self.endpoint.url}
        return Login(name="tokens", provider="microsoft", **{"ca_file": self.ca_file, **keys, **more})

    def google(self) -> Login:
        key = {
            "type": "service_account",
            "client_id": "1234567890",
            "client_email": "auditor@project.example",
            "private_key_id": "1",
            "private_key": pem_of(rsa.generate_private_key(65537, 2048)),
            "token_uri": f"{self.endpoint.url}/token",
        }
        file = self.file("google.json", json.dumps(key))
        return Login(name="tokens", provider="google", key_file=file, ca_file=self.ca_file)

    def file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        return path


def pem_of(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
async def place(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> AsyncIterator[Place]:
    authority = Authority(tmp_path / "ca")
    async with TokenEndpoint(authority) as endpoint:
        dovecot = start_dovecot(("ann", "bob"), more=endpoint.dovecot_settings())
        yield Place(tmp_path, endpoint, dovecot, authority.ca_file)


async def opened(mailbox: Mailbox, tokens: Tokens) -> int:
    async with await log_in(mailbox, tokens, seconds=10) as session:
        return (await session.examine("Sent")).exists


@pytest.mark.parametrize("mechanism", ["auto", "xoauth2", "oauthbearer"])
async def test_a_token_opens_the_mailbox(place: Place, mechanism: str) -> None:
    place.dovecot.deliver("ann", mail())
    tokens = Tokens([place.oauth(mechanism=mechanism)])
    assert await opened(place.mailbox(), tokens) == 1
    assert await opened(place.mailbox(), tokens) == 1
    assert len(place.endpoint.asked) == 1, "the second login uses the token that is there"


async def test_a_server_without_initial_responses_asks_for_the_token(place: Place) -> None:
    async def ask(conversation: Conversation, tag: str) -> None:
        await conversation.say(b"+ \r\n")
        heard.append(await conversation.line())
        await conversation.say(f"{tag} OK welcome\r\n".encode())

    heard: list[str] = []
    capabilities = b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nTAG OK done\r\n"
    async with ScriptedServer({"CAPABILITY": capabilities, "AUTHENTICATE": ask}) as server:
        tokens = Tokens([place.oauth()])
        assert await opened(scripted(server), tokens) == 3
    assert f"auth=Bearer {place.endpoint.issued[0]}" in base64.b64decode(heard[0]).decode()


async def test_a_refresh_token_and_the_secret_go_to_the_endpoint_alone(place: Place) -> None:
    login = place.oauth(refresh_token_file=place.file("refresh", REFRESH_TOKEN), scope="imap")
    assert await opened(place.mailbox(), Tokens([login])) == 0
    (form,) = place.endpoint.asked
    assert form == {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN, "scope": "imap"}
    told = base64.b64decode(place.endpoint.headers[0]["Authorization"].removeprefix("Basic "))
    assert told.decode() == f"auditor:{CLIENT_SECRET}"


@pytest.mark.parametrize("with_certificate", [True, False])
async def test_microsoft(place: Place, with_certificate: bool) -> None:
    place.dovecot.deliver("ann", mail())
    if with_certificate:
        keys = {"key_file": place.file("app.pem", certificate())}
    else:
        keys = {"secret_file": place.file("secret", CLIENT_SECRET)}
    tokens = Tokens([place.microsoft(**keys)])
    assert await opened(place.mailbox(), tokens) == 1
    (form,) = place.endpoint.asked
    assert form["scope"] == "https://outlook.office365.com/.default"
    assert ("client_assertion" in form) is with_certificate
    if with_certificate:
        assert tokens.expiries["tokens"] == pytest.approx(time.time() + 90 * 86400, abs=86400)


async def test_google_asks_for_each_user(place: Place) -> None:
    place.dovecot.deliver("bob", mail(), mail(2))
    tokens = Tokens([place.google()])
    assert await opened(place.mailbox(username="ann"), tokens) == 0
    assert await opened(place.mailbox(username="bob"), tokens) == 2
    assert await opened(place.mailbox(username="bob"), tokens) == 2
    subjects = [claims(form["assertion"]) for form in place.endpoint.asked]
    assert [(subject["sub"], subject["scope"]) for subject in subjects] == [
        ("ann", "https://mail.google.com/"),
        ("bob", "https://mail.google.com/"),
    ]


MASTER = """
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {file}
  master = yes
}}
"""


async def test_a_master_user_opens_the_mailbox_of_another(
    tmp_path: Path, start_dovecot: Callable[..., Dovecot]
) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="masters-", dir="/tmp") as masters:
        masters.write("auditor:{PLAIN}master password\n")
        masters.flush()
        os.chmod(masters.name, 0o644)  # Dovecot reads it as its own user  # noqa: PTH101
        dovecot = start_dovecot(("ann", "bob"), more=MASTER.format(file=masters.name))
        dovecot.deliver("bob", mail())
        place = Place(tmp_path, None, dovecot, None)
        file = place.file("master", "master password\n")
        mailbox = place.mailbox(None, "bob", master_user="auditor", password_file=file)
        assert await opened(mailbox, Tokens()) == 1
        file.write_text("wrong\n")
        with pytest.raises(LoginRefused, match="auth_master_user_separator") as refused:
            await opened(mailbox, Tokens())
        assert "wrong" not in str(refused.value)


async def test_a_token_for_somebody_else_is_refused_with_the_next_step(place: Place) -> None:
    place.endpoint.email = "carol"
    tokens = Tokens([place.oauth()])
    with pytest.raises(LoginRefused, match="the user of the token"):
        await opened(place.mailbox(), tokens)
    assert len(place.endpoint.asked) == 1, "it was new: asking again would not help"
    assert tokens.failures == {("tokens", "refused"): 1}


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_withdrawn_token_is_fetched_anew_once(place: Place, mechanism: str) -> None:
    async def check(conversation: Conversation, tag: str) -> None:
        shown.append(base64.b64decode(server.heard[-1].split()[-1]).decode())
        if any(
            good in shown[-1] for good in place.endpoint.issued[-1:] if not withdrawn or withdrawn[-1] != good
        ):
            await conversation.say(f"{tag} OK welcome\r\n".encode())
            return
        await conversation.say(b"+ " + base64.b64encode(b'{"status":"invalid_token"}') + b"\r\n")
        ends.append(await conversation.line())
        await conversation.say(f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode())

    shown, ends, withdrawn = [], [], []
    now = [time.time()]
    capabilities = f"* CAPABILITY IMAP4rev1 SASL-IR AUTH={mechanism}\r\nTAG OK done\r\n".encode()
    async with ScriptedServer({"CAPABILITY": capabilities, "AUTHENTICATE": check}) as server:
        tokens = Tokens([place.oauth()], clock=lambda: now[0])
        assert await opened(scripted(server), tokens) == 3
        withdrawn.append(place.endpoint.issued[-1])
        now[0] += 120
        place.endpoint.more = {"jti": "second"}
        assert await opened(scripted(server), tokens) == 3
    assert ends == ["" if mechanism == "XOAUTH2" else "AQ=="]
    assert len(place.endpoint.asked) == 2
    assert tokens.failures == {("tokens", "refused"): 1}


async def test_the_missing_permission_of_exchange_is_named(place: Place) -> None:
    """Exchange accepts the token and then says in every answer that nothing is open."""
    place.endpoint.more = {"roles": ["IMAP.AccessAsApp"], "oid": "0123-enterprise-app"}
    broken = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nTAG OK done\r\n",
        "AUTHENTICATE": b"TAG OK AUTHENTICATE completed.\r\n",
        "LIST": b"TAG BAD User is authenticated but not connected.\r\n",
    }
    login = place.microsoft(secret_file=place.file("secret", CLIENT_SECRET))
    async with ScriptedServer(broken) as server:
        tokens = Tokens([login])
        async with await log_in(scripted(server), tokens, seconds=5) as session:
            with pytest.raises(LoginRefused, match=r"Add-MailboxPermission.*0123-enterprise-app") as refused:
                await session.list_folders()
    assert refused.value.reason == "no_mailbox_permission"


async def test_a_token_without_the_role_is_named(place: Place) -> None:
    refuses = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nTAG OK done\r\n",
        "AUTHENTICATE": b"TAG NO AUTHENTICATE failed.\r\n",
    }
    login = place.microsoft(secret_file=place.file("secret", CLIENT_SECRET))
    async with ScriptedServer(refuses) as server:
        with pytest.raises(LoginRefused, match=r"lacks IMAP\.AccessAsApp.*admin consent"):
            await opened(scripted(server), Tokens([login]))
        place.endpoint.more = {"roles": ["IMAP.AccessAsApp"], "oid": "0123-enterprise-app"}
        with pytest.raises(LoginRefused, match=r"ENTERPRISE application \(0123-enterprise-app\)"):
            await opened(scripted(server), Tokens([login]))


async def test_endpoints_that_refuse(place: Place) -> None:
    secret = place.file("secret", CLIENT_SECRET)
    for login, refusal, step in (
        (place.oauth(), (401, {"error": "invalid_client"}), "client_id with this secret"),
        (
            place.microsoft(secret_file=secret),
            (401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}),
            r"secret's Value, not its ID \(AADSTS7000215\)",
        ),
        (
            place.google(),
            (401, {"error": "unauthorized_client", "error_description": "Client is unauthorized"}),
            r"client id 1234567890 with the scope https://mail.google.com/, exactly \(unauthorized_client\)",
        ),
    ):
        place.endpoint.refusal = refusal
        tokens = Tokens([login])
        with pytest.raises(LoginRefused, match=f'^login "tokens": no token: .*{step}'):
            await opened(place.mailbox(), tokens)
        asked = len(place.endpoint.asked)
        with pytest.raises(LoginRefused):  # at once again: the same answer, without another question
            await opened(place.mailbox(), tokens)
        assert len(place.endpoint.asked) == asked
        assert sum(tokens.failures.values()) == 1


async def test_an_unknown_tenant(place: Place) -> None:
    login = place.microsoft(secret_file=place.file("secret", CLIENT_SECRET), tenant="nobody")
    with pytest.raises(MailboxError, match="tenant"):
        await opened(place.mailbox(), Tokens([login]))


async def test_an_endpoint_that_is_down_is_waited_for(place: Place) -> None:
    logins = (place.oauth(), place.google(), place.microsoft(secret_file=place.file("secret", CLIENT_SECRET)))
    await place.endpoint.close()
    for login in logins:
        tokens = Tokens([login])
        with pytest.raises(ConnectionLost, match=r'^login "tokens": .* does not answer'):
            await opened(place.mailbox(), tokens)
        assert tokens.failures == {("tokens", "unreachable"): 1}


@pytest.mark.parametrize(("library", "extra"), [("msal", "microsoft"), ("google.auth", "google")])
async def test_a_missing_extra_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch, library: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    login = place.google() if extra == "google" else place.microsoft(secret_file=place.file("s", "x"))
    with pytest.raises(MailboxError, match=rf"pip install 'campaign-auditor\[{extra}\]'"):
        await opened(place.mailbox(), Tokens([login]))


async def test_no_secret_reaches_a_log_an_error_or_a_representation(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = place.file("secret", CLIENT_SECRET)
    pem = certificate()
    refresh = place.file("refresh", REFRESH_TOKEN)
    logins = [
        place.oauth(refresh_token_file=refresh),
        place.microsoft(secret_file=secret),
        place.microsoft(key_file=place.file("app.pem", pem)),
        place.google(),
    ]
    said: list[str] = []
    for login in logins:
        for refusal in (None, (400, {"error": "invalid_grant", "error_description": CLIENT_SECRET})):
            place.endpoint.refusal, place.endpoint.email = refusal, "carol"
            tokens = Tokens([login])
            try:
                await opened(place.mailbox(), tokens)
            except MailboxError as error:
                said.append("".join(traceback.format_exception(error)))
            said.append(repr((tokens, login, vars(tokens))))
    written = "\n".join([*said, *(record.getMessage() for record in caplog.records)])
    key = json.loads((place.folder / "google.json").read_text())["private_key"]
    planted = [CLIENT_SECRET, REFRESH_TOKEN, *place.endpoint.issued, pem.splitlines()[3], key.splitlines()[3]]
    assert written.count("login refused") >= 3  # at the mail server
    assert written.count("no token") >= 4  # at the endpoint
    for one in planted:
        assert one not in written
        assert base64.b64encode(one.encode()).decode() not in written


async def test_a_session_that_ends_with_its_token_goes_on_with_a_new_one(place: Place) -> None:
    place.endpoint.life = 2
    place.dovecot.deliver("ann", mail())
    watched = WatchedMailbox(place.mailbox(), Imap(), Pace(1000), tokens=Tokens([place.oauth()]))
    found: set[int] = set()
    async with asyncio.timeout(30), aclosing(watched.batches()) as batches:
        async for batch in batches:
            found.update(one.uid for one in batch.found)
            if len(found) == 1 and not batch.backlog and watched.status.state.value == "watching":
                await asyncio.sleep(2.1)
                await asyncio.to_thread(place.dovecot.restart)  # every session is told BYE
                await asyncio.to_thread(place.dovecot.deliver, "ann", mail(2))
            if len(found) == 2:
                break
    assert len(place.endpoint.asked) >= 2


def scripted(server: ScriptedServer) -> Mailbox:
    return Mailbox(host="127.0.0.1", port=server.port, tls="no", username="ann", login="tokens")


def certificate() -> str:
    """A private key and its certificate, self-signed, as an administrator makes them."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auditor")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    return pem_of(key) + made.public_bytes(serialization.Encoding.PEM).decode()


async def test_many_mailboxes_wait_for_one_token_and_few_ask_at_once(place: Place) -> None:
    place.endpoint.slowness = 0.1
    shared = Tokens([place.oauth()])
    found = await asyncio.gather(*(shared.get("tokens", f"user{n}") for n in range(50)))
    assert len({token.text for token in found}) == len(place.endpoint.asked) == 1
    each = Tokens([place.google()])
    await asyncio.gather(*(each.get("tokens", f"user{n}@ours.example") for n in range(12)))
    assert len(place.endpoint.asked) == 13
    assert place.endpoint.busiest <= 4


async def test_a_token_is_renewed_before_it_expires(place: Place) -> None:
    now = [time.time()]
    tokens = Tokens([place.oauth()], clock=lambda: now[0])
    for seconds, asked in ((0, 1), (3200, 1), (200, 2)):  # it lives for an hour
        now[0] += seconds
        await tokens.get("tokens", "ann")
        assert len(place.endpoint.asked) == asked


async def test_a_reload_keeps_the_tokens_of_logins_that_stay(place: Place) -> None:
    login = place.oauth()
    tokens = Tokens([login])
    await tokens.get("tokens", "ann")
    tokens.know([place.oauth()])
    await tokens.get("tokens", "ann")
    assert len(place.endpoint.asked) == 1
    tokens.know([place.oauth(scope="imap")])
    await tokens.get("tokens", "ann")
    assert len(place.endpoint.asked) == 2
    tokens.know([])
    with pytest.raises(MailboxError, match=r"no \[\[logins\]\] has the name"):
        await tokens.get("tokens", "ann")


async def test_a_good_token_is_used_on_while_the_endpoint_is_down(place: Place) -> None:
    now = [time.time()]
    tokens = Tokens([place.oauth()], clock=lambda: now[0])
    first = await tokens.get("tokens", "ann")
    await place.endpoint.close()
    now[0] += 3400
    assert await tokens.get("tokens", "ann") is first
    now[0] += 300
    with pytest.raises(ConnectionLost):
        await tokens.get("tokens", "ann")


async def test_whatever_a_library_raises_is_one_line(place: Place) -> None:
    key = pem_of(rsa.generate_private_key(65537, 2048))
    halves = place.file("app.pem", key + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    secret = place.file("secret", CLIENT_SECRET)
    for login in (
        place.microsoft(key_file=halves),
        place.microsoft(secret_file=secret, ca_file=place.folder / "nothing.pem"),
    ):
        with pytest.raises(MailboxError, match=r"key|ca_file") as raised:
            await opened(place.mailbox(), Tokens([login]))
        assert "AAAA" not in str(raised.value)
