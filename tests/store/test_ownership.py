"""Commands that root gives while no daemon runs leave nothing that the service may not open."""

import os
from pathlib import Path

import pytest

from auditor.pseudonyms import Pseudonyms
from auditor.store.engine import open_store
from auditor.store.ledger.forgetting import Person, file_of, forget, honour
from tests.store.ledgers import KEY

SERVICE = 65_534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_service(tmp_path: Path) -> None:
    os.chown(tmp_path, SERVICE, SERVICE)
    path, keys = tmp_path / "auditor.db", Pseudonyms(KEY)
    store = open_store(path, keys)
    store.run_here(lambda connection: forget(connection, [Person(keys.address("a@b.example"))], None, 0.0))
    store.run_here(lambda connection: honour(connection, path, keys))
    assert file_of(path).exists()
    made = sorted(tmp_path.iterdir())
    assert len(made) >= 3
    assert {(one.name, one.stat().st_uid) for one in made} == {(one.name, SERVICE) for one in made}
    store.close()
