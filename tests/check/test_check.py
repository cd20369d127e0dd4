"""`auditor check` with every way to log in, and a broken mailbox of each kind beside them."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from auditor.check import as_json, as_table, check
from auditor.check.findings import Finding, MailboxFacts
from auditor.config import load
from tests.components.authority import Authority
from tests.components.dovecot import Dovecot, mail
from tests.components.scripted import ScriptedServer
from tests.components.token_endpoint import TokenEndpoint

ACL = """
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
}}
plugin {{
  acl = vfile:{}
}}
"""
MASTER = """
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {}
  master = yes
}}
"""


class Company:
    """A configuration that grows, a Dovecot and a sign-in server."""

    def __init__(self, folder: Path, dovecot: Dovecot, endpoint: TokenEndpoint, authority: Authority) -> None:
        self.folder, self.dovecot, self.endpoint = folder, dovecot, endpoint
        self.file("password", dovecot.password)
        self.file("secret", "planted-secret")
        self.file(
            "people.csv", "address,login,team\nann@ours.example,ann,North\nbob@ours.example,bob,North\n"
        )
        self.text = (
            '[organisation]\ndomains = ["ours.example"]\npeople_file = "people.csv"\n'
            '[store]\npath = "auditor.db"\n[http]\nport = 0\n'
            f'[[logins]]\nname = "ours"\nprovider = "oauth"\nclient_id = "auditor"\nsecret_file = "secret"\n'
            f'token_url = "{endpoint.url}/token"\nca_file = "{authority.ca_file}"\n'
            "secret_expires = 2026-12-01\n"
        )

    def file(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content + "\n")
        (self.folder / name).chmod(0o600)

    def mailbox(self, keys: str, port: int | None = None, ca_file: bool = True) -> None:
        trusted = f'ca_file = "{self.dovecot.ca_file}"\n' if ca_file else ""
        self.text += (
            f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {port or self.dovecot.port}\n{trusted}{keys}\n'
        )

    async def check(self):
        path = self.folder / "auditor.toml"
        path.write_text(self.text)
        found = await check(load(path), path, offline=False)
        return [one for one in found if one.what.startswith("mailbox")], found


@pytest.fixture
async def company(tmp_path: Path, start_dovecot: Callable[..., Dovecot]) -> AsyncIterator[Company]:
    authority = Authority(tmp_path / "ca")
    with tempfile.NamedTemporaryFile("w", prefix="masters-", dir="/tmp") as masters:
        masters.write("auditor:{PLAIN}master password\n")
        masters.flush()
        await asyncio.to_thread(Path(masters.name).chmod, 0o644)  # Dovecot reads it as its own user
        async with TokenEndpoint(authority) as endpoint:
            rights = endpoint.folder / "acl"
            rights.write_text("Sent user=auditor lr\n")
            more = endpoint.dovecot_settings() + MASTER.format(masters.name) + ACL.format(rights)
            dovecot = start_dovecot(("ann", "bob"), more=more)
            yield Company(tmp_path, dovecot, endpoint, authority)


async def test_password_master_user_and_token_in_one_table(company: Company) -> None:
    company.dovecot.deliver("ann", mail(1, date="Mon, 02 Nov 2026 10:00:00 +0000"))
    company.dovecot.deliver("ann", mail(2, date="Fri, 06 Nov 2026 10:00:00 +0000"))
    company.file("master", "master password")
    company.mailbox('username = "ann"\npassword_file = "password"')
    company.mailbox('username = "bob"\nmaster_user = "auditor"\npassword_file = "master"')
    company.mailbox('username = "ann"\nlogin = "ours"\nfolder = "INBOX"')
    mailboxes, found = await company.check()
    assert [one.ok for one in mailboxes] == [True] * 3, [one.detail for one in mailboxes]
    password, master, token = (one.mailbox for one in mailboxes)
    assert (password.messages, password.backlog, password.folder, password.found_how) == (
        2,
        2,
        "Sent",
        "special use",
    )
    assert (str(password.oldest)[:10], str(password.newest)[:10]) == ("2026-11-02", "2026-11-06")
    assert (password.tls, password.address, password.read_only) == ("TLSv1.3", "127.0.0.1", True)
    assert [one.method for one in (password, master, token)] == ["password", "master user", "oauth"]
    assert password.beyond_reading == "everything in it", "its owner's rights"
    assert (master.beyond_reading, master.remark) == ("nothing", ""), "the ACL leaves it `lr`"
    assert token.credential_expires == datetime(2026, 12, 1, tzinfo=UTC)
    console = Console(width=200)
    with console.capture() as shown:
        console.print(as_table(found, now=datetime(2026, 11, 20, tzinfo=UTC)))
    assert 'login "ours": its credential expires on 2026-12-01: renew it' in shown.get()
    assert json.loads(as_json(found))[-2]["mailbox"]["login"] == "ours"


async def test_one_entry_for_everybody(company: Company) -> None:
    company.file("master", "master password")
    company.mailbox('preset = "dovecot"\npeople = true\nmaster_user = "auditor"\npassword_file = "master"')
    mailboxes, _ = await company.check()
    assert [one.mailbox.username for one in mailboxes] == ["ann", "bob"]


async def test_a_broken_mailbox_of_each_kind_has_its_next_step(company: Company) -> None:
    company.file("wrong", "planted-wrong-password")
    company.endpoint.email = "carol"
    hidden = {"LIST": b'* LIST () "/" INBOX\r\nTAG OK done\r\n'}
    not_connected = {"LIST": b"TAG BAD User is authenticated but not connected.\r\n"}
    own, good = 'username = "ann"\n', 'password_file = "password"\n'
    async with ScriptedServer(hidden) as hiding, ScriptedServer(not_connected) as exchange:
        broken = {
            own + 'password_file = "wrong"': "check user name and password",
            'username = "bob"\nmaster_user = "auditor"\npassword_file = "wrong"': "passdb with master yes",
            'username = "ann"\nlogin = "ours"\nfolder = "A"': "trusts the token endpoint",
            own + 'password_file = "missing"\nfolder = "B"': "cannot read the password",
            own + good + 'folder = "Nowhere"': "check `folder`",
        }
        for keys in broken:
            company.mailbox(keys)
        company.mailbox(own + good + 'folder = "C"', ca_file=False)
        company.mailbox(own + good, port=1)
        company.mailbox(own + good + 'tls = "no"', port=hiding.port)
        company.mailbox(own + good + 'tls = "no"', port=exchange.port)
        mailboxes, found = await company.check()
    steps = [
        *broken.values(),
        "unknown authority: set `ca_file`",
        "cannot connect: nobody listens there",
        "no Sent folder is found",
    ]
    for one, step in zip(mailboxes, [*steps, "not connected"], strict=True):
        assert not one.ok
        assert step in one.detail, one.detail
    console = Console(width=200)
    with console.capture() as shown:
        console.print(as_table(found))
    failed = [line for line in shown.get().splitlines() if line.startswith("FAILED") and " at 127" in line]
    assert len(failed) == len(mailboxes)
    assert "ann at 127.0.0.1:" not in shown.get(), "who was asked stands there once"
    said = as_json(found) + shown.get()
    assert "Mailboxes that cannot be read" in said
    assert "planted" not in said
    assert company.endpoint.issued[0] not in said


NOV = datetime(2026, 11, 20, tzinfo=UTC)


def facts(username: str, **changes: object) -> MailboxFacts:
    usual = {
        "host": "imap.ours.example", "port": 993, "address": "192.0.2.17", "tls": "TLSv1.3",
        "method": "password", "login": None, "kind": "sent", "folder": "Sent", "found_how": "special use",
        "messages": 2_345_678, "oldest": NOV, "newest": NOV, "read_only": True, "idle": True,
        "beyond_reading": "everything in it", "remark": "", "credential_expires": None,
        "certificate_expires": None, "backlog": 2_000_000,
    }  # fmt: skip
    return MailboxFacts(username=username, **usual | changes)


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_nothing_is_cropped_on_a_narrow_terminal(width: int) -> None:
    """What has no room beside the mailboxes stands above those that it is common to."""
    opened = [
        facts("ann@ours.example"),
        facts("bob@ours.example", messages=3),
        facts("anna-maria.van.den.berg@subsidiary.example", method="microsoft", login="microsoft",
              beyond_reading="what it was granted", credential_expires=NOV),
    ]  # fmt: skip
    found = [Finding(f"mailbox {one.username}", ok=True, detail="", mailbox=one) for one in opened]
    console = Console(width=width)
    with console.capture() as shown:
        console.print(as_table(found, now=NOV))
    lines = shown.get().splitlines()
    assert max(map(len, lines)) <= width
    said = " ".join(" ".join(lines).split())
    for one in opened:
        assert f"{one.messages:,}" in said
    for word in ("2,000,000", "2026-11-20", "everything in it", "what it was granted",
                 "microsoft (microsoft)", "expires 2026-11-20", "read-only proven", "TLSv1.3",
                 "192.0.2.17", "(special"):  # fmt: skip
        assert word in said, word
    assert sum(line.startswith("ok ") for line in lines) == 3
