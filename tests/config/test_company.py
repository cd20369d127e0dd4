"""people.csv: what is wrong in it is said with file and line, whatever it is."""

import pytest

from auditor.config.company import load_people
from auditor.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("address,team\nann@northvans.example,north,more\n", ":2: more values than columns"),
        ("address\n\nann@northvans.example,x,y\n", ": more values than columns"),
        ("address,timezone\nann@northvans.example,Europe\n", ":2: timezone: unknown time zone"),
        (f"address,timezone\nann@northvans.example,{'x' * 5000}\n", ":2: timezone: unknown time zone"),
        ("address,timezone\nann@northvans.example,../../etc/passwd\n", ":2: timezone: unknown time zone"),
        (f"address,timezone\nann@northvans.example,{'/x.' * 900}\n", ":2: timezone: unknown time zone"),
        ("address,salary\nann@northvans.example,1\n", ":1: unknown column salary"),
        ("address;team\nann@northvans.example;north\n", ":1: columns are separated by commas"),
        ("address\nann\n", ":2: address: write a mail address"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path, text, said):
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_people(path)
    assert f"{path}" in str(raised.value)
    assert said in str(raised.value)
