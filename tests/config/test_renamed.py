"""A key that got another name is understood for one release more, and said."""

from pathlib import Path

import pytest

from auditor.check import check
from auditor.config.load import parse
from auditor.config.renamed import RENAMED, Renamed
from auditor.config.sections import Config
from auditor.errors import ConfigError

FILE = Path("/etc/auditor/auditor.toml")
HEAD = '[organisation]\ndomains = ["example.com"]\n'
MAILBOX = '[[mailboxes]]\nhost = "h"\nusername = "mia"\npassword_file = "secret"\n'
INVENTED = (Renamed("alerts", "quiet", "cooldown", "9.0"), Renamed("mailboxes", "since", "backfill", "9.0"))


def test_the_old_name_is_understood_and_named_with_its_line():
    text = HEAD + "[alerts]\nquiet = '3h'\n" + MAILBOX + MAILBOX + "since = '7d'\n"
    config = parse(text, FILE, INVENTED)
    assert config.alerts.cooldown.total_seconds() == 3 * 3600
    assert [mailbox.backfill.days for mailbox in config.mailboxes] == [90, 7]
    assert config.outdated == (
        f"{FILE}:4: alerts.quiet is called cooldown now; the old name is understood until 9.0",
        f"{FILE}:13: mailboxes[2].since is called backfill now; the old name is understood until 9.0",
    )


def test_both_names_at_once_are_a_fault():
    with pytest.raises(ConfigError, match=r"4: alerts.quiet: unknown key"):
        parse(HEAD + "[alerts]\nquiet = '3h'\ncooldown = '4h'\n", FILE, INVENTED)


async def test_check_says_it(tmp_path):
    config = parse(HEAD + "[alerts]\nquiet = '3h'\n", tmp_path / "auditor.toml", INVENTED)
    findings = await check(config, tmp_path / "auditor.toml", offline=True)
    assert any("alerts.quiet is called cooldown now" in finding.detail for finding in findings)
    assert not parse(HEAD, FILE).outdated


def test_what_is_listed_is_there_under_the_new_name_alone():
    for one in RENAMED:
        annotation = Config.model_fields[one.section].annotation
        fields = next(
            c for c in (annotation, *getattr(annotation, "__args__", ())) if hasattr(c, "model_fields")
        )
        assert one.new in fields.model_fields
        assert one.old not in fields.model_fields
