"""Who is named in letters, and that a small team never shows behind a larger one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config import Config
from auditor.people import NO_TEAM, OTHER_TEAMS, People, Person
from auditor.post.house import house_of, naming

PEOPLE = People.of(
    ["example.org"],
    [
        Person("ann@example.org", name="Ann Lee", team="North", role="account executive"),
        Person("bob@example.org", team="North"),
    ],
)


def config(name_senders: str) -> Config:
    return Config.model_validate(
        {"organisation": {"domains": ["example.org"]}, "privacy": {"name_senders": name_senders}}
    )


@pytest.mark.parametrize(
    ("mode", "ann", "bob", "stranger"),
    [
        ("none", None, None, None),
        ("role", "account executive", None, None),
        ("all", "Ann Lee", "bob@example.org", "eve@example.org"),
    ],
)
def test_naming(mode: str, ann: str | None, bob: str | None, stranger: str | None) -> None:
    name = naming(config(mode), PEOPLE)
    assert name("ann@example.org", "North") == ann
    assert name("bob@example.org", "North") == bob
    assert name("eve@example.org", NO_TEAM) == stranger
    assert house_of(config(mode)).names_people == (mode != "none")


def test_a_role_is_not_shown_for_a_small_team() -> None:
    assert naming(config("role"), PEOPLE)("ann@example.org", OTHER_TEAMS) is None


@given(st.lists(st.sampled_from("ABCDEFG"), max_size=60), st.integers(1, 9))
def test_no_team_is_shown_that_is_too_small_and_no_rest_shows_one(teams: list[str], least: int) -> None:
    persons = [Person(f"p{n}@example.org", team=team) for n, team in enumerate(teams)]
    people = People.of(["example.org"], persons, least)
    shown: dict[str, set[str]] = {}
    sizes: dict[str, int] = {}
    for person in persons:
        sizes[people.team(person.address)] = sizes.get(people.team(person.address), 0) + 1
        shown.setdefault(people.team(person.address), set()).add(person.team)
    real = {team: size for team, size in sizes.items() if team != OTHER_TEAMS}
    assert all(size >= least for size in real.values())
    if OTHER_TEAMS in sizes and real:
        assert sizes[OTHER_TEAMS] >= least
