"""Every promise of the store is held on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.store.database.postgresql import Postgresql
from auditor.store.engine import Place
from tests.components.postgresql import PostgresqlServer

Places = Callable[[str], Place]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """A store's place by its name: the same name is the same store."""
    made: dict[str, Place] = {}

    def place_of(name: str) -> Place:
        if name not in made:
            beside = tmp_path / name
            if request.param == "sqlite":
                made[name] = beside
            else:
                server: PostgresqlServer = request.getfixturevalue("postgresql")
                made[name] = Postgresql(server.database(), beside)
        return made[name]

    return place_of
