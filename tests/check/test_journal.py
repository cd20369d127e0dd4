"""A journal that opens well and yet brings nothing: what the guide says that `check` says, it says."""

import re
import time
from pathlib import Path

import pytest

from auditor.check import check
from auditor.config import load
from tests.components.dovecot import Dovecot
from tests.mail import journaled, mail

GUIDE = Path(__file__).parents[2] / "config" / "guides" / "journal.md"
OWN = mail("A text.\n", sender="ann@northvans.example")
STRANGERS = mail("A text.\n", sender="joe@customer1.example", to="ann@northvans.example")
REPORT = journaled(OWN, "To: joe@customer1.example")
LONG_AGO = time.time() - 9 * 86_400


async def remark(folder: Path, dovecot: Dovecot, kind: str = "journal") -> str:
    """What `auditor check` remarks on ann's INBOX, to the administrator who reads its table."""
    (folder / "password").write_text(dovecot.password + "\n")
    (folder / "password").chmod(0o600)
    path = folder / "auditor.toml"
    path.write_text(
        '[organisation]\ndomains = ["northvans.example"]\n[store]\npath = "auditor.db"\n[http]\nport = 0\n'
        f'[[mailboxes]]\nhost = "127.0.0.1"\nport = {dovecot.port}\nca_file = "{dovecot.ca_file}"\n'
        f'username = "ann"\npassword_file = "password"\nfolder = "INBOX"\nkind = "{kind}"\n'
    )
    (found,) = [one for one in await check(load(path), path, offline=False) if one.mailbox is not None]
    assert found.ok
    return found.mailbox.remark


async def test_the_three_mistakes_of_the_guide_in_the_words_of_check(tmp_path, dovecot):
    said = [await remark(tmp_path, dovecot)]
    dovecot.deliver("ann", *[STRANGERS] * 12, folder="INBOX")
    said.append(await remark(tmp_path, dovecot))
    dovecot.deliver("ann", *[REPORT] * 30, folder="INBOX")
    said.append(await remark(tmp_path, dovecot, kind="sent"))
    rows = re.findall(r"(?m)^\| `(.+?)` \|.*\|$", GUIDE.read_text())
    assert len(rows) == 3
    for row, words in zip(rows, said, strict=True):
        assert words.startswith("ann: ")
        for part in row.split("…"):
            assert part.strip() in words, (part, words)


@pytest.mark.parametrize(
    ("messages", "received"),
    [([REPORT], None), ([OWN], None), ([STRANGERS] * 40 + [OWN], None), ([STRANGERS] * 3, None)],
    ids=["reports", "copies", "mostly inbound", "hardly begun"],
)
async def test_a_journal_that_works_is_not_remarked_on(tmp_path, dovecot, messages, received):
    dovecot.deliver("ann", *messages, folder="INBOX", received=received)
    assert not await remark(tmp_path, dovecot)


async def test_a_journal_that_has_fallen_silent(tmp_path, dovecot):
    dovecot.deliver("ann", REPORT, OWN, folder="INBOX", received=LONG_AGO)
    assert "no copy has come for 9 days" in await remark(tmp_path, dovecot)
    assert not await remark(tmp_path, dovecot, kind="sent"), "a Sent folder may rest"
