"""The example file: complete, current, and usable as it is."""

import json
import re
import tomllib
from pathlib import Path

from auditor.config import load
from auditor.config.company import load_people
from auditor.config.example import example, schema
from auditor.config.load import parse

FOLDER = Path(__file__).parents[2] / "config"


def test_the_file_in_the_repository_is_current():
    current = (FOLDER / "auditor.example.toml").read_text(encoding="utf-8") == example()
    assert current, "write it anew: auditor config example > config/auditor.example.toml"


def test_it_loads_as_it_is_and_changes_no_default():
    loaded = load(FOLDER / "auditor.example.toml")
    bare = parse('[organisation]\ndomains = ["example.com"]\n', FOLDER / "bare.toml")
    assert loaded == bare


def test_every_option_stands_in_it_with_a_sentence():
    lines = example().splitlines()
    for name, section in json.loads(schema())["$defs"].items():
        for key in section["properties"]:
            at = [n for n, line in enumerate(lines) if re.match(rf"(# )?{key} = ", line)]
            assert at, f"{name}.{key} is missing"
            assert all(lines[n - 1].startswith("# ") for n in at), f"{name}.{key} has no sentence"


def test_with_every_comment_mark_removed_it_is_still_a_configuration():
    """What is shown commented is right too, but for what excludes other keys: there is one secret each."""
    options = re.sub(r"(?m)^# (?=\[\[|[a-z_]+ = )", "", example())
    options = re.sub(r"(?m)^(\w+_)?credential = .*$", "", options)
    options = re.sub(r"(?m)^(secret_file|token_url|refresh_token_file|login) = .*$", "", options)
    tomllib.loads(options)
    config = parse(options, FOLDER / "all.toml")
    assert config.mailboxes[0].username == "mia@example.com"
    assert config.alerts.to == ("sales-ops@example.com",)


def test_the_schema_describes_the_file_as_people_write_it():
    sections = json.loads(schema())["$defs"]
    assert sections["Alerts"]["properties"]["hold"]["default"] == "5m"
    assert sections["Alerts"]["additionalProperties"] is False
    assert re.match(sections["Imap"]["properties"]["message_limit"]["pattern"], "10MB")


def test_the_people_example_loads():
    persons = load_people(FOLDER / "people.example.csv")
    assert [person.team for person in persons] == ["North", "South", "South"]
    assert "mthornbury@example.com" in persons[0].aliases
