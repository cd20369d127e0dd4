"""Command and daemon find the same socket, whoever started the daemon."""

from pathlib import Path

import pytest

from auditor import sockets
from auditor.config.load import parse
from auditor.config.sections import Config


def config(folder: Path, http: str = "") -> Config:
    text = f'[organisation]\ndomains = ["northvans.example"]\n[store]\npath = "auditor.db"\n[http]\n{http}\n'
    return parse(text, folder / "auditor.toml")


def test_beside_the_store_unless_a_service_has_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert sockets.to_listen_on(config(tmp_path)) == tmp_path / "control.sock"
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/auditor")
    assert sockets.to_listen_on(config(tmp_path)) == Path("/run/auditor/control.sock")
    assert sockets.to_ask(config(tmp_path)) == (
        Path("/run") / tmp_path.name / "control.sock",  # of an instance: /var/lib/auditor-north
        Path("/run/auditor/control.sock"),
        tmp_path / "control.sock",
    )


@pytest.mark.parametrize("service", [None, "/run/auditor"])
def test_the_configured_one_is_the_only_one(tmp_path, monkeypatch, service):
    if service is not None:
        monkeypatch.setenv("RUNTIME_DIRECTORY", service)
    made = config(tmp_path, 'socket = "here.sock"')
    assert sockets.to_listen_on(made) == tmp_path / "here.sock"
    assert sockets.to_ask(made) == (tmp_path / "here.sock",)


def test_a_path_that_no_socket_can_have_is_left_out(tmp_path, monkeypatch):
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    made = config(tmp_path / ("deep" * 30))
    assert sockets.to_listen_on(made) is None  # and the folder under /run is as long
    assert sockets.to_ask(made) == (Path("/run/auditor/control.sock"),)
