"""Who gets a letter."""

import typing

import pytest

from auditor.alert.extent import TeamPart
from auditor.config.post import IncidentKind, Route
from auditor.post.routes import recipients
from auditor.statistics.spikes import Cause

OPS, NORTH, NIGHT = "ops@example.org", "north@example.org", "night@example.org"
PARTS = (TeamPart("North", 3, 80), TeamPart("South", 1, 19))


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], (OPS,)),
        ([Route(to=(NORTH,), teams=("North",))], (OPS, NORTH)),
        ([Route(to=(NORTH,), teams=("South",))], (OPS,)),  # under a fifth of the sends
        ([Route(to=(NORTH,), teams=("North",), instead=True)], (NORTH,)),
        ([Route(to=(NIGHT,), kinds=("night_blast",))], (OPS, NIGHT)),
        ([Route(to=(NIGHT,), kinds=("single_send",))], (OPS,)),
        ([Route(to=(NIGHT,), kinds=("night_blast",), teams=("South",), instead=True)], (OPS,)),
        ([Route(to=(OPS, NORTH)), Route(to=(NORTH,))], (OPS, NORTH)),
    ],
)
def test_routes(routes: list[Route], expected: tuple[str, ...]) -> None:
    assert recipients((OPS,), routes, "night_blast", PARTS) == expected


def test_the_configuration_knows_every_kind() -> None:
    assert {str(cause) for cause in Cause} <= set(typing.get_args(IncidentKind))
