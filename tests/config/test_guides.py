"""The guides: their configurations load, and what they say that `check` says, it does say."""

import re
from pathlib import Path

import pytest

from auditor.config.load import parse
from auditor.errors import MailboxError
from auditor.mailbox.access.account import Method
from auditor.mailbox.access.power import power
from auditor.mailbox.access.refusals import at_mailbox, at_sign_in
from auditor.mailbox.sent import sent_folder

GUIDES = Path(__file__).parents[2] / "config" / "guides"
NAMES = ("dovecot", "microsoft365", "google")
HEAD = '[organisation]\ndomains = ["example.com"]\npeople_file = "people.csv"\n'
NO_ROLE = "e30.eyJyb2xlcyI6W119.c2ln"
READY = "e30.eyJyb2xlcyI6WyJJTUFQLkFjY2Vzc0FzQXBwIl0sIm9pZCI6Ii4uLiJ9.c2ln"  # with the role, oid "..."


def said() -> str:
    """Everything that `check` says in the cases the guides tell of."""
    with pytest.raises(MailboxError) as none:
        sent_folder(())
    refused = [
        at_mailbox(Method.MICROSOFT, "User is authenticated but not connected"),
        at_mailbox(Method.MICROSOFT, "AUTHENTICATE failed", READY),
        at_mailbox(Method.MICROSOFT, "AUTHENTICATE failed", NO_ROLE),
        at_mailbox(Method.MASTER, ""),
    ]
    tokenless = [
        at_sign_in(Method.GOOGLE, word) for word in ("unauthorized_client", "Invalid email or User ID")
    ]
    steps = [f"login refused: {one.next_step}" for one in refused]
    steps += [f"no token: {one.next_step}" for one in tokenless]
    could = f"Could also: {power(Method.MASTER, None).beyond}"
    return " ".join([*steps, could, str(none.value)]).replace("`", "")


@pytest.mark.parametrize("name", NAMES)
def test_three_mistakes_and_the_words_of_check(name):
    text = (GUIDES / f"{name}.md").read_text()
    rows = re.findall(r"(?m)^\| `(.+?)`.*\|.*\|$", text)
    assert len(rows) == 4, "the heading and three mistakes"
    for row in rows[1:]:
        for part in re.split(r"…|\(…\)", row):
            assert part.strip(" ()") in said(), part


@pytest.mark.parametrize("name", [*NAMES, "journal"])
def test_the_configurations_load(name):
    text = (GUIDES / f"{name}.md").read_text()
    blocks = re.findall(r"(?m)(?:^    .*\n|^\n)+", text)
    sections = [
        re.sub(r"(?m)^    ", "", block)
        for block in blocks
        if re.search(r"^    \[\[?\w+\]", block, re.MULTILINE)
    ]
    assert sections
    for section in sections:
        parse(section if "[organisation]" in section else HEAD + section, GUIDES / "auditor.toml")


def test_every_guide_is_listed():
    listed = set(re.findall(r"\]\((\w+\.md)\)", (GUIDES / "README.md").read_text()))
    assert listed == {path.name for path in GUIDES.glob("*.md")} - {"README.md"}
